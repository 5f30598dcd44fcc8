// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import { getObject } from '../../../src/kube/resource-calls.ts';
import { CONFIG_MAPS } from '../../../src/kube/resources.ts';
import type { FinishedCall, KubeRequest, ServerDate } from '../../../src/kube/transport.ts';
import { answer, status } from './scripted-server.ts';
import { bench, closeAll, codeOf, failure, read, transportTo, write } from './transport-bench.ts';

afterEach(closeAll);

describe('requests', () => {
  it('say who writes, and what they send and accept', async () => {
    const { server, transport } = await bench((_request, response) => answer(response, 200, { ok: true }));
    await expect(transport.request(read)).resolves.toEqual({ ok: true });
    await transport.request({ ...write, query: { dryRun: 'All' }, accept: 'application/x' });
    await transport.request({ ...write, verb: 'update', body: Buffer.from('{"raw":"Ü"}') });
    await transport.request({ ...write, verb: 'patch', contentType: 'application/merge-patch+json' });
    await transport.request({ ...write, verb: 'delete' });
    const [get, post, put, patch, del] = server.requests;
    expect(get?.headers).toMatchObject({ 'user-agent': 'signet/test', accept: 'application/json' });
    expect(get?.url.search).toBe('');
    expect(post?.method).toBe('POST');
    expect(post?.url.search).toBe('?dryRun=All&fieldManager=signet');
    expect(post?.headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/x' });
    expect(post?.body).toBe('{"a":1}');
    expect(put?.method).toBe('PUT');
    expect(put?.body).toBe('{"raw":"Ü"}');
    expect(patch?.method).toBe('PATCH');
    expect(patch?.headers['content-type']).toBe('application/merge-patch+json');
    expect(del?.method).toBe('DELETE');
    expect(del?.url.search).toBe('');
  });

  it('encode names and selectors, and go below the path of the server', async () => {
    const { server } = await bench((_request, response) => answer(response, 200, {}));
    const cluster = { ...server.cluster(), server: `${server.url}/k8s/clusters/c-1/` };
    const transport = transportTo({ cluster });
    await getObject(transport, CONFIG_MAPS, {
      namespace: 'a b',
      name: '../c?d',
      query: { labelSelector: 'x=y,z in (ä)' },
    });
    expect(server.requests[0]?.url.pathname).toBe('/k8s/clusters/c-1/api/v1/namespaces/a%20b/configmaps/..%2Fc%3Fd');
    expect(server.requests[0]?.url.searchParams.get('labelSelector')).toBe('x=y,z in (ä)');
  });

  it('refuse a patch of no kind', async () => {
    const { server, transport } = await bench((_request, response) => answer(response, 200, {}));
    expect(await codeOf(transport.request({ ...write, verb: 'patch' }))).toBe('ERR_INVARIANT');
    expect(server.requests).toHaveLength(0);
  });

  it('report every attempt, and the clock of the server', async () => {
    const readings: ServerDate[] = [];
    const calls: FinishedCall[] = [];
    const before = Date.now();
    const { transport } = await bench(
      (_request, response, index) =>
        index === 0
          ? answer(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '0' })
          : answer(response, 200, {}, { date: 'Thu, 01 Jan 2026 00:00:07 GMT' }),
      { observer: { onCall: (call) => calls.push(call), onServerDate: (reading) => readings.push(reading) } },
    );
    await transport.request(read);
    expect(calls.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`)).toEqual([
      'get configmaps 429',
      'get configmaps 200',
    ]);
    expect(calls.every(({ duration }) => duration >= 0)).toBe(true);
    expect(readings).toHaveLength(2);
    const reading = readings[1];
    expect(reading?.date).toBe(Date.UTC(2026, 0, 1, 0, 0, 7));
    expect(reading?.sentAt).toBeGreaterThanOrEqual(before);
    expect(reading?.receivedAt).toBeGreaterThanOrEqual(reading?.sentAt ?? Number.POSITIVE_INFINITY);
  });
});

it('tells what the API server warns of beside a success: a field that it dropped', async () => {
  const warnings: string[] = [];
  const warning = ['299 - "unknown field \\"status.notAfter\\""', '299 - "one", 299 kube "two"'];
  const { transport } = await bench((_request, response) => answer(response, 200, {}, { warning }), {
    observer: { onWarning: ({ verb, resource }, text) => warnings.push(`${verb} ${resource}: ${text}`) },
  });
  await transport.request(read);
  expect(warnings).toEqual([
    'get configmaps: unknown field "status.notAfter"',
    'get configmaps: one',
    'get configmaps: two',
  ]);
});

describe('connections', () => {
  it('are kept and bounded', async () => {
    const { server, transport } = await bench((_request, response) => answer(response, 200, {}), { connections: 4 });
    for (let i = 0; i < 50; i += 1) await transport.request(read);
    expect(new Set(server.requests.map((request) => request.socket)).size).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 200 }, () => transport.request(read)));
    expect(new Set(server.requests.map((request) => request.socket)).size).toBeLessThanOrEqual(4);
  });

  it('of Leases wait for nobody', async () => {
    const { transport } = await bench(
      (request, response) => {
        if (request.url.pathname.includes('leases')) answer(response, 200, { lease: true });
      },
      { connections: 2 },
    );
    const stuck = Array.from({ length: 10 }, () => failure(transport.request(read)));
    const lease: KubeRequest = { verb: 'get', resource: 'leases', path: '/leases/x', lane: 'lease' };
    await expect(transport.request(lease)).resolves.toEqual({ lease: true });
    await transport.close();
    await Promise.all(stuck);
  });

  it('of watches take none from calls', async () => {
    const { server, transport } = await bench(
      (request, response) => {
        if (request.url.searchParams.has('watch')) response.write('{}\n');
        else answer(response, 200, {});
      },
      { connections: 1 },
    );
    const heard = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    const ended = heard.map(({ resolve }) =>
      failure(transport.stream({ ...read, verb: 'watch', query: { watch: 'true' } }, { chunk: () => resolve() })),
    );
    await Promise.all(heard.map(({ promise }) => promise));
    await expect(transport.request(read)).resolves.toEqual({});
    expect(server.connections()).toBe(6);
    await transport.close();
    await Promise.all(ended);
  });

  it('end with close(), and calls with them', async () => {
    const { server, transport } = await bench(() => undefined);
    const inFlight = codeOf(transport.request(write));
    await expect.poll(() => server.requests.length).toBe(1);
    await transport.close();
    expect(await inFlight).toBe('ERR_KUBE_UNAVAILABLE');
    expect(await codeOf(transport.request(read))).toBe('ERR_KUBE_UNAVAILABLE');
    expect(server.requests).toHaveLength(1);
  });
});
