// SPDX-License-Identifier: Apache-2.0
/**
 * The calls of reloads as the API server gets them.
 * @module
 */
import { afterEach, expect, it } from 'vitest';
import { reloadCalls } from '../../../../src/reconcilers/reload/calls.ts';
import { answer } from '../../kube/scripted-server.ts';
import { bench, closeAll } from '../../kube/transport-bench.ts';

afterEach(closeAll);

const live = {
  uid: 'u',
  resourceVersion: '5',
  generation: 1,
  mounts: true,
  restartedFor: undefined,
  ready: true,
  stuck: false,
};
const workload = { kind: 'Deployment' as const, name: 'web', live };

it('lists pods in small pages', async () => {
  const { server, transport } = await bench((_request, response) =>
    answer(response, 200, { kind: 'PodList', metadata: { resourceVersion: '1' }, items: [] }),
  );
  await reloadCalls(transport).staleMounters('shop', { name: 'checkout-svid', version: '7' });
  expect(server.requests.map(({ url }) => url.searchParams.get('limit'))).toEqual(['50']);
});

it('rehearses a restart by the same patch, of which nothing is stored', async () => {
  const { server, transport } = await bench((_request, response) =>
    answer(response, 200, { metadata: { name: 'web', uid: 'u', resourceVersion: '5' } }),
  );
  const calls = reloadCalls(transport);
  await calls.rehearseRestart('shop', workload, 'f2');
  await calls.restart('shop', workload, 'f2');
  const [rehearsal, real] = server.requests;
  expect(rehearsal?.url.searchParams.get('dryRun')).toBe('All');
  expect(real?.url.searchParams.has('dryRun')).toBe(false);
  expect(rehearsal?.url.pathname).toBe(real?.url.pathname);
  expect(rehearsal?.body).toEqual(real?.body);
});
