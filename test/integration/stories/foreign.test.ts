// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of Secrets that belong to somebody else, and of two identities that want the same one.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { requestsOf, writesIn } from './requests.ts';
import { current, NAME, storyWorld } from './world.ts';

const world = storyWorld();
const SECRET = `${NAME}-svid`;
const DATA = { 'tls.crt': 'aXJyZXBsYWNlYWJsZQ==', 'tls.key': 'aXJyZXBsYWNlYWJsZQ==' };

async function writesTo(namespace: string): Promise<string[]> {
  return writesIn(await requestsOf(world.installation.user), namespace);
}

describe.concurrent('a Secret of somebody else', () => {
  it('without any label is left alone; the identity says whose name it took, and gets it once it is gone', async () => {
    const namespace = await world.namespace();
    const created = await world.cluster.create({
      kind: 'Secret',
      metadata: { name: SECRET, namespace },
      type: 'kubernetes.io/tls',
      data: DATA,
    });
    await world.identity(namespace);
    const refused = await world.because(namespace, 'SecretConflict');
    expect(current(refused)).toMatchObject({ status: 'False' });
    expect(current(refused)?.message).toContain(SECRET);
    expect(await world.secret(namespace)).toEqual(created);

    // A change of the identity makes it look again; the Secret itself is not watched. It may have looked by itself
    // before, so the change is none that re-issues.
    await world.cluster.delete({ kind: 'Secret', namespace, name: SECRET });
    await world.patch(namespace, { suspend: true });
    await world.patch(namespace, { suspend: false });
    await world.ready(namespace);
    const secretWrites = (await writesTo(namespace)).filter((write) => write.endsWith(' secrets'));
    // The attempt that met the stranger, and the one that issued.
    expect(secretWrites).toEqual(['create secrets', 'create secrets']);
  });

  it('is left alone with our labels on it, too, while another object owns it', async () => {
    const namespace = await world.namespace();
    const owner = await world.cluster.create({ kind: 'ConfigMap', metadata: { name: 'owner', namespace } });
    const created = await world.cluster.create({
      kind: 'Secret',
      metadata: {
        name: SECRET,
        namespace,
        labels: { 'signet.dev/managed': 'svid', 'signet.dev/service-identity': NAME },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid, controller: true },
        ],
      },
      data: DATA,
    });
    await world.identity(namespace);
    const refused = await world.because(namespace, 'SecretConflict');
    expect(current(refused)?.message).toContain('ConfigMap owner');
    expect(await world.secret(namespace)).toEqual(created);

    await world.cluster.delete({ kind: 'Secret', namespace, name: SECRET });
    await world.ready(namespace);
  });

  it('stays when a spec changes to its name, and so does the SVID under the old name', async () => {
    const { namespace, identity } = await world.issued();
    const theirs = await world.cluster.create({ kind: 'Secret', metadata: { name: 'theirs', namespace }, data: DATA });
    await world.patch(namespace, { secret: { name: 'theirs' } });
    await world.because(namespace, 'SecretConflict');
    expect(await world.secret(namespace, 'theirs')).toEqual(theirs);
    expect((await world.secret(namespace)).metadata.uid).toBe(identity.status?.secret?.uid);

    await world.patch(namespace, { secret: { name: null } });
    const back = await world.ready(namespace);
    expect(back.status?.serialNumber).toBe(identity.status?.serialNumber);
  });
});

describe.concurrent('two identities want the same Secret', () => {
  it('and the one that has it keeps it, until it is deleted', async () => {
    const { namespace, identity, secret } = await world.issued({ secret: { name: 'shared' } });
    await world.identity(namespace, { secret: { name: 'shared' } }, 'rival');
    const refused = await world.because(namespace, 'SecretConflict', 'rival');
    expect(current(refused)?.message).toContain(NAME);
    expect(await world.secret(namespace, 'shared')).toEqual(secret);
    expect(identity.metadata.uid).toBe(secret.metadata.ownerReferences?.[0]?.uid);

    await world.cluster.delete({ kind: 'ServiceIdentity', namespace, name: NAME });
    const winner = await world.ready(namespace, 'rival');
    const taken = await world.secret(namespace, 'shared');
    expect(taken.metadata.ownerReferences?.[0]?.uid).toBe(winner.metadata.uid);
    expect(taken.metadata.uid).not.toBe(secret.metadata.uid);
  });

  it('and the older one gets it while there is none', async () => {
    const namespace = await world.namespace({});
    const older = await world.identity(namespace, { secret: { name: 'shared' } }, 'older');
    await world.because(namespace, 'NamespaceNotAllowed', 'older');
    // Creation times have whole seconds: without this the lower uid would decide.
    const born = Date.parse(older.metadata.creationTimestamp);
    let probe = born;
    for (let i = 0; probe <= born; i += 1) {
      const { metadata } = await world.cluster.create({
        kind: 'ConfigMap',
        metadata: { name: `tick-${i}`, namespace },
      });
      probe = Date.parse(metadata.creationTimestamp);
    }
    await world.identity(namespace, { secret: { name: 'shared' } }, 'a-younger');
    await world.because(namespace, 'NamespaceNotAllowed', 'a-younger');
    await world.cluster.patch(
      { kind: 'Namespace', name: namespace },
      { metadata: { labels: world.selector.matchLabels } },
    );
    await world.ready(namespace, 'older');
    const refused = await world.because(namespace, 'SecretConflict', 'a-younger');
    expect(current(refused)?.message).toMatch(/older/);
    expect((await world.secret(namespace, 'shared')).metadata.labels).toMatchObject({
      'signet.dev/service-identity': 'older',
    });
  });

  it('and the loser takes it when the winner chooses another name', async () => {
    const { namespace, identity } = await world.issued({ secret: { name: 'shared' } });
    await world.identity(namespace, { secret: { name: 'shared' } }, 'rival');
    await world.because(namespace, 'SecretConflict', 'rival');
    await world.patch(namespace, { secret: { name: 'own' } });
    await world.ready(namespace);
    const rival = await world.ready(namespace, 'rival');
    const shared = await world.secret(namespace, 'shared');
    expect(shared.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([rival.metadata.uid]);
    expect((await world.secret(namespace, 'own')).metadata.ownerReferences?.[0]?.uid).toBe(identity.metadata.uid);
  });
});
