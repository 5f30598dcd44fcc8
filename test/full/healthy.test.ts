// SPDX-License-Identifier: Apache-2.0
/**
 * Five minutes in which nothing is wrong, or as many as SIGNET_HEALTHY_MINUTES says, with lifetimes and the times of rules
 * thirty times as short: no alert is even pending for long enough to fire.
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
const MINUTES = Number(process.env['SIGNET_HEALTHY_MINUTES'] ?? 5);
/** An SVID of two minutes is renewed after 72 s at the latest. */
const RENEWALS = Math.floor((MINUTES * 60) / 80);
/** For everything before and after. */
const ROOM_MS = 600_000;
const made = webhookWorld({ ttl: '24h' });
const { world } = made;
let prometheus: Prometheus | undefined;

afterAll(() => prometheus?.stop());

it(
  'fires no alert while identities are issued and renewed',
  async () => {
    const { signet: signer } = world;
    const standby = await world.start([...world.flags, ...made.installation.controllerFlags]);
    await standby.untilReady();
    const targets = await addressesOf({ signer, standby, webhook: made.webhook });
    prometheus = await startPrometheus({ targets, rules: rulesFile(SCALE, '1s') });
    // An hour thirty times as short.
    await Promise.all(Array.from({ length: COUNT }, () => world.issued({ ttl: '2m' })));
    const end = performance.now() + MINUTES * 60_000;
    let looked = 0;
    while (performance.now() < end) {
      const firing = (await prometheus.alerts()).filter(({ state }) => state === 'firing');
      expect(firing).toEqual([]);
      looked += 1;
      await pause(1000);
    }
    const fired = `count by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${MINUTES}m]))`;
    expect(await prometheus.query(fired)).toEqual([]);
    const [renewed] = await prometheus.query('sum(signet_issuances_total{reason="RenewalDue",result="success"})');
    expect(renewed?.value).toBeGreaterThanOrEqual(COUNT * RENEWALS);
    console.log(`nothing fired in ${MINUTES} minutes, looked at ${looked} times, with ${renewed?.value} renewals`);
  },
  MINUTES * 60_000 + ROOM_MS,
);
