// SPDX-License-Identifier: Apache-2.0
/**
 * The figures of docs/dependencies.md: packages by package-lock.json, what was measured of the whole by
 * docs/benchmarks.json, and the programs that tests build, in their versions.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Report, storedReport } from '../bench/report.ts';
import {
  DEFAULT_KUBERNETES_VERSION,
  ETCD_VERSION,
  HELM_VERSION,
  PROMETHEUS_VERSION,
  type ProgramName,
} from '../controlplane/versions.ts';
import { withBlock } from './block.ts';
import { byID, filled } from './fill.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FILE = 'docs/dependencies.md';

/** A package as npm locks it; the one without a name is ours. */
interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}
export type Locked = Readonly<Record<string, LockedPackage>>;

const PROGRAMS: Readonly<Record<ProgramName, readonly [version: string, why: string]>> = {
  etcd: [ETCD_VERSION, 'what the API server stores in'],
  'kube-apiserver': [DEFAULT_KUBERNETES_VERSION, 'the real judge of everything that is applied, admitted and watched'],
  'kube-controller-manager': [DEFAULT_KUBERNETES_VERSION, 'garbage collection, service accounts, Deployments'],
  'kube-scheduler': [DEFAULT_KUBERNETES_VERSION, 'places pods on the local node'],
  kubelet: [DEFAULT_KUBERNETES_VERSION, 'the local node: pods, probes, mounted Secrets'],
  kubectl: [DEFAULT_KUBERNETES_VERSION, 'what the pages tell people to type'],
  helm: [HELM_VERSION, 'renders and installs the chart'],
  prometheus: [PROMETHEUS_VERSION, 'fires the alerts in tests and drills'],
  promtool: [PROMETHEUS_VERSION, 'judges metrics, rules and dashboards'],
};

/** The page as it should be. */
export async function dependenciesPage(): Promise<{ readonly path: string; readonly text: string }> {
  const { packages } = JSON.parse(await readFile(path.join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Locked };
  const page = await readFile(path.join(ROOT, FILE), 'utf8');
  const whole = withBlock(page, FILE, 'the whole', wholeFigures(packages, await storedReport()));
  return { path: FILE, text: withBlock(whole, FILE, 'programs', programsTable()) };
}

/** What a production install has of them: `npm ci --omit=dev --omit=optional`. */
export function inProduction(locked: Locked): LockedPackage[] {
  return Object.entries(locked)
    .filter(([place, { dev, optional }]) => place !== '' && dev !== true && optional !== true)
    .map(([, entry]) => entry);
}

export function wholeFigures(locked: Locked, { rows }: Report): string {
  const production = inProduction(locked);
  const measured = filled(
    `| image, unpacked and to pull | {image_size}, {image_pull} |
| from the start of a controller to ready, and in an empty cluster | {start_ready}, {start_first} |
| memory of a controller at rest, with 10,000 identities | {steady_rss} |
`,
    byID(rows),
  );
  return `| | |
|---|---|
| packages in a production install, and so in the image | ${production.length} |
| of them with an install script | ${production.filter(({ hasInstallScript }) => hasInstallScript).length} |
| their licences | ${licences(production)} |
| packages that package-lock.json knows in all, for every platform | ${Object.keys(locked).length - 1} |
${measured}`;
}

/** The most frequent first. */
function licences(packages: readonly LockedPackage[]): string {
  const counts = Object.entries(Object.groupBy(packages, ({ license = 'none' }) => license)).map(
    ([licence, group = []]) => [licence, group.length] as const,
  );
  return counts
    .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([licence, count]) => `${licence} ${count}`)
    .join(', ');
}

function programsTable(): string {
  const lines = Object.entries(PROGRAMS).map(([name, [version, why]]) => `| \`${name}\` | ${version} | ${why} |`);
  return `${['| program | version | for |', '|---|---|---|', ...lines].join('\n')}\n`;
}
