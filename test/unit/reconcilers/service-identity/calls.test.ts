// SPDX-License-Identifier: Apache-2.0

import { afterEach, describe, expect, it } from 'vitest';
import { writeStatus } from '../../../../src/kube/status.ts';
import { withSignal } from '../../../../src/kube/transport.ts';
import { ownSecrets } from '../../../../src/reconcilers/own-secrets.ts';
import { identityCalls } from '../../../../src/reconcilers/service-identity/calls.ts';
import type { IdentityCalls } from '../../../../src/reconcilers/service-identity/cluster.ts';
import { aServiceIdentity, aTrustDomain } from '../../../support/builders.ts';
import { answer, type Script, status } from '../../kube/scripted-server.ts';
import { bench, closeAll, codeOf } from '../../kube/transport-bench.ts';

afterEach(closeAll);

const secret = {
  namespace: 'shop',
  name: 'checkout-svid',
  uid: 'u',
  resourceVersion: '7',
  labels: {},
  annotations: {},
  ownerReferences: [],
  deleting: false,
};
const missing: Script = (_request, response) => answer(response, 404, status(404, 'NotFound'));
const body = (): Buffer => Buffer.from('{}');

const calls: readonly (readonly [string, (calls: IdentityCalls) => Promise<unknown>])[] = [
  ['headSecret', (api) => api.headSecret('shop', 'checkout-svid')],
  ['getSecret', (api) => api.getSecret('shop', 'checkout-svid')],
  ['getPasswordSecret', (api) => api.getPasswordSecret('shop', 'keystore-password')],
  ['createSecret', (api) => api.createSecret('shop', body())],
  ['replaceSecret', (api) => api.replaceSecret('shop', 'checkout-svid', body())],
  ['patchSecret', (api) => api.patchSecret(secret, { labels: {}, annotations: {}, files: {}, heals: false })],
  ['deleteSecret', (api) => api.deleteSecret(secret)],
  ['writeStatus', (api) => api.writeStatus(aServiceIdentity(), {})],
];

describe('a call of a run that ends', () => {
  it.each(calls)('does not outlive it: %s', async (_, call) => {
    const { server, transport } = await bench(() => undefined);
    const run = new AbortController();
    const code = codeOf(call(identityCalls(withSignal(transport, run.signal))));
    await expect.poll(() => server.requests.length).toBe(1);
    run.abort();
    expect(await code).toBe('ERR_KUBE_UNAVAILABLE');
    expect(server.requests).toHaveLength(1);
  });

  it.each(['head', 'get', 'create', 'replace', 'status'] as const)(
    'of an authority does not outlive it either: %s',
    async (which) => {
      const { server, transport } = await bench(() => undefined);
      const run = new AbortController();
      const bound = withSignal(transport, run.signal);
      const secrets = ownSecrets(bound, 'signet-system');
      const key = Buffer.from('secret');
      const stored = { name: 'root', type: 'Opaque', labels: {}, data: new Map([['key', key]]) };
      const made = {
        head: () => secrets.head('root'),
        get: () => secrets.get('root'),
        create: () => secrets.create(stored),
        replace: () => secrets.replace(stored, { uid: 'u', resourceVersion: '7' }),
        status: () => writeStatus(bound, 'TrustDomain', aTrustDomain(), {}),
      }[which]();
      const code = codeOf(made);
      await expect.poll(() => server.requests.length).toBe(1);
      run.abort();
      expect(await code).toBe('ERR_KUBE_UNAVAILABLE');
    },
  );
});

describe('a Secret that is read whole', () => {
  const stored = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'checkout-svid', namespace: 'shop', uid: 'u', resourceVersion: '7', labels: { a: 'b' } },
    type: 'kubernetes.io/tls',
    data: { 'tls.key': Buffer.from('a key').toString('base64') },
  };
  const serving: Script = (_request, response) => answer(response, 200, stored);

  it('comes with its metadata and its files as octets', async () => {
    const { transport } = await bench(serving);
    const read = await identityCalls(transport).getSecret('shop', 'checkout-svid');
    expect(read?.meta).toMatchObject({ ...stored.metadata, deleting: false });
    expect(read?.secret).toMatchObject({
      type: 'kubernetes.io/tls',
      data: new Map([['tls.key', Buffer.from('a key')]]),
    });
    const version = { uid: 'u', resourceVersion: '7' };
    const files = new Map([['tls.key', Buffer.from('a key')]]);
    expect(await ownSecrets(transport, 'shop').get('checkout-svid')).toEqual({ ...version, data: files });
  });

  it('is a password without the copy of it in the annotations', async () => {
    const applied = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{}}', mine: 'yes' };
    const { metadata } = stored;
    const { transport } = await bench((_request, response) =>
      answer(response, 200, { ...stored, metadata: { ...metadata, annotations: applied } }),
    );
    const read = await identityCalls(transport).getPasswordSecret('shop', 'checkout-svid');
    expect(read?.meta).toMatchObject({ ...metadata, annotations: { mine: 'yes' } });
    expect(read?.meta.annotations).not.toHaveProperty(['kubectl.kubernetes.io/last-applied-configuration']);
    expect(read?.secret.data).toEqual(new Map([['tls.key', Buffer.from('a key')]]));
  });

  it('may not be there', async () => {
    const { transport } = await bench(missing);
    expect(await identityCalls(transport).getPasswordSecret('shop', 'keystore-password')).toBeUndefined();
    expect(await identityCalls(transport).getSecret('shop', 'checkout-svid')).toBeUndefined();
    expect(await ownSecrets(transport, 'shop').get('checkout-svid')).toBeUndefined();
  });
});
