// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of identities that go, move to another Secret, or come back from a backup.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import type { SecretObject } from '../../support/kinds.ts';
import { requestsOf, writesIn } from './requests.ts';
import { disagreement, serialOf } from './svid-files.ts';
import { isReady, NAME, storyWorld } from './world.ts';

const world = storyWorld();
const SECRET = `${NAME}-svid`;

function remove(namespace: string): Promise<void> {
  return world.cluster.delete({ kind: 'ServiceIdentity', namespace, name: NAME });
}

function untilGone(namespace: string, name = SECRET): Promise<unknown> {
  return world.cluster.until({ kind: 'Secret', namespace, name }, (now) => now === undefined);
}

async function secretWrites(namespace: string): Promise<string[]> {
  const writes = writesIn(await requestsOf(world.installation.user), namespace);
  return writes.filter((write) => write.endsWith(' secrets'));
}

/** As a backup tool writes an object again: everything but what the API server sets. */
async function restore(namespace: string, { type, data, metadata }: SecretObject): Promise<SecretObject> {
  const { name, labels, annotations, ownerReferences } = metadata;
  return world.cluster.create({
    kind: 'Secret',
    metadata: { name, namespace, labels, annotations, ownerReferences },
    type,
    data,
  });
}

describe.concurrent('an identity is deleted', () => {
  it('and its Secret goes with it, without the controller', async () => {
    const { namespace } = await world.issued();
    await remove(namespace);
    await untilGone(namespace);
    expect(await secretWrites(namespace)).toEqual(['create secrets']);
  });

  it('and its Secret stays where the identity says so; its successor takes it over with a fresh key', async () => {
    const { namespace, secret } = await world.issued({ secret: { deletionPolicy: 'Retain' } });
    expect(secret.metadata.ownerReferences ?? []).toEqual([]);
    expect(secret.metadata.labels).toHaveProperty('signet.dev/retain');
    await remove(namespace);
    // The garbage collector is done with what was deleted before: another identity's Secret is gone.
    const other = await world.issued();
    await remove(other.namespace);
    await untilGone(other.namespace);
    expect((await world.secret(namespace)).metadata.uid).toBe(secret.metadata.uid);

    await world.identity(namespace, { secret: { deletionPolicy: 'Retain' } });
    const ready = await world.ready(namespace);
    const adopted = await world.secret(namespace);
    expect(adopted.metadata.uid).toBe(secret.metadata.uid);
    expect(ready.status?.secret?.uid).toBe(secret.metadata.uid);
    expect(serialOf(adopted)).toBe(ready.status?.serialNumber);
    expect(adopted.data?.['tls.key']).not.toBe(secret.data?.['tls.key']);
    expect(await secretWrites(namespace)).toEqual(['create secrets', 'update secrets']);
  });

  it('and created again at once: in the end it has a Secret of its own, with a key of its own', async () => {
    const { namespace, secret } = await world.issued();
    await remove(namespace);
    const again = await world.identity(namespace);
    await world.ready(namespace);
    // The garbage collector is done with what was deleted until now.
    const other = await world.issued();
    await remove(other.namespace);
    await untilGone(other.namespace);
    const ready = await world.until(
      namespace,
      ({ status }) => status?.secret !== undefined && status.serialNumber !== serialOf(secret),
    );
    const now = await world.secret(namespace);
    expect(now.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([again.metadata.uid]);
    expect(ready.status?.secret?.uid).toBe(now.metadata.uid);
    expect(now.data?.['tls.key']).not.toBe(secret.data?.['tls.key']);
    expect(disagreement(now)).toBeUndefined();
  });

  it('and created again with Delete: the kept Secret is owned from then on', async () => {
    const { namespace, secret } = await world.issued({ secret: { deletionPolicy: 'Retain' } });
    await remove(namespace);
    await world.identity(namespace);
    const ready = await world.ready(namespace);
    const adopted = await world.secret(namespace);
    expect(adopted.metadata.uid).toBe(secret.metadata.uid);
    expect(adopted.metadata.ownerReferences?.[0]?.uid).toBe(ready.metadata.uid);
    expect(adopted.metadata.labels).not.toHaveProperty('signet.dev/retain');
    await remove(namespace);
    await untilGone(namespace);
  });
});

describe.concurrent('a deletion policy changes', () => {
  it('to Retain and back, without another certificate', async () => {
    const { namespace, identity } = await world.issued();
    await world.patch(namespace, { secret: { deletionPolicy: 'Retain' } });
    await world.ready(namespace);
    const kept = await world.secret(namespace);
    expect(kept.metadata.ownerReferences ?? []).toEqual([]);
    expect(kept.metadata.labels).toHaveProperty('signet.dev/retain');

    await world.patch(namespace, { secret: { deletionPolicy: 'Delete' } });
    const ready = await world.ready(namespace);
    const owned = await world.secret(namespace);
    expect(owned.metadata.ownerReferences?.[0]?.uid).toBe(identity.metadata.uid);
    expect(owned.metadata.labels).not.toHaveProperty('signet.dev/retain');
    expect(ready.status?.serialNumber).toBe(identity.status?.serialNumber);
    await remove(namespace);
    await untilGone(namespace);
  });
});

describe.concurrent('a Secret gets another name', () => {
  it('and the old one goes after the new one is in place', async () => {
    const { namespace, secret } = await world.issued();
    const old = await world.cluster.record({ kind: 'Secret', namespace, name: SECRET });
    await world.patch(namespace, { secret: { name: 'next' } });
    const ready = await world.until(namespace, (now) => isReady(now) && now.status?.secret?.name === 'next');
    await untilGone(namespace);
    old.stop();
    const next = await world.secret(namespace, 'next');
    expect(disagreement(next)).toBeUndefined();
    expect(serialOf(next)).toBe(ready.status?.serialNumber);
    expect(next.data?.['tls.key']).not.toBe(secret.data?.['tls.key']);
    expect(await secretWrites(namespace)).toEqual(['create secrets', 'create secrets', 'delete secrets']);
  });

  it('and a kept one stays', async () => {
    const { namespace, secret } = await world.issued({ secret: { deletionPolicy: 'Retain' } });
    await world.patch(namespace, { secret: { name: 'next' } });
    await world.until(namespace, (now) => isReady(now) && now.status?.secret?.name === 'next');
    expect((await world.secret(namespace)).metadata.uid).toBe(secret.metadata.uid);
  });
});

describe.concurrent('a backup is restored', () => {
  it('of the Secret alone: the same SVID is taken up again and nothing is issued', async () => {
    const { namespace, identity, secret } = await world.issued();
    await world.patch(namespace, { suspend: true });
    await world.because(namespace, 'Suspended');
    await world.cluster.delete({ kind: 'Secret', namespace, name: SECRET });
    const restored = await restore(namespace, secret);
    await world.patch(namespace, { suspend: false });
    const ready = await world.until(
      namespace,
      (now) => isReady(now) && now.status?.secret?.uid === restored.metadata.uid,
    );
    expect(ready.status?.serialNumber).toBe(identity.status?.serialNumber);
    expect(await secretWrites(namespace)).toEqual(['create secrets']);
    expect((await world.secret(namespace)).data).toEqual(secret.data);
  });

  it('of an identity and its Secret: whatever becomes of the Secret, the new identity gets a fresh key', async () => {
    const { namespace, identity, secret } = await world.issued();
    await remove(namespace);
    await untilGone(namespace);
    // The restored owner reference names an owner that is gone: it is adopted, unless the garbage collector is faster.
    const again = await world.identity(namespace, { suspend: true });
    expect(again.metadata.uid).not.toBe(identity.metadata.uid);
    await world.because(namespace, 'Suspended');
    await restore(namespace, secret);
    await world.patch(namespace, { suspend: false });
    await world.ready(namespace);
    const ready = await world.until(
      namespace,
      (now) => isReady(now) && now.status?.serialNumber !== identity.status?.serialNumber,
    );
    const now = await world.secret(namespace, ready.status?.secret?.name);
    expect(now.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([again.metadata.uid]);
    expect(now.data?.['tls.key']).not.toBe(secret.data?.['tls.key']);
    expect(serialOf(now)).toBe(ready.status?.serialNumber);
  });

  it('of an earlier Secret while the identity lives: its SVID is good, so it stays', async () => {
    const { namespace, identity, secret } = await world.issued();
    await world.patch(namespace, { renewRequest: 'now' });
    const renewed = await world.reissued(identity);
    await world.patchSecret(namespace, { data: secret.data });
    const back = await world.until(namespace, (now) => isReady(now) && now.status?.serialNumber === serialOf(secret));
    expect(back.status?.serialNumber).not.toBe(renewed.status?.serialNumber);
    expect(await factsAgree(namespace, back)).toBe(true);
  });
});

async function factsAgree(namespace: string, { status }: ServiceIdentity): Promise<boolean> {
  const secret = await world.secret(namespace);
  return serialOf(secret) === status?.serialNumber && secret.metadata.uid === status?.secret?.uid;
}
