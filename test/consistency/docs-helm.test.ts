// SPDX-License-Identifier: Apache-2.0
/**
 * What the pages tell a reader to type of Helm: its subcommands and flags are Helm's, the release is looked for where it
 * is, and the chart renders with every value that is set.
 * @module
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { CHART, type Helm, helmProgram, runHelm } from '../../hack/chart/helm.ts';
import { createProgress } from '../../hack/progress.ts';
import { parseCommand } from '../../src/config/parse.ts';
import { commandsOf, type Script } from '../support/docs/commands.ts';
import { documentsOf, readPages } from '../support/docs/pages.ts';
import type { Words } from '../support/docs/shell.ts';

/** A machine that has no Helm yet builds it, unless `npm test` did. */
const BUILD_MS = 600_000;
/** What the chart asks for: a line that changes a release has got it before. */
const ASKED = ['trustDomain=example.org', 'image.repository=localhost/signet'];
const ON_A_RELEASE = ['install', 'upgrade', 'rollback', 'uninstall', 'test'];
const DIGEST = `sha256:${'0'.repeat(64)}`;

interface Deployment {
  readonly template: { readonly spec: { readonly containers: readonly { readonly args?: readonly string[] }[] } };
}

type Told = readonly [text: string, words: Words, kind: Script['kind']];

/** Each once. */
const LINES: readonly Told[] = [
  ...new Map(
    commandsOf(['helm']).flatMap(({ script, pipeline }) =>
      pipeline.map((words) => [words.join(' '), [words.join(' '), words, script.kind]] as const),
    ),
  ).values(),
];

let helm: Helm;
beforeAll(async () => {
  helm = await helmProgram(createProgress());
}, BUILD_MS);

const known = new Map<string, Promise<ReadonlyMap<string, boolean>>>();

/** Flags of a subcommand by their names, with whether a value follows. */
function flagsOf(subcommand: string): Promise<ReadonlyMap<string, boolean>> {
  const flags = known.get(subcommand) ?? askForFlags(subcommand);
  known.set(subcommand, flags);
  return flags;
}

async function askForFlags(subcommand: string): Promise<ReadonlyMap<string, boolean>> {
  const text = await runHelm(helm, [subcommand, '--help']);
  expect(text, `helm has no ${subcommand}`).toMatch(new RegExp(`^Usage:\\n  helm ${subcommand}\\b`, 'mu'));
  const rows = text.matchAll(/^ {2,6}(?:(-\w), )?(--[\w-]+)(?: (\S+))? {2,}/gmu);
  return new Map(
    [...rows].flatMap(([, short, long = '', type = '']) => {
      // One that may go without a value takes it behind `=` only.
      const takes = type !== '' && !type.includes('[=');
      return short === undefined
        ? [[long, takes]]
        : ([
            [long, takes],
            [short, takes],
          ] as const);
    }),
  );
}

interface Line {
  readonly arguments: readonly string[];
  readonly flags: ReadonlyMap<string, readonly string[]>;
}

async function read([, subcommand = '', ...rest]: Words): Promise<Line> {
  const flags = await flagsOf(subcommand);
  const line = { arguments: [] as string[], flags: new Map<string, string[]>() };
  for (let i = 0; i < rest.length; i += 1) {
    const word = rest[i] ?? '';
    const [, flag = '', value] = /^(--?[\w-]+)(?:=(.*))?$/su.exec(word) ?? [];
    if (!word.startsWith('-')) line.arguments.push(word);
    else {
      expect([...flags.keys()], `${word} of helm ${subcommand}`).toContain(flag);
      const given = value ?? (flags.get(flag) === true ? rest[(i += 1)] : undefined) ?? '';
      line.flags.set(flag, [...(line.flags.get(flag) ?? []), given]);
    }
  }
  return line;
}

it('finds what there is to type', () => expect(LINES.length).toBeGreaterThan(12));

it.each(LINES)('%s', async (_, words) => void (await read(words)));

describe.each(LINES.filter(([, words]) => words.includes('--set')))('%s', (_, words) => {
  it('sets values that the chart has, and the program understands', async () => {
    const sets = ((await read(words)).flags.get('--set') ?? []).map((set) => set.replace(/sha256:1$/u, DIGEST));
    const values = [...ASKED, ...sets].map((set) => `--set=${set}`);
    const rendered = await runHelm(helm, ['template', 'signet', CHART, '--namespace=signet-system', ...values]);
    const deployments = parseAllDocuments(rendered).flatMap((one) => {
      const { kind, spec } = one.toJS() as { kind: string; spec: Deployment };
      return kind === 'Deployment' ? [spec] : [];
    });
    expect(deployments).toHaveLength(2);
    for (const { template } of deployments) {
      const argv = template.spec.containers.flatMap(({ args = [] }) => args);
      const env = { POD_NAMESPACE: 'signet-system', POD_NAME: 'signet' };
      expect(parseCommand({ argv, env, readFile: () => undefined })).toMatchObject({ kind: argv[0] });
    }
  });
});

describe.each(LINES.filter(([, , kind]) => kind !== 'Sentence'))('%s', (_, words) => {
  const [, subcommand = ''] = words;

  it('says what it acts on', async () => {
    const { arguments: given, flags } = await read(words);
    const wanted: Readonly<Record<string, number>> = { install: 2, upgrade: 2 };
    expect(given).toHaveLength(wanted[subcommand] ?? 1);
    if (!ON_A_RELEASE.includes(subcommand)) return;
    expect(given[0]).toBe('signet');
    // What the page has said before stands for `...`.
    if (!given.includes('...')) expect(flags.get('--namespace') ?? flags.get('-n')).toEqual(['signet-system']);
  });
});

interface GitOps {
  readonly kind?: string;
  readonly spec?: { readonly source?: { readonly helm?: { readonly valuesObject: object } }; readonly values?: object };
}

/** Values on a page, as for a file of the reader's. */
const GIVEN = [...readPages().values()].flatMap((page) =>
  (page.file.startsWith('docs/') ? documentsOf(page) : []).flatMap((one) =>
    ['controller', 'webhook'].some((role) => role in (one as object)) ? [[page.file, one as object] as const] : [],
  ),
);

it('finds values for a file', () => expect(GIVEN.length).toBeGreaterThan(0));

it.each(GIVEN)('%s gives values that the chart has', async (_, values) => {
  const args = ['template', 'signet', CHART, '--namespace=signet-system', ...ASKED.map((set) => `--set=${set}`)];
  const rendered = await runHelm(helm, [...args, '--values=-'], JSON.stringify(values));
  for (const given of Object.values(values) as { readonly extraVolumeMounts?: readonly { mountPath: string }[] }[])
    for (const { mountPath } of given.extraVolumeMounts ?? []) expect(rendered).toContain(`mountPath: ${mountPath}`);
});

const INSTALL = readPages().get('docs/install.md');
const VALUES = (INSTALL === undefined ? [] : documentsOf(INSTALL)).flatMap((one) => {
  const { kind, spec } = one as GitOps;
  const values = kind === 'Application' ? spec?.source?.helm?.valuesObject : spec?.values;
  return values === undefined ? [] : [[kind, values] as const];
});

it('finds values for Argo CD and Flux', () => {
  expect(VALUES.map(([kind]) => kind)).toEqual(['Application', 'HelmRelease']);
});

it.each(VALUES)('sets values that the chart has in an %s', async (_, values) => {
  const args = ['template', 'signet', CHART, '--namespace=signet-system', ...ASKED.map((set) => `--set=${set}`)];
  expect(await runHelm(helm, [...args, '--values=-'], JSON.stringify(values))).toContain('kind: Deployment');
});
