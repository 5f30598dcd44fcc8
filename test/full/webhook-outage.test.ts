// SPDX-License-Identifier: Apache-2.0
/**
 * Every webhook process is dead for two lifetimes: every identity of a fleet is renewed in time, again and again, and
 * what slips in meanwhile by `failurePolicy: Ignore` is issued where it is valid and never where it is not.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { isReady } from '../integration/stories/world.ts';
import { webhookWorld } from '../integration/webhook/webhook-world.ts';
import { createFleet, untilWell } from './fleet.ts';
import { watchSecrets } from './secret-stream.ts';

const IDENTITIES = 100;
const TTL_MS = 20_000;
const LIFETIMES = 2;
const place = webhookWorld();
const { world } = place;

/** What the schema of the CRD lets pass and the webhook would refuse. */
const INVALID: Readonly<Record<string, object>> = {
  'name-of-the-world': { dnsNames: ['www.google.com'] },
  'name-of-a-neighbor': { dnsNames: ['checkout.kube-system.svc'] },
  'bare-name': { dnsNames: ['kubernetes'] },
  'wildcard-of-all': { dnsNames: ['*.svc.cluster.local'] },
  'foreign-label': { secret: { labels: { 'foreign.dev/x': 'y' } } },
  'foreign-annotation': { secret: { annotations: { 'foreign.dev/x': 'y' } } },
};

/** Everything runs, as if nothing had happened. */
beforeEach(async () => {
  if ((await Promise.race([place.webhook.exited, Promise.resolve(undefined)])) !== undefined) await place.start();
  await place.installation.applyConfigurations('Fail');
  await place.webhook.untilReady();
});

/** Looks at every identity again and again for so long; what was not Ready, or had ended, and when. */
async function gapsFor(namespace: string, duration: number): Promise<string[]> {
  const gaps = new Set<string>();
  const end = Date.now() + duration;
  while (Date.now() < end) {
    for (const identity of await world.cluster.list('ServiceIdentity', namespace)) {
      const { metadata, status } = identity;
      const left = Date.parse(status?.notAfter ?? '') - Date.now();
      if (!isReady(identity) || !(left > 0)) gaps.add(`${metadata.name}: ${JSON.stringify(status?.conditions)}`);
    }
    await pause(500);
  }
  return [...gaps];
}

describe('with failurePolicy Fail', () => {
  it(`${IDENTITIES} identities are renewed through ${LIFETIMES} lifetimes without a webhook`, async () => {
    const namespace = await world.namespace();
    await createFleet(world, namespace, IDENTITIES, '20s');
    await untilWell(world, namespace);
    await place.webhook.kill();
    const witness = await watchSecrets(namespace);
    await expect(world.identity(namespace, {}, 'another')).rejects.toThrow(/failed calling webhook/);
    expect(await gapsFor(namespace, LIFETIMES * TTL_MS)).toEqual([]);
    await untilWell(world, namespace);
    await witness.stop();
    expect(witness.violations).toEqual([]);
    const renewals = [...witness.serials.values()].map((serials) => serials.length);
    expect(renewals).toHaveLength(IDENTITIES);
    // At 60 % of a lifetime at the latest, so three times in two of them.
    expect(Math.min(...renewals)).toBeGreaterThanOrEqual(LIFETIMES);
  });
});

describe('with failurePolicy Ignore', () => {
  it('nothing invalid that slips in is issued, and what is valid is, and renewed', async () => {
    const namespace = await world.namespace();
    await place.installation.applyConfigurations('Ignore');
    await place.webhook.kill();
    await expect
      .poll(() => world.identity(namespace, { ttl: '20s' }).then(() => true, String), { timeout: 30_000 })
      .toBe(true);
    for (const [name, spec] of Object.entries(INVALID)) await world.identity(namespace, spec, name);
    let valid = await world.ready(namespace);
    for (const name of Object.keys(INVALID)) await world.because(namespace, 'InvalidSpec', name);
    // At 40 % of a lifetime at the earliest.
    for (let renewal = 0; renewal < LIFETIMES / 0.4; renewal += 1) valid = await world.reissued(valid);
    const secrets = await world.cluster.list('Secret', namespace);
    expect(secrets.map(({ metadata }) => metadata.name)).toEqual(['checkout-svid']);
    for (const name of Object.keys(INVALID)) {
      const identity = await world.cluster.get({ kind: 'ServiceIdentity', namespace, name });
      expect(identity?.status?.serialNumber, name).toBeUndefined();
    }
  });
});
