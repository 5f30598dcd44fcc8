// SPDX-License-Identifier: Apache-2.0
/**
 * What npm says of known weaknesses (`npm audit --json`), held against those that somebody has argued: which of them are a
 * failure. Pure.
 * @module
 */

const SEVERITIES = ['info', 'low', 'moderate', 'high', 'critical'] as const;
type Severity = (typeof SEVERITIES)[number];

/** From here on a weakness of a package that only development has is a failure. */
const LEAST_OF_DEVELOPMENT: Severity = 'high';
export const KNOWN_FILE = 'hack/known-advisories.json';
const ID = /GHSA(?:-[0-9a-z]{4}){3}/u;

export interface Advisory {
  /** `GHSA-...`, or the number that the registry has for one without. */
  readonly id: string;
  readonly package: string;
  /** Versions of the package that have it. */
  readonly range: string;
  readonly severity: Severity;
  readonly title: string;
}

/** An entry of the file of weaknesses that do no harm here. */
export interface KnownAdvisory {
  readonly advisory: string;
  /** Why it does none. */
  readonly reason: string;
  /** The day on which somebody last looked, `2026-11-23`. */
  readonly reviewed: string;
}

/** As npm 7 and later write it. Vulnerabilities without an advisory of their own come by way of another package. */
interface Report {
  readonly auditReportVersion: 2;
  readonly vulnerabilities: Readonly<Record<string, { readonly via: readonly (string | Via)[] }>>;
}

interface Via {
  readonly source: number;
  readonly name: string;
  readonly title: string;
  readonly url: string;
  readonly severity: Severity;
  readonly range: string;
}

/** Every advisory of a report, once for each package; an Error where npm has said something else. */
export function advisoriesOf(text: string): Advisory[] {
  const { vulnerabilities } = reportOf(text);
  const all = Object.values(vulnerabilities)
    .flatMap(({ via }) => via)
    .filter((via) => typeof via !== 'string')
    .map(({ source, name, title, url, severity, range }) => ({
      id: ID.exec(url)?.[0] ?? String(source),
      package: name,
      range,
      severity,
      title,
    }));
  return [...new Map(all.map((advisory) => [`${advisory.id} ${advisory.package}`, advisory])).values()];
}

function reportOf(text: string): Report {
  const said = parse(text);
  if (said?.['auditReportVersion'] === 2 && said['vulnerabilities'] !== undefined) return said as unknown as Report;
  const told = said?.['message'];
  const message = typeof told === 'string' ? told : text.trim().slice(0, 200);
  throw new Error(
    `npm audit gave no report: ${message}. Check that npm is 7 or newer (npm --version) and that its registry ` +
      'answers audits (npm audit).',
  );
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** The entries of the file; an Error that says which of them is none. */
export function knownAdvisories(text: string): KnownAdvisory[] {
  const entries: unknown = JSON.parse(text);
  if (!Array.isArray(entries)) throw new Error(`${KNOWN_FILE} is no list: give [] where nothing is argued`);
  const seen = new Set<string>();
  return entries.map((entry: Partial<KnownAdvisory>) => {
    const { advisory = '', reason = '', reviewed = '' } = entry;
    const wrong = (field: string, remedy: string) =>
      new Error(`${KNOWN_FILE}: ${field} of ${JSON.stringify(entry)} ${remedy}`);
    if (advisory === '') throw wrong('advisory', 'is missing: give its ID, such as GHSA-xxxx-xxxx-xxxx');
    if (seen.has(advisory)) throw wrong('advisory', 'is there twice: leave one of them');
    if (reason.trim() === '') throw wrong('reason', 'is missing: say why the weakness does no harm here');
    if (!isDay(reviewed)) throw wrong('reviewed', 'is no day: give one such as 2026-11-23');
    seen.add(advisory);
    return { advisory, reason, reviewed };
  });
}

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) && text.length === 10;
}

export interface Judgement {
  /** A sentence each; what to do is in it. */
  readonly failures: readonly string[];
  /** What was found and is no failure, with why. */
  readonly notes: readonly string[];
}

/** Reports of what a production install has, and of everything. */
export function judgeAudit(
  production: readonly Advisory[],
  everything: readonly Advisory[],
  known: readonly KnownAdvisory[],
): Judgement {
  const shipped = new Set(production.map(({ id }) => id));
  const argued = new Map(known.map((entry) => [entry.advisory, entry]));
  const failures: string[] = [];
  const notes: string[] = [];
  const found = [...production, ...everything.filter(({ id }) => !shipped.has(id))];
  for (const advisory of found) {
    const kind = shipped.has(advisory.id) ? 'production' : 'development';
    const text = `${advisory.id} (${advisory.severity}, ${kind}): ${advisory.package} ${advisory.range}, ${advisory.title}`;
    const entry = argued.get(advisory.id);
    if (entry !== undefined) notes.push(`${text}; argued on ${entry.reviewed}: ${entry.reason}`);
    else if (kind === 'development' && !isSevere(advisory)) notes.push(`${text}; below ${LEAST_OF_DEVELOPMENT}`);
    else failures.push(`${text}: raise ${advisory.package}, or say in ${KNOWN_FILE} why it does no harm here`);
  }
  const reported = new Set(found.map(({ id }) => id));
  const gone = known.filter(({ advisory }) => !reported.has(advisory));
  failures.push(...gone.map(({ advisory }) => `${advisory} is reported no more: take it out of ${KNOWN_FILE}`));
  return { failures, notes };
}

function isSevere({ severity }: Advisory): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(LEAST_OF_DEVELOPMENT);
}
