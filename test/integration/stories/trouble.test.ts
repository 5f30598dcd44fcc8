// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of trouble that lasts: somebody who edits a Secret over and over, and an SVID that nobody may renew.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { requestsOf, writesIn } from './requests.ts';
import { disagreement } from './svid-files.ts';
import { current, type Issued, NAME, storyWorld } from './world.ts';

const world = storyWorld();
/** Heals that are done at once before the Secret counts as contended. */
const BURST = 5;

async function secretWrites({ namespace }: Issued): Promise<string[]> {
  const writes = writesIn(await requestsOf(world.installation.user), namespace);
  return writes.filter((write) => write.endsWith(' secrets')).slice(1);
}

function contended(issued: Issued): Promise<unknown> {
  return world.until(
    issued.namespace,
    ({ status }) => status?.conditions?.some(({ type, status: is }) => type === 'Contended' && is === 'True') === true,
  );
}

describe.concurrent('somebody edits a Secret over and over', () => {
  it('its labels: it is healed a few times, then the identity says so and stays Ready', async () => {
    const issued = await world.issued();
    const { namespace, identity } = issued;
    const wrong = { metadata: { labels: { 'signet.dev/service-identity': 'wrong' } } };
    for (let edit = 0; edit < BURST; edit += 1) {
      await world.patchSecret(namespace, wrong);
      await world.untilSecret(namespace, ({ metadata }) => metadata.labels?.['signet.dev/service-identity'] === NAME);
    }
    await world.patchSecret(namespace, wrong);
    await contended(issued);
    const now = await world.because(namespace, 'RepeatedEdits');
    expect(current(now)?.status).toBe('True');
    expect(now.status?.serialNumber).toBe(identity.status?.serialNumber);
    await world.patchSecret(namespace, { metadata: { labels: { 'example.com/more': 'x' } } });
    await world.issued();
    expect(await secretWrites(issued)).toEqual(Array.from({ length: BURST }, () => 'patch secrets'));
  });

  it('its key: no certificate for every edit, and the identity is not Ready while the pair is broken', async () => {
    const issued = await world.issued();
    const { namespace } = issued;
    const broken = { data: { 'tls.key': 'AAAA' } };
    for (let edit = 0; edit < BURST; edit += 1) {
      const before = await world.ready(namespace);
      await world.patchSecret(namespace, broken);
      await world.reissued(before);
    }
    await world.patchSecret(namespace, broken);
    await contended(issued);
    expect(current(await world.because(namespace, 'RepeatedEdits'))?.status).toBe('False');
    expect(await secretWrites(issued)).toEqual(Array.from({ length: BURST }, () => 'update secrets'));

    // A person who has found the other writer asks for a new one, and does not wait.
    await world.cluster.delete({ kind: 'ServiceIdentity', namespace, name: NAME });
    await world.cluster.until({ kind: 'Secret', namespace, name: `${NAME}-svid` }, (now) => now === undefined);
    await world.identity(namespace);
    await world.ready(namespace);
    expect(disagreement(await world.secret(namespace))).toBeUndefined();
  });

  it('deletes it: created again a few times only', async () => {
    const issued = await world.issued();
    const { namespace } = issued;
    const secret = { kind: 'Secret', namespace, name: `${NAME}-svid` } as const;
    for (let edit = 0; edit < BURST; edit += 1) {
      const before = await world.ready(namespace);
      await world.cluster.delete(secret);
      await world.reissued(before);
    }
    await world.cluster.delete(secret);
    await contended(issued);
    expect(await world.cluster.get(secret)).toBeUndefined();
    expect(await secretWrites(issued)).toEqual(Array.from({ length: BURST }, () => 'create secrets'));
  });
});

describe.concurrent('an SVID cannot be renewed', () => {
  it('and is Ready until its very end, then no more, and is issued when the reason is gone', async () => {
    const { namespace, identity } = await world.issued({ ttl: '20s' });
    await world.cluster.delete({ kind: 'ServiceAccount', namespace, name: NAME });
    const stuck = await world.because(namespace, 'ServiceAccountNotFound');
    expect(current(stuck)?.status).toBe('True');
    const expired = await world.until(namespace, (now) => current(now)?.status === 'False');
    expect(current(expired)).toMatchObject({ reason: 'ServiceAccountNotFound' });
    expect(current(expired)?.message).toMatch(new RegExp(`^the SVID expired at .+ServiceAccount ${NAME} `, 'u'));
    const end = Date.parse(identity.status?.notAfter ?? '');
    expect(Date.parse(current(expired)?.lastTransitionTime ?? '')).toBeGreaterThanOrEqual(end);
    expect(expired.status?.serialNumber).toBe(identity.status?.serialNumber);
    const writes = writesIn(await requestsOf(world.installation.user), namespace);
    expect(writes).toEqual([
      'create secrets',
      'update serviceidentities/status',
      'update serviceidentities/status',
      'update serviceidentities/status',
    ]);
    await world.serviceAccount(namespace);
    await world.reissued(identity);
  });
});
