// SPDX-License-Identifier: Apache-2.0
/**
 * The transport against a real API server: what its answers and refusals become, and a pod's credentials.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writePodCredentials } from '../../../hack/controlplane/service-accounts.ts';
import { systemClock } from '../../../src/controller/clock.ts';
import { isSignetError } from '../../../src/errors.ts';
import { HTTPTransport } from '../../../src/kube/http-transport.ts';
import { inCluster } from '../../../src/kube/in-cluster.ts';
import { kubeStatus } from '../../../src/kube/kube-error.ts';
import { fromKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { createObject, deleteObject, getObject, patchObject, updateObject } from '../../../src/kube/resource-calls.ts';
import { listObjects } from '../../../src/kube/resource-lists.ts';
import { type KubeObject, SECRETS, SERVICE_ACCOUNTS, SERVICE_IDENTITIES } from '../../../src/kube/resources.ts';
import { apply, createNamespace, deleteNamespace, sharedControlPlane } from '../../support/control-plane.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';

const open: { close(): Promise<unknown> }[] = [];
let transport: HTTPTransport;
let namespace = '';

beforeEach(async () => {
  const cluster = await fromKubeconfig({ path: sharedControlPlane().kubeconfig });
  transport = closing(new HTTPTransport({ cluster, clock: systemClock, userAgent: 'signet/test' }));
  namespace = await createNamespace('transport');
  open.push({ close: () => deleteNamespace(namespace) });
});

afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource.close();
});

function closing<T extends { close(): Promise<unknown> }>(resource: T): T {
  open.push(resource);
  return resource;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return isSignetError(error) ? error.code : String(error);
  }
}

interface Secret extends KubeObject {
  readonly data?: Record<string, string>;
}

function aSecret(name: string, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, ...more }, stringData: { 'tls.key': 'hunter2' } };
}

describe('Secrets', () => {
  it('come back as metadata only from every call that asks so', async () => {
    const at = { namespace, name: 'x', metadataOnly: true };
    const created = await createObject<Secret>(transport, SECRETS, {
      ...at,
      body: aSecret('x', { finalizers: ['a.b/c'] }),
    });
    const { uid, resourceVersion } = created.metadata;
    const updated = await updateObject<Secret>(transport, SECRETS, {
      ...at,
      body: aSecret('x', { resourceVersion, finalizers: ['a.b/c'] }),
    });
    const patched = await patchObject<Secret>(transport, SECRETS, {
      ...at,
      body: { metadata: { labels: { a: 'b' } } },
    });
    const got = await getObject<Secret>(transport, SECRETS, at);
    const [listed] = await listObjects<Secret>(transport, SECRETS, {
      namespace,
      labelSelector: 'a=b',
      metadataOnly: true,
    });
    for (const object of [created, updated, patched, got]) expect(object.kind).toBe('PartialObjectMetadata');
    for (const object of [created, updated, patched, got, listed]) {
      expect(object?.metadata.uid).toBe(uid);
      expect(JSON.stringify(object)).not.toContain(Buffer.from('hunter2').toString('base64'));
      expect(object).not.toHaveProperty('data');
    }
    const whole = await getObject<Secret>(transport, SECRETS, { namespace, name: 'x' });
    expect(whole.data).toEqual({ 'tls.key': Buffer.from('hunter2').toString('base64') });
    await deleteObject(transport, SECRETS, { namespace, name: 'x', preconditions: { uid } });
    await patchObject(transport, SECRETS, { ...at, body: { metadata: { finalizers: null } } });
    expect(await codeOf(getObject(transport, SECRETS, at))).toBe('ERR_KUBE_NOT_FOUND');
  });

  it('are written under our field manager', async () => {
    const created = await createObject<KubeObject & { metadata: { managedFields?: { manager: string }[] } }>(
      transport,
      SECRETS,
      { namespace, body: Buffer.from(JSON.stringify(aSecret('y'))), metadataOnly: true },
    );
    expect(created.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['signet']);
  });

  it('are listed over many pages', async () => {
    const names = Array.from({ length: 25 }, (_, i) => `p${i}`);
    await Promise.all(names.map((name) => createObject(transport, SECRETS, { namespace, body: aSecret(name) })));
    const listed = await listObjects<Secret>(transport, SECRETS, { namespace, limit: 7 });
    expect(listed.map(({ metadata }) => metadata.name).sort()).toEqual(names.sort());
  });
});

describe('refusals', () => {
  it('tell apart what the reconcilers must tell apart', async () => {
    const at = { namespace, name: 'x' };
    const { metadata } = await createObject<Secret>(transport, SECRETS, { namespace, body: aSecret('x') });
    const stale = { ...metadata, resourceVersion: '1' };
    const foreign = { uid: '00000000-0000-0000-0000-000000000000' };
    const answers = await Promise.all(
      [
        getObject(transport, SECRETS, { namespace, name: 'none' }),
        createObject(transport, SECRETS, { namespace, body: aSecret('x') }),
        updateObject(transport, SECRETS, { ...at, body: aSecret('x', stale) }),
        patchObject(transport, SECRETS, { ...at, body: { metadata: { resourceVersion: '1', labels: { a: 'b' } } } }),
        deleteObject(transport, SECRETS, { ...at, preconditions: foreign }),
        deleteObject(transport, SECRETS, { ...at, preconditions: { uid: metadata.uid, resourceVersion: '1' } }),
        createObject(transport, SECRETS, { namespace, body: aSecret('Not A Name') }),
        createObject(transport, SECRETS, { namespace, body: { ...aSecret('z'), data: { a: '%' } } }),
        createObject(transport, SERVICE_IDENTITIES, { namespace, body: { metadata: { name: 'i' }, spec: {} } }),
        createObject(transport, SECRETS, { namespace: 'nowhere-at-all', body: aSecret('x') }),
      ].map(codeOf),
    );
    expect(answers).toEqual([
      'ERR_KUBE_NOT_FOUND',
      'ERR_KUBE_ALREADY_EXISTS',
      'ERR_KUBE_CONFLICT',
      'ERR_KUBE_CONFLICT',
      'ERR_KUBE_CONFLICT',
      'ERR_KUBE_CONFLICT',
      'ERR_KUBE_INVALID',
      'ERR_KUBE_BAD_REQUEST',
      'ERR_KUBE_BAD_REQUEST',
      'ERR_KUBE_NOT_FOUND',
    ]);
  });

  it('say that a namespace is going away', async () => {
    await createObject(transport, SECRETS, { namespace, body: aSecret('keep', { finalizers: ['a.b/c'] }) });
    await deleteNamespace(namespace);
    await expect
      .poll(async () => {
        try {
          return await createObject(transport, SECRETS, { namespace, body: aSecret(`n${Math.random()}`) });
        } catch (error) {
          return kubeStatus(error)?.causes;
        }
      })
      .toContain('NamespaceTerminating');
    await patchObject(transport, SECRETS, { namespace, name: 'keep', body: { metadata: { finalizers: null } } });
  });
});

describe('the credentials of a pod', () => {
  it('are taken up anew when the kubelet replaces the token or the CA', async () => {
    const account = { namespace, name: 'worker' };
    await createObject(transport, SERVICE_ACCOUNTS, { namespace, body: { metadata: { name: account.name } } });
    const subjects = [{ kind: 'ServiceAccount', ...account }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
    const metadata = { name: 'worker', namespace };
    await apply({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata, subjects, roleRef });
    const shared = sharedControlPlane();
    const authority = shared.caFile === undefined ? undefined : await readFile(shared.caFile, 'utf8');
    const { directory, environment } = await writePodCredentials(
      shared.kubectl,
      { server: shared.server, authority },
      account,
      shared.directory,
    );
    const tokenFile = path.join(directory, 'token');
    const caFile = path.join(directory, 'ca.crt');
    const token = await readFile(tokenFile, 'utf8');
    const ca = await readFile(caFile, 'utf8');
    const cluster = await inCluster({ env: { ...environment }, directory });
    const pod = closing(new HTTPTransport({ cluster, clock: systemClock, userAgent: 'signet/test' }));
    const ask = (): Promise<string> =>
      codeOf(getObject(pod, SERVICE_ACCOUNTS, { namespace, name: 'worker', deadline: 2000 }));

    await writeFile(tokenFile, 'expired');
    expect(await ask()).toBe('ERR_KUBE_UNAUTHORIZED');
    await writeFile(tokenFile, token);
    await expect.poll(ask, { timeout: 10_000, interval: 300 }).toBe('done');
    expect(await codeOf(getObject(pod, SECRETS, { namespace, name: 'x' }))).toBe('ERR_KUBE_FORBIDDEN');

    const other = closing(new HTTPTransport({ cluster, clock: systemClock, userAgent: 'signet/test' }));
    const askOther = (): Promise<string> =>
      codeOf(getObject(other, SERVICE_ACCOUNTS, { namespace, name: 'worker', deadline: 2000 }));
    await writeFile(caFile, '');
    expect(await askOther()).toBe('ERR_KUBE_UNAVAILABLE');
    await writeFile(caFile, ca);
    await expect.poll(askOther, { timeout: 10_000, interval: 300 }).toBe('done');
  });
});

describe('a network', () => {
  it('that swallows everything costs the calls in flight, by their deadline, and no later ones', async () => {
    const { proxy, proxied } = await behindProxy();
    const ask = (deadline: number): Promise<string> => codeOf(listObjects(proxied, SECRETS, { namespace, deadline }));
    const rounds = await Promise.all(Array.from({ length: 200 }, () => ask(30_000)));
    expect(new Set(rounds)).toEqual(new Set(['done']));
    expect(proxy.accepted).toBeLessThanOrEqual(32);
    proxy.mode = 'swallow';
    const lost = await Promise.all(Array.from({ length: 40 }, () => ask(300)));
    expect(new Set(lost)).toEqual(new Set(['ERR_KUBE_TIMEOUT']));
    proxy.mode = 'pass';
    expect(await ask(4000)).toBe('done');
  });

  it.each(['calls', 'lease'] as const)(
    'that swallows handshakes in lane %s keeps no later call waiting',
    async (lane) => {
      const { proxy, proxied } = await behindProxy();
      const ask = (deadline: number): Promise<string> =>
        codeOf(getObject(proxied, SERVICE_ACCOUNTS, { namespace, name: 'default', lane, deadline }));
      proxy.mode = 'swallow';
      expect(await ask(200)).toBe('ERR_KUBE_TIMEOUT');
      expect(await ask(200)).toBe('ERR_KUBE_TIMEOUT');
      proxy.mode = 'pass';
      // Below the 5 s after which a handshake is given up.
      expect(await ask(4000)).toBe('done');
    },
  );
});

async function behindProxy(): Promise<{ proxy: FaultProxy; proxied: HTTPTransport }> {
  const { kubeconfig, server } = sharedControlPlane();
  const { hostname, port } = new URL(server);
  const proxy = closing(await FaultProxy.start({ host: hostname, port: Number(port) }));
  const cluster = { ...(await fromKubeconfig({ path: kubeconfig })), server: `https://127.0.0.1:${proxy.port}` };
  return { proxy, proxied: closing(new HTTPTransport({ cluster, clock: systemClock, userAgent: 'signet/test' })) };
}
