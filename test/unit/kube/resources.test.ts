// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { SignetError } from '../../../src/errors.ts';
import {
  ACCEPT_METADATA,
  ACCEPT_METADATA_LIST,
  createObject,
  deleteObject,
  getObject,
  MERGE_PATCH,
  patchObject,
  updateObject,
} from '../../../src/kube/resource-calls.ts';
import { listObjects } from '../../../src/kube/resource-lists.ts';
import {
  collectionPath,
  LEASES,
  NAMESPACES,
  objectPath,
  SECRETS,
  SERVICE_IDENTITIES,
} from '../../../src/kube/resources.ts';
import type { KubeRequest, Transport } from '../../../src/kube/transport.ts';

/** Answers from a list, throwing what is an error, and keeps what was asked. */
function recorder(...answers: unknown[]): Transport & { readonly requests: KubeRequest[] } {
  const requests: KubeRequest[] = [];
  return {
    requests,
    request: <T>(request: KubeRequest): Promise<T> => {
      requests.push(request);
      const answer = answers.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as T);
    },
    requestBytes: (request) => {
      requests.push(request);
      return Promise.resolve(Buffer.from('bytes'));
    },
    stream: () => Promise.reject(new Error('no streams here')),
    close: () => Promise.resolve(),
  };
}

it('builds paths', () => {
  expect(collectionPath(SECRETS)).toBe('/api/v1/secrets');
  expect(collectionPath(SECRETS, 'a')).toBe('/api/v1/namespaces/a/secrets');
  expect(collectionPath(SERVICE_IDENTITIES, 'a')).toBe('/apis/signet.dev/v1alpha1/namespaces/a/serviceidentities');
  expect(objectPath(NAMESPACES, { name: 'a' })).toBe('/api/v1/namespaces/a');
  expect(objectPath(LEASES, { namespace: 'a', name: 'b' })).toBe('/apis/coordination.k8s.io/v1/namespaces/a/leases/b');
  expect(objectPath(SERVICE_IDENTITIES, { namespace: 'a', name: 'b/../c', subresource: 'status' })).toBe(
    '/apis/signet.dev/v1alpha1/namespaces/a/serviceidentities/b%2F..%2Fc/status',
  );
});

it('makes each call the way the API server wants it', async () => {
  const transport = recorder();
  const at = { namespace: 'a', name: 'b' };
  await getObject(transport, SECRETS, at);
  await createObject(transport, SECRETS, { namespace: 'a', body: { x: 1 }, metadataOnly: true });
  await updateObject(transport, SECRETS, { ...at, body: { x: 2 }, metadataOnly: true });
  await patchObject(transport, SECRETS, { ...at, body: { x: 3 }, subresource: 'status', deadline: 5, lane: 'lease' });
  const path = '/api/v1/namespaces/a/secrets/b';
  expect(transport.requests).toEqual([
    { verb: 'get', resource: 'secrets', path },
    {
      verb: 'create',
      resource: 'secrets',
      path: '/api/v1/namespaces/a/secrets',
      body: { x: 1 },
      accept: ACCEPT_METADATA,
    },
    { verb: 'update', resource: 'secrets', path, body: { x: 2 }, accept: ACCEPT_METADATA },
    {
      verb: 'patch',
      resource: 'secrets',
      path: `${path}/status`,
      body: { x: 3 },
      contentType: MERGE_PATCH,
      deadline: 5,
      lane: 'lease',
    },
  ]);
});

it('deletes only what it was told is there, and takes no data back', async () => {
  const transport = recorder();
  const preconditions = { uid: 'u', resourceVersion: '7' };
  await deleteObject(transport, SECRETS, { namespace: 'a', name: 'b', preconditions });
  expect(transport.requests[0]).toMatchObject({
    verb: 'delete',
    path: '/api/v1/namespaces/a/secrets/b',
    accept: ACCEPT_METADATA,
    body: { kind: 'DeleteOptions', preconditions, propagationPolicy: 'Background' },
  });
});

it('follows a list through its pages', async () => {
  const transport = recorder(
    { items: [1, 2], metadata: { resourceVersion: '5', continue: 'c1' } },
    { items: [3], metadata: { resourceVersion: '5', continue: '' } },
  );
  const items = await listObjects(transport, SECRETS, { labelSelector: 'x', limit: 2, metadataOnly: true });
  expect(items).toEqual([1, 2, 3]);
  expect(transport.requests.map(({ query }) => query)).toEqual([
    { labelSelector: 'x', limit: '2' },
    { labelSelector: 'x', limit: '2', continue: 'c1' },
  ]);
  expect(transport.requests[0]?.accept).toBe(ACCEPT_METADATA_LIST);
});

it('asks for all at once when the pages expired', async () => {
  const transport = recorder(
    { items: [1], metadata: { resourceVersion: '5', continue: 'c1' } },
    new SignetError('ERR_KUBE_GONE', 'expired'),
    { items: [1, 2], metadata: { resourceVersion: '9' } },
  );
  await expect(listObjects(transport, SECRETS)).resolves.toEqual([1, 2]);
  expect(transport.requests.map(({ query }) => query)).toEqual([
    { limit: '500' },
    { limit: '500', continue: 'c1' },
    {},
  ]);
});

it('takes an empty list for what it is, and no list for an error', async () => {
  await expect(listObjects(recorder({ items: null, metadata: { resourceVersion: '5' } }), SECRETS)).resolves.toEqual(
    [],
  );
  const numbered = { items: [], metadata: { resourceVersion: 5 } };
  const single = { items: { name: 'x' }, metadata: { resourceVersion: '5' } };
  for (const answer of [undefined, null, 'x', {}, { items: [] }, { items: [], metadata: {} }, numbered, single]) {
    await expect(listObjects(recorder(answer), SECRETS)).rejects.toMatchObject({ code: 'ERR_KUBE_PROTOCOL' });
  }
});
