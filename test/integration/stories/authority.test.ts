// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of the authority behind the identities: it looks after itself, and what it cannot mend it says.
 * @module
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import type { AuthorityStatus, TrustDomain } from '../../../src/api/trust-domain.ts';
import type { SecretObject } from '../../support/kinds.ts';
import { type ListeningProxy, listenTo } from './listening-proxy.ts';
import { disagreement, opensslVerdict } from './svid-files.ts';
import { current, type Issued, isReady, NAME, storyWorld } from './world.ts';

const world = storyWorld({ running: false });
let proxy: ListeningProxy | undefined;
afterAll(() => proxy?.close());

/** Starts the one controller of this file when the first story asks for it, with somebody listening in. */
let started: Promise<ListeningProxy> | undefined;
function listening(): Promise<ListeningProxy> {
  started ??= (async () => {
    proxy = await listenTo(world.installation);
    const signet = await world.startAs({ kubeconfig: proxy.kubeconfig, flags: world.flags });
    await signet.untilSigning();
    return proxy;
  })();
  return started;
}

async function trustDomain(name: string, lifetimes: { intermediate?: string; svid?: string } = {}): Promise<string> {
  await listening();
  const unique = `${name}-${world.installation.namespace}`;
  const { intermediate: ttl = '168h', svid = '24h' } = lifetimes;
  await world.trustDomain(unique, {
    trustDomain: `${name}.example`,
    allowedNamespaces: world.selector,
    authority: { source: { type: 'SelfSigned', selfSigned: { intermediate: { ttl } } } },
    svid: { minTTL: '20s', defaultTTL: svid, maxTTL: svid },
    propagationMargin: '5s',
  });
  await world.untilTrustDomain(unique, isReady);
  return unique;
}

const rootOf = (name: string) => ({
  kind: 'Secret' as const,
  namespace: world.installation.namespace,
  name: `${name}-root-authority`,
});
const intermediateOf = (name: string) => ({ ...rootOf(name), name: `${name}-intermediate-authority` });

async function stored(ref: ReturnType<typeof rootOf>): Promise<SecretObject> {
  return world.secret(ref.namespace, ref.name);
}

/** As from a backup of the controller's namespace. */
async function restore({ metadata, type, data }: SecretObject): Promise<void> {
  const { name, namespace = '', labels } = metadata;
  await world.cluster.create({ kind: 'Secret', metadata: { name, namespace, labels }, type, data });
}

function authorities({ status }: TrustDomain, kind: AuthorityStatus['kind']): AuthorityStatus[] {
  return (status?.authorities ?? []).filter((authority) => authority.kind === kind);
}

function issue(name: string): Promise<Issued> {
  return world.issued({ trustDomainRef: { name } });
}

function reason(expected: string): (trustDomain: TrustDomain) => boolean {
  return (trustDomain) => current(trustDomain)?.reason === expected;
}

describe.concurrent('an authority', () => {
  it('is replaced below its root by itself; leaves follow by renewal, none before its time', async () => {
    const name = await trustDomain('short', { intermediate: '50s', svid: '20s' });
    const { namespace, identity, secret } = await issue(name);
    const versions = await world.cluster.record({ kind: 'ServiceIdentity', namespace, name: NAME });
    const secrets = await world.cluster.record({ kind: 'Secret', namespace, name: `${NAME}-svid` });
    const [first] = authorities(await world.untilTrustDomain(name, isReady), 'Intermediate');
    const after = await world.untilTrustDomain(name, (now) =>
      authorities(now, 'Intermediate').some(
        ({ id, state }) => id === identity.status?.authorityID && state === 'Retired',
      ),
    );
    const signing = authorities(after, 'Intermediate').filter(({ state }) => state === 'Active');
    expect(signing).toHaveLength(1);
    expect(authorities(after, 'Root')).toHaveLength(1);
    expect(isReady(after)).toBe(true);
    expect(first?.kind).toBe('Intermediate');

    const keys = Object.keys((await stored(intermediateOf(name))).data ?? {}).filter((key) => key.endsWith('.key'));
    expect(keys).not.toContain(`${identity.status?.authorityID}.key`);
    expect(keys).toHaveLength(1);

    const followed = await world.until(
      namespace,
      (now) => isReady(now) && now.status?.authorityID !== identity.status?.authorityID,
    );
    await world.reissued(followed);
    versions.stop();
    secrets.stop();
    for (const [before, next] of steps(versions.versions)) {
      const decided = Date.parse(next.status?.notBefore ?? '') + 60_000;
      expect(decided).toBeGreaterThanOrEqual(Date.parse(before.status?.renewalTime ?? '') - 1000);
      expect(decided).toBeLessThan(Date.parse(before.status?.notAfter ?? ''));
      expect(Date.parse(next.status?.notAfter ?? '') - decided).toBe(20_000);
    }
    const seen = secrets.versions.filter((version) => version !== undefined);
    expect(seen.map(disagreement)).toEqual(seen.map(() => undefined));
    expect(new Set(seen.map(({ data }) => data?.['ca.crt']))).toEqual(new Set([secret.data?.['ca.crt']]));
  });

  it('has its root key read only to sign, and no key of a workload is ever read or sent back', async () => {
    const { exchanges } = await listening();
    const name = await trustDomain('quiet');
    const { identity, namespace } = await issue(name);
    await world.patch(namespace, { renewRequest: 'now' });
    await world.reissued(identity);
    const about = (secret: string) => exchanges.filter(({ path }) => path.endsWith(`/${secret}`));
    const keyReads = (secret: string) => about(secret).filter(({ keyOut, method }) => keyOut && method === 'GET');
    // Once, for the intermediate it signed.
    expect(keyReads(rootOf(name).name)).toHaveLength(1);
    expect(keyReads(intermediateOf(name).name)).toHaveLength(1);
    const workload = exchanges.filter(({ path }) => path.includes(`/namespaces/${namespace}/`));
    expect(workload.filter(({ keyIn }) => keyIn).map(({ method, status }) => `${method} ${status}`)).toEqual([
      'POST 201',
      'PUT 200',
    ]);
    expect(workload.filter(({ keyOut }) => keyOut)).toEqual([]);
    expect(exchanges.filter(({ method, keyOut }) => method !== 'GET' && keyOut)).toEqual([]);
  });

  it('goes on without its root key, says so, and is content when the key is back', async () => {
    const name = await trustDomain('keyless');
    const root = await stored(rootOf(name));
    await world.cluster.delete(rootOf(name));
    const lost = await world.untilTrustDomain(name, reason('RootKeyLost'));
    expect(current(lost)).toMatchObject({ status: 'True' });
    const { secret } = await issue(name);
    expect(await opensslVerdict(secret)).toBe('');
    expect(await world.cluster.get(rootOf(name))).toBeUndefined();
    await restore(root);
    await world.untilTrustDomain(name, reason('AuthorityReady'));
  });

  it('gets another intermediate under the same root when the Secret of the old one is gone', async () => {
    const name = await trustDomain('rebuilt');
    const { identity, namespace, secret } = await issue(name);
    await world.cluster.delete(intermediateOf(name));
    const rebuilt = await world.untilTrustDomain(name, (now) =>
      authorities(now, 'Intermediate').some(
        ({ id, state }) => state === 'Active' && id !== identity.status?.authorityID,
      ),
    );
    // SVIDs of the lost one are good until they end: nothing is issued anew for its sake.
    const [kept, active] = ['Retired', 'Active'].map((wanted) =>
      authorities(rebuilt, 'Intermediate').find(({ state }) => state === wanted),
    );
    expect(kept?.id).toBe(identity.status?.authorityID);
    expect(await world.secret(namespace)).toEqual(secret);
    await world.patch(namespace, { renewRequest: 'now' });
    const ready = await world.reissued(identity);
    expect(ready.status?.authorityID).toBe(active?.id);
    const now = await world.secret(namespace);
    expect(now.data?.['ca.crt']).toBe(secret.data?.['ca.crt']);
    expect(await opensslVerdict(now)).toBe('');
  });

  it('that lost both Secrets is not replaced by a stranger: it waits for the backup', async () => {
    const name = await trustDomain('lost');
    const { identity, namespace, secret } = await issue(name);
    const backup = [await stored(rootOf(name)), await stored(intermediateOf(name))];
    await world.patch(namespace, { renewRequest: 'later', suspend: true });
    await world.because(namespace, 'Suspended');
    await world.cluster.delete(rootOf(name));
    await world.untilTrustDomain(name, reason('RootKeyLost'));
    await world.cluster.delete(intermediateOf(name));
    const lost = await world.untilTrustDomain(name, reason('AuthorityLost'));
    expect(current(lost)?.status).toBe('False');
    expect(current(lost)?.message).toContain('backup');
    await world.patch(namespace, { suspend: false });
    const waiting = await world.because(namespace, 'AuthorityUnavailable');
    expect(current(waiting)?.status).toBe('True');
    expect(await world.secret(namespace)).toEqual(secret);
    expect(await world.cluster.get(rootOf(name))).toBeUndefined();

    for (const object of backup) await restore(object);
    await world.untilTrustDomain(name, reason('AuthorityReady'));
    const ready = await world.reissued(identity);
    expect(ready.status?.authorityID).toBe(identity.status?.authorityID);
    expect((await world.secret(namespace)).data?.['ca.crt']).toBe(secret.data?.['ca.crt']);
  });

  it('whose Secret was edited signs nothing until it is deleted or restored', async () => {
    const name = await trustDomain('edited');
    const { identity, namespace } = await issue(name);
    const before = await stored(intermediateOf(name));
    await world.cluster.patch(intermediateOf(name), { data: { 'authority.json': 'e30=' } });
    const lost = await world.untilTrustDomain(name, reason('AuthorityLost'));
    expect(current(lost)?.message).toContain('delete it');
    await world.patch(namespace, { renewRequest: 'now' });
    await world.because(namespace, 'AuthorityUnavailable');
    await world.cluster.patch(intermediateOf(name), { data: before.data });
    await world.untilTrustDomain(name, reason('AuthorityReady'));
    const ready = await world.reissued(identity);
    expect(ready.status?.authorityID).toBe(identity.status?.authorityID);
  });
});

/** Each version that carries another SVID than the one before it. */
function steps(versions: readonly (ServiceIdentity | undefined)[]): [ServiceIdentity, ServiceIdentity][] {
  const present = versions.filter((version) => version !== undefined);
  return present.flatMap((version, index): [ServiceIdentity, ServiceIdentity][] => {
    const before = present[index - 1];
    const same = before === undefined || before.status?.serialNumber === version.status?.serialNumber;
    return same ? [] : [[before, version]];
  });
}
