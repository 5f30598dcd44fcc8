// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run pictures`: some minutes of a controller at work, with the troubles of drills in them, drawn from the queries of
 * each dashboard into docs/images.
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { DASHBOARDS } from '../../hack/observability/dashboards/dashboards.ts';
import type { Dashboard, Panel } from '../../hack/observability/dashboards/grafana.ts';
import { chromiumProgram, screenshot } from '../../hack/observability/pictures/chromium.ts';
import { dashboardPage, pageHeight, type Series, type Span, WIDTH } from '../../hack/observability/pictures/page.ts';
import { withPalette } from '../../hack/observability/pictures/png.ts';
import { runFix } from '../drill/drill.ts';
import { observedWorld, RATE_INTERVAL } from '../integration/observability/observed-world.ts';

const IMAGES = path.resolve(import.meta.dirname, '../../docs/images');
/** Bytes of a picture. */
const MOST = 200_000;
const IDENTITIES = 40;
const POLICY = 'pictures';
const STEP_S = 2;
/** Asked for before four minutes are spent on what is drawn. */
const CHROMIUM = chromiumProgram();
const observed = observedWorld(30);
const { world, webhooks } = observed;

afterAll(() => world.cluster.delete({ kind: 'IdentityPolicy', name: POLICY }));

/** For graphs to have something between two troubles. */
function quiet(seconds: number): Promise<void> {
  return pause(seconds * 1000);
}

async function answer({ kind, queries }: Panel, { start, end }: Span): Promise<readonly (readonly Series[])[]> {
  return Promise.all(
    queries.map(async ({ expr }) => {
      const asked = expr.replaceAll('$__rate_interval', RATE_INTERVAL);
      if (kind === 'timeseries') return observed.prometheus.range(asked, { start, end, step: STEP_S });
      const samples = await observed.prometheus.query(asked);
      return samples.map(({ metric, value }) => ({ metric, points: [[end, value] as const] }));
    }),
  );
}

async function draw(dashboard: Dashboard, span: Span): Promise<Buffer> {
  const panels = dashboard.rows.flatMap((row) => row.panels);
  const answers = new Map(await Promise.all(panels.map(async (panel) => [panel, await answer(panel, span)] as const)));
  const html = dashboardPage(dashboard, (panel) => answers.get(panel) ?? [], span);
  return withPalette(await screenshot(CHROMIUM, html, { width: WIDTH, height: pageHeight(dashboard) }));
}

async function block(namespace: string): Promise<void> {
  await world.cluster.create({
    kind: 'IdentityPolicy',
    metadata: { name: POLICY },
    spec: { match: { namespaces: { names: [namespace] } }, issue: { keyAlgorithms: ['Ed25519'] } },
  });
}

it('draws each dashboard from a real Prometheus, small enough for a page', async () => {
  const start = Date.now() / 1000;
  const namespace = await world.namespace();
  const names = Array.from({ length: IDENTITIES }, (_, i) => `service-${i}`);
  for (const name of names) await world.identity(namespace, { ttl: '60s' }, name);
  await Promise.all(names.map((name) => world.ready(namespace, name)));
  await quiet(50);

  await webhooks.webhook.kill();
  await quiet(25);
  const webhook = await webhooks.start();
  await webhook.untilReady();
  await observed.rescrape();
  await quiet(15);

  const rotation = { id: 'pictures-1', action: 'Compromise', reason: 'a picture' };
  await world.cluster.patch({ kind: 'TrustDomain', name: 'default' }, { spec: { rotation } });
  await world.untilTrustDomain('default', ({ status }) => status?.rotation?.state === 'Completed');
  await quiet(30);

  await block(namespace);
  await quiet(20);
  await runFix('SignetPolicyBlocksMany', { '<name>': POLICY });
  await quiet(30);
  for (const name of names.slice(0, 6)) {
    await world.patchSecret(namespace, { data: { 'ca.crt': 'bm90aGluZw==' } }, `${name}-svid`);
  }
  await quiet(15);

  const span = { start, end: Date.now() / 1000 };
  await mkdir(IMAGES, { recursive: true });
  for (const [name, dashboard] of Object.entries(DASHBOARDS)) {
    const picture = await draw(dashboard, span);
    expect(picture.byteLength, name).toBeLessThan(MOST);
    await writeFile(path.join(IMAGES, `dashboard-${name}.png`), picture);
  }
});
