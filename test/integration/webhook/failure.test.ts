// SPDX-License-Identifier: Apache-2.0
/**
 * The webhook is gone: what the API server answers then, that renewals go on, that nothing invalid is ever issued, and
 * that the controller says so.
 * @module
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { kubectl } from '../../support/control-plane.ts';
import { NAME } from '../stories/world.ts';
import { webhookWorld } from './webhook-world.ts';

const place = webhookWorld();
const { world } = place;

/** Everything is as it was. */
async function restore(): Promise<void> {
  await place.installation.applyConfigurations();
  const webhook = await place.start();
  await webhook.untilReady();
  await proof('Refused', 1);
}

/** Waits for the controller to find this out by itself. */
async function proof(result: string, works: 0 | 1): Promise<void> {
  await vi.waitFor(
    async () => {
      const { text } = await world.signet.ask('/metrics');
      expect(text).toMatch(new RegExp(`^signet_admission_works ${works}$`, 'm'));
      expect(text).toMatch(new RegExp(`^signet_admission_probes_total\\{result="${result}"\\} [1-9]`, 'm'));
    },
    { timeout: 60_000, interval: 200 },
  );
}

describe('with failurePolicy Fail', () => {
  afterEach(restore);

  it('new identities are refused, existing ones renew again and again, and the controller says why', async () => {
    const { namespace, identity } = await world.issued({ ttl: '20s' });
    await place.webhook.kill();
    await expect(world.identity(namespace, {}, 'another')).rejects.toThrow(/failed calling webhook "serviceidentities/);
    await proof('Unreachable', 0);
    const second = await world.reissued(identity);
    const third = await world.reissued(second);
    await world.reissued(third);
    await world.signet.untilLogged('Admission does not work: the API server cannot reach the webhook');
  });
});

describe('with failurePolicy Ignore', () => {
  afterEach(restore);

  it('an invalid identity slips in and is never issued, and the controller says that it would', async () => {
    await place.installation.applyConfigurations('Ignore');
    await place.webhook.kill();
    await proof('Admitted', 0);
    const namespace = await world.namespace();
    await world.identity(namespace, { dnsNames: ['www.google.com'] });
    const denied = await world.because(namespace, 'InvalidSpec');
    expect(denied.status?.serialNumber).toBeUndefined();
    await world.signet.untilLogged('Admission does not work: what the webhook must refuse would be admitted');
    const secrets = await kubectl(['get', 'secrets', '-n', namespace, '-o', 'name']);
    expect(secrets).not.toContain(NAME);
  });
});

it('a probe leaves nothing behind', async () => {
  await proof('Refused', 1);
  const all = await world.cluster.list('TrustDomain');
  expect(all.map(({ metadata }) => metadata.name)).not.toContain('signet-admission-probe');
});
