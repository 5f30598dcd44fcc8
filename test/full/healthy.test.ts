// SPDX-License-Identifier: Apache-2.0
/**
 * Five minutes in which nothing is wrong, with lifetimes and the times of rules thirty times as short: no alert is even
 * pending for long enough to fire.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { type Prometheus, startPrometheus } from '../../hack/observability/prometheus.ts';
import { rulesFile } from '../../hack/observability/rules/rules.ts';
import { addressesOf } from '../drill/drill.ts';
import { webhookWorld } from '../integration/webhook/webhook-world.ts';

const SCALE = 30;
const COUNT = 20;
const MINUTES = 5;
const made = webhookWorld({ ttl: '24h' });
const { world } = made;
let prometheus: Prometheus | undefined;

afterAll(() => prometheus?.stop());

it('fires no alert while identities are issued and renewed', async () => {
  const { signet: signer } = world;
  const standby = await world.start([...world.flags, ...made.installation.controllerFlags]);
  await standby.untilReady();
  const targets = await addressesOf({ signer, standby, webhook: made.webhook });
  prometheus = await startPrometheus({ targets, rules: rulesFile(SCALE, '1s') });
  // An hour thirty times as short.
  await Promise.all(Array.from({ length: COUNT }, () => world.issued({ ttl: '2m' })));
  const end = performance.now() + MINUTES * 60_000;
  while (performance.now() < end) {
    const firing = (await prometheus.alerts()).filter(({ state }) => state === 'firing');
    expect(firing).toEqual([]);
    await pause(1000);
  }
  const [renewed] = await prometheus.query('sum(signet_issuances_total{reason="RenewalDue",result="success"})');
  expect(renewed?.value).toBeGreaterThan(COUNT);
});
