// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of an identity that stays fresh without anybody doing anything, at the lowest possible price.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { requestsOf, secretReadsIn, writesIn } from './requests.ts';
import { disagreement, serialOf, svidFiles } from './svid-files.ts';
import { isReady, NAME, storyWorld } from './world.ts';

const world = storyWorld();
const TTL = '20s';

describe.concurrent('an identity stays fresh', () => {
  it('by renewals at the planned time, each with a new key, each of two writes and no read', async () => {
    const { namespace, identity, secret } = await world.issued({ ttl: TTL });
    const second = await world.reissued(identity);
    const secondSecret = await world.secret(namespace);
    const third = await world.reissued(second);
    const thirdSecret = await world.secret(namespace);

    for (const [before, after] of [
      [identity, second],
      [second, third],
    ] as const) {
      const planned = Date.parse(before.status?.renewalTime ?? '');
      const renewed = Date.parse(after.status?.notBefore ?? '') + 60_000;
      // Timestamps have whole seconds.
      expect(renewed).toBeGreaterThanOrEqual(planned - 1000);
      expect(renewed).toBeLessThan(Date.parse(before.status?.notAfter ?? ''));
    }
    const keys = [secret, secondSecret, thirdSecret].map(({ data }) => data?.['tls.key']);
    expect(new Set(keys).size).toBe(3);
    expect(new Set([identity, second, third].map(({ status }) => status?.serialNumber)).size).toBe(3);
    expect(disagreement(thirdSecret)).toBeUndefined();
    expect(thirdSecret.metadata.uid).toBe(secret.metadata.uid);

    const requests = await requestsOf(world.installation.user);
    expect(secretReadsIn(requests, namespace)).toEqual([]);
    const renewal = ['update secrets', 'update serviceidentities/status'];
    expect(writesIn(requests, namespace).slice(0, 6)).toEqual([
      'create secrets',
      'update serviceidentities/status',
      ...renewal,
      ...renewal,
    ]);
  });

  it('so that every version a watcher sees fits together', async () => {
    const namespace = await world.namespace();
    const recording = await world.cluster.record({ kind: 'Secret', namespace, name: `${NAME}-svid` });
    await world.identity(namespace, { ttl: TTL });
    const renewed = await world.reissued(await world.reissued(await world.ready(namespace)));
    recording.stop();
    const versions = recording.versions.filter((version) => version !== undefined);
    expect(versions.map(disagreement)).toEqual(versions.map(() => undefined));
    expect(versions.map(serialOf)).toContain(renewed.status?.serialNumber);
  });

  it('once at once when a renewal is requested, and not again', async () => {
    const { namespace, identity } = await world.issued();
    await world.patch(namespace, { renewRequest: 'after the audit' });
    const renewed = await world.reissued(identity);
    expect(renewed.status?.observedRenewRequest).toBe('after the audit');
    const { leaf } = svidFiles(await world.secret(namespace));
    expect(leaf.serialNumber.toLowerCase()).toBe(renewed.status?.serialNumber);

    // Another change of the spec, done after the request, shows that the request itself is done with.
    await world.patch(namespace, { mtls: { allowedClients: [] } });
    const later = await world.ready(namespace);
    expect(later.status?.serialNumber).toBe(renewed.status?.serialNumber);

    await world.patch(namespace, { renewRequest: null });
    expect((await world.ready(namespace)).status?.serialNumber).toBe(renewed.status?.serialNumber);
  });

  it('while one that is not due costs nothing at all', async () => {
    const quiet = await world.issued();
    const before = writesIn(await requestsOf(world.installation.user), quiet.namespace);
    expect(before).toEqual(['create secrets', 'update serviceidentities/status']);
    // A whole life of another identity goes by, with every resync and event it brings.
    const busy = await world.issued({ ttl: TTL });
    await world.reissued(await world.reissued(busy.identity));
    const requests = await requestsOf(world.installation.user);
    expect(writesIn(requests, quiet.namespace)).toEqual(before);
    expect(requests.filter(({ namespace, verb }) => namespace === quiet.namespace && verb === 'get')).toEqual([]);
    expect(isReady(await world.ready(quiet.namespace))).toBe(true);
  });
});
