// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of an identity that gets less than it asks for, or at its own pace, and of tenants who put much on a Secret.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { requestsOf, secretReadsIn } from './requests.ts';
import { current, NAME, storyWorld, type World } from './world.ts';

const world: World = storyWorld();
const SECRET = `${NAME}-svid`;
const DAY = 24 * 60 * 60_000;

describe.concurrent('an identity', () => {
  it('that asks for a lifetime beyond its TrustDomain gets what the TrustDomain allows, and hears of it', async () => {
    const { namespace, identity } = await world.issued({ ttl: '25h' });
    const { notBefore = '', notAfter = '', conditions } = identity.status ?? {};
    expect(Date.parse(notAfter) - Date.parse(notBefore) - 60_000).toBe(DAY);
    const clamped = conditions?.find(({ type }) => type === 'Clamped');
    expect(clamped).toMatchObject({ status: 'True', reason: 'TrustDomainBounds' });
    expect(clamped?.message).toMatch(/spec\.ttl 25h.*20s to 24h/);
    await world.patch(namespace, { ttl: '24h' });
    await world.until(namespace, (now) => now.status?.conditions?.length === 1 && current(now)?.reason === 'Issued');
  });

  it('whose spec changes again and again is re-issued at a bounded rate, and ends with the last spec', async () => {
    const { namespace } = await world.issued();
    const serials = new Set<string | undefined>();
    const started = Date.now();
    let contended = false;
    for (let flip = 0; flip < 12; flip += 1) {
      await world.patch(namespace, { services: [flip % 2 === 0 ? 'cart' : NAME] });
      const seen = await world.until(namespace, (now) => current(now) !== undefined);
      serials.add(seen.status?.serialNumber);
      contended ||= seen.status?.conditions?.some(({ reason }) => reason === 'RepeatedChanges') === true;
    }
    expect(contended).toBe(true);
    const overTime = Math.ceil((Date.now() - started) / 30_000);
    expect(serials.size).toBeLessThanOrEqual(1 + 5 + overTime);
    await world.patch(namespace, { services: ['last'] });
    const ready = await world.until(namespace, (now) => current(now)?.reason === 'Issued');
    expect(ready.status?.conditions).toHaveLength(1);
  });

  it('whose Secret is edited again and again is read at a bounded rate, and mended in the end', async () => {
    const { namespace, secret } = await world.issued();
    const { 'ca.crt': anchors } = secret.data ?? {};
    const started = Date.now();
    for (let edit = 0; edit < 60; edit += 1)
      await world.patchSecret(namespace, { data: { 'extra.txt': Buffer.from(`${edit}`).toString('base64') } });
    await world.patchSecret(namespace, { data: { 'ca.crt': 'AAAA' } });
    await world.untilSecret(namespace, ({ data }) => data?.['ca.crt'] === anchors);
    const reads = secretReadsIn(await requestsOf(world.installation.user), namespace);
    const overTime = Math.ceil((Date.now() - started) / 30_000);
    expect(reads.length).toBeLessThanOrEqual(10 + overTime);
  });

  it('keeps what others put on its Secret, however much, when it is renewed', async () => {
    const { namespace, identity } = await world.issued();
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(200_000) };
    const labels = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`tool.org/label-${i}`, 'x'.repeat(63)]));
    await world.patchSecret(namespace, { metadata: { annotations, labels, finalizers: ['tool.org/hold'] } });
    await world.patch(namespace, { renewRequest: 'now' });
    await world.reissued(identity);
    const { metadata } = await world.secret(namespace);
    expect(metadata.annotations).toMatchObject(annotations);
    expect(metadata.labels).toMatchObject(labels);
    expect(metadata).toMatchObject({ finalizers: ['tool.org/hold'] });
    await world.patchSecret(namespace, { metadata: { finalizers: null } });
  });

  it('that is given another Secret deletes the old one, also one whose label somebody took away', async () => {
    const { namespace, secret } = await world.issued();
    const labels = Object.fromEntries(Object.keys(secret.metadata.labels ?? {}).map((key) => [key, null]));
    await Promise.all([
      world.patchSecret(namespace, { metadata: { labels } }),
      world.patch(namespace, { secret: { name: 'other' } }),
    ]);
    await world.until(namespace, (now) => current(now)?.status === 'True' && now.status?.secret?.name === 'other');
    await world.cluster.until({ kind: 'Secret', namespace, name: SECRET }, (now) => now === undefined);
  });
});
