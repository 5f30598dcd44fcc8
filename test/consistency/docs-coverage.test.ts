// SPDX-License-Identifier: Apache-2.0
/**
 * Every block of commands on the pages is typed by a test, or stands here with why none does: what can be run is run,
 * and nobody has to guess what is not.
 * @module
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { runbookOf } from '../../hack/observability/rules/rule.ts';
import { type Block, ROOT, readPages } from '../support/docs/pages.ts';

/** Pages, with a text of a block or none for all of them, that no test types, and why. */
const UNTYPED: readonly (readonly [file: string, contained: string, why: string])[] = [
  ['CONTRIBUTING.md', 'npm test', 'these are the tests themselves'],
  ['README.md', 'npm run demo', 'the demo is watched by people; `npm test` is this very run'],
  ['docs/install.md', 'skopeo copy', 'takes a registry and a release'],
  ['docs/install.md', 'watchNamespaces=', 'says one value of the line above it, which docs-helm.test.ts renders'],
  [
    'docs/install.md',
    'system:masters delete secret',
    'says as whom; test/e2e/docs.test.ts does it with another command',
  ],
  ['docs/observability.md', 'RUNBOOK_URL', 'test/consistency/promtool.test.ts types it'],
  ['docs/observability.md', ' (WARN |ERROR) ', 'docs-kubectl.test.ts holds its pattern against the log'],
  ['docs/observability.md', 'collector-root', 'takes a file of the reader; docs-helm.test.ts renders its values'],
  ['docs/observability.md', 'npm run drill', 'is `npm run test:drills` with a name'],
  ['docs/policies.md', 'checkout.yaml', 'files of the reader; test/integration/webhook/docs.test.ts has the refusal'],
  ['docs/policies.md', 'pod.yaml', 'files of the reader; test/integration/webhook/docs.test.ts has the refusal'],
  ['docs/reference/events.md', '', 'each shows what a runbook types'],
  ['docs/reference/flags.md', '', 'flags.test.ts parses them'],
  ['docs/resources/identity-policy.md', '$ kubectl get idpol', 'shows columns, which test/integration/crd compares'],
  ['docs/resources/service-identity.md', '$ kubectl get sid', 'shows columns, which test/integration/crd compares'],
  ['docs/resources/trust-domain.md', '$ kubectl get td', 'shows columns, which test/integration/crd compares'],
  ['docs/workloads/postgresql.md', 'psql', 'test/workloads types it with files of its own'],
  ['examples/README.md', 'server.ts', 'test/workloads starts both with other folders'],
  ['examples/go-service/README.md', 'go run', 'test/workloads builds it instead'],
  ['examples/java-service/README.md', 'java Service.java', 'test/workloads starts it with other folders'],
];

const TESTS = globSync('test/{e2e,integration,drill}/**/*.ts', { cwd: ROOT }).map((file) =>
  readFileSync(path.join(ROOT, file), 'utf8'),
);
const E2E = readFileSync(path.join(ROOT, 'test/e2e/docs.test.ts'), 'utf8');

/** Blocks that a test names by their page and a text in them. */
const NAMED = TESTS.flatMap((text) =>
  [...text.matchAll(/\b(?:blockWith|type)\('([\w/.-]+\.md)', '([^']+)'/gu)].map(([, file, contained]) => ({
    file,
    contained,
  })),
);
/** Runbooks whose section Fix is typed. */
const FIXED = new Set([
  ...TESTS.flatMap((text) => [...text.matchAll(/\brunFix\('(\w+)'/gu)].map(([, alert = '']) => runbookOf(alert))),
  ...(/it\.each\(\[([^\]]*)\]\)\(\s*'mends by/u.exec(E2E)?.[1]?.match(/[\w-]+/gu) ?? []),
]);

interface Told {
  readonly file: string;
  readonly block: Block;
  /** How many blocks of commands stand before it on the page. */
  readonly before: number;
}

const TOLD: readonly Told[] = [...readPages().values()].flatMap(({ file, blocks }) =>
  blocks
    .filter(({ language }) => ['sh', 'console'].includes(language))
    .map((block, before) => ({ file, block, before })),
);

function isTyped({ file, block, before }: Told): boolean {
  const [, runbook] = /^docs\/runbooks\/([\w-]+)\.md$/u.exec(file) ?? [];
  // What each runbook looks at first is typed in test/e2e/docs.test.ts, whatever it is.
  if (runbook !== undefined && (before === 0 || FIXED.has(runbook))) return true;
  if (/^examples\/[\w-]+\/README\.md$/u.test(file) && block.text.includes('$ kubectl')) return true;
  return NAMED.some((named) => named.file === file && block.text.includes(named.contained ?? ''));
}

function isUntyped({ file, block }: Told): boolean {
  return UNTYPED.some(([page, contained]) => page === file && block.text.includes(contained));
}

it('types every block of commands, or says why not', () => {
  expect(TOLD.length).toBeGreaterThan(80);
  const forgotten = TOLD.filter((told) => !isTyped(told) && !isUntyped(told));
  expect(forgotten.map(({ file, block }) => `${file}:${block.line} ${block.text.split('\n')[0]}`)).toEqual([]);
});

it('gives no reason for what is typed, or is not there', () => {
  const reasons = UNTYPED.filter(
    ([file, contained]) =>
      !TOLD.some((told) => told.file === file && told.block.text.includes(contained) && !isTyped(told)),
  );
  expect(reasons).toEqual([]);
});
