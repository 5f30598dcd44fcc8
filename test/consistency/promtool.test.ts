// SPDX-License-Identifier: Apache-2.0
/**
 * What Prometheus' own tool says of our metrics and rules, and which alerts fire in which trouble: each of them at least
 * once, and none besides.
 * @module
 */
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { runCommand, tryCommand } from '../../hack/controlplane/command.ts';
import { prometheusPrograms } from '../../hack/observability/programs.ts';
import { alertsOf, ruleGroups } from '../../hack/observability/rules/rules.ts';
import { createProgress } from '../../hack/progress.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { controllerLabels } from '../../src/signals/controller-labels.ts';
import { ROOT } from '../support/docs/pages.ts';
import { blockWith } from '../support/docs/run.ts';
import { CASES } from './alerts/cases.ts';
import { firing, promtoolFile } from './alerts/promtool-file.ts';

const RULES = path.resolve(import.meta.dirname, '../../charts/signet/files/rules.yaml');
/** Where both programs have to be built first. */
const BUILD_MS = 1_800_000;
/** Hours of a cluster, a minute at a time, for each case. */
const CASES_MS = 600_000;

let promtool = '';
let directory = '';

beforeAll(async () => {
  ({ promtool } = await prometheusPrograms(process.env, createProgress()));
  directory = await mkdtemp(path.join(tmpdir(), 'signet-promtool-'));
}, BUILD_MS);

afterAll(() => rm(directory, { recursive: true }));

it('finds nothing against the metrics', async () => {
  const metrics = createMetrics({ ...controllerLabels({ webhook: true, prober: true }), reviewedKinds: ['Pod'] });
  const said = await tryCommand(promtool, ['check', 'metrics'], { input: await metrics.scrape() });
  expect(said).toEqual({ code: 0, stdout: '', stderr: '' });
});

it('finds nothing against the rules', async () => {
  const said = await runCommand(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', RULES]);
  expect(said).toContain('SUCCESS');
});

it.each(['kubernetes_sd_configs:', 'static_configs:'])(
  'finds nothing against the files of those without the operator: %s',
  async (found) => {
    const page = 'docs/observability.md';
    const own = await mkdtemp(path.join(directory, 'scraped-'));
    await symlink(path.join(ROOT, 'charts'), path.join(own, 'charts'));
    await runCommand('bash', ['-euc', blockWith(page, 'RUNBOOK_URL').text], { cwd: own });
    expect(await readFile(path.join(own, 'signet-rules.yaml'), 'utf8')).not.toContain('RUNBOOK_URL');
    const file = path.join(own, 'prometheus.yaml');
    const config = parse(blockWith(page, found).text) as { readonly scrape_configs: readonly object[] };
    // Our own builds of promtool, and Debian's, know no service discovery of Kubernetes.
    const scrapes = config.scrape_configs.map((scrape) => ({ ...scrape, kubernetes_sd_configs: undefined }));
    await writeFile(file, stringify({ ...config, scrape_configs: scrapes }));
    const said = await runCommand(promtool, ['check', 'config', '--lint=all', '--lint-fatal', file]);
    expect(said).toMatch(/SUCCESS: .*prometheus.yaml is valid[^]*SUCCESS: \d+ rules found/u);
  },
);

it('has a case in which each alert fires', () => {
  const fired = new Set(Object.values(CASES).flatMap(({ fires }) => fires.map((one) => firing(one).join(' '))));
  expect([...fired].toSorted()).toEqual(
    alertsOf(ruleGroups())
      .map(({ alert, severity }) => `${alert} ${severity}`)
      .toSorted(),
  );
});

it(
  'fires what is expected and nothing else',
  async () => {
    const file = path.join(directory, 'cases.yaml');
    await writeFile(file, promtoolFile(RULES));
    const { code, stdout, stderr } = await tryCommand(promtool, ['test', 'rules', file], { timeout: CASES_MS });
    expect({ code, said: `${stdout}${stderr}` }).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });
  },
  CASES_MS,
);
