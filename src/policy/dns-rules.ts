// SPDX-License-Identifier: Apache-2.0
/**
 * Which DNS names a policy lets an identity carry. Hundreds of policies may ask about the same few names, so what depends
 * on the identity alone is made once for all of them.
 * @module
 */

import type { CompiledPolicy } from './compile.ts';
import { choice } from './listing.ts';
import type { IdentitySubject } from './subject.ts';
import type { Broken } from './violation.ts';

interface AskedName {
  readonly path: string;
  readonly text: string;
  /** What patterns are compared with. */
  readonly canonical: string;
}

/** The names of an identity, as policies look at them. */
export interface AskedNames {
  readonly names: readonly AskedName[];
  /** A pattern as it reads for the identity. */
  readonly rendered: (pattern: string) => string;
}

/** What an identity asks for, read once for all policies. */
export function askedNames(subject: IdentitySubject): AskedNames {
  const { resolved, namespace } = subject;
  const known = new Map<string, string>();
  const asked = (path: string, text: string): AskedName => ({ path, text, canonical: canonicalName(text, subject) });
  return {
    names: [
      ...resolved.services.map((service, index) =>
        asked(`spec.services[${index}]`, `${service}.${namespace.name}.svc`),
      ),
      ...resolved.dnsNames.map((name, index) => asked(`spec.dnsNames[${index}]`, name)),
    ],
    rendered: (pattern) => {
      if (!pattern.includes('{')) return pattern;
      const text = known.get(pattern);
      if (text !== undefined) return text;
      const made = render(pattern, subject);
      known.set(pattern, made);
      return made;
    },
  };
}

/** Every name that none of the policy's patterns covers. */
export function dnsViolations(
  { dnsNames: patterns }: Pick<CompiledPolicy, 'dnsNames'>,
  { names, rendered }: AskedNames,
): readonly Broken[] {
  if (patterns === undefined) return [];
  const broken: Broken[] = [];
  for (const { path, text, canonical } of names) {
    if (isCovered(canonical, patterns, rendered)) continue;
    const remedy = `remove it, or ${choice('use names like', patterns.map(rendered))}`;
    broken.push({ rule: 'issue.dnsNames', path, value: text, message: 'this DNS name may not be issued here', remedy });
  }
  return broken;
}

function isCovered(name: string, patterns: readonly string[], rendered: AskedNames['rendered']): boolean {
  for (const pattern of patterns) if (coversName(rendered(pattern), name)) return true;
  return false;
}

function render(pattern: string, { namespace, resolved, clusterDomain }: IdentitySubject): string {
  return pattern
    .replaceAll('{namespace}', namespace.name)
    .replaceAll('{serviceAccount}', resolved.serviceAccountName)
    .replaceAll('{clusterDomain}', clusterDomain);
}

/** The form `<service>.<namespace>.svc` of the qualified names of a Service; other names are their own. */
function canonicalName(name: string, { namespace, clusterDomain }: IdentitySubject): string {
  const long = `.${namespace.name}.svc.${clusterDomain}`;
  if (name.endsWith(long)) return name.slice(0, -clusterDomain.length - 1);
  const short = `.${namespace.name}`;
  const service = name.endsWith(short) ? name.slice(0, -short.length) : '';
  return service !== '' && !service.includes('.') ? `${name}.svc` : name;
}

const STAR = 0x2a;
const DOT = 0x2e;

/** Whether a pattern covers the name label by label; a name with a wildcard of its own only as the same text. */
function coversName(pattern: string, name: string): boolean {
  if (name.startsWith('*.')) return pattern === name;
  let at = 0;
  // In place, for nothing else is asked as often: a list of labels for each pattern took half of a review.
  for (let index = 0; index < pattern.length; index += 1) {
    const wanted = pattern.charCodeAt(index);
    if (wanted === STAR && isWholeLabel(pattern, index)) at = endOfLabel(name, at);
    else if (wanted === name.charCodeAt(at)) at += 1;
    else return false;
  }
  return at === name.length;
}

function isWholeLabel(pattern: string, index: number): boolean {
  const begins = index === 0 || pattern.charCodeAt(index - 1) === DOT;
  return begins && (index === pattern.length - 1 || pattern.charCodeAt(index + 1) === DOT);
}

function endOfLabel(name: string, from: number): number {
  const end = name.indexOf('.', from);
  return end === -1 ? name.length : end;
}
