// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { HealthChecks } from '../../../src/observability/health.ts';
import { ObservabilityServer, type ObservabilityServerOptions } from '../../../src/observability/server.ts';

const running: ObservabilityServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function serve(
  more: Partial<ObservabilityServerOptions> = {},
): Promise<{ url: string; port: number; problems: unknown[] }> {
  const problems: unknown[] = [];
  const server = new ObservabilityServer({
    host: '127.0.0.1',
    port: 0,
    live: {},
    ready: {},
    metrics: { contentType: 'text/plain; version=0.0.4', scrape: () => Promise.resolve('signet_build_info 1\n') },
    onProblem: (problem) => problems.push(problem),
    ...more,
  });
  running.push(server);
  const { port } = await server.start();
  return { url: `http://127.0.0.1:${port}`, port, problems };
}

const READY: HealthChecks = { caches: () => undefined, authority: () => 'no intermediate yet' };

it('says ok, or which check failed and why', async () => {
  const { url } = await serve({ ready: READY });
  const live = await fetch(`${url}/livez`);
  expect([live.status, await live.text()]).toEqual([200, 'ok\n']);
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([
    503,
    '[+]caches ok\n[-]authority failed: no intermediate yet\nreadyz check failed\n',
  ]);
});

it('lists the checks on request', async () => {
  const { url } = await serve({ live: { controllers: () => undefined } });
  const live = await fetch(`${url}/livez?verbose`);
  expect(await live.text()).toBe('[+]controllers ok\nlivez check passed\n');
});

it('takes a check that throws as failed', async () => {
  const { url } = await serve({ ready: { broken } });
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([
    503,
    '[-]broken failed: the check itself failed\nreadyz check failed\n',
  ]);
});

it('serves metrics, and no more than their heads for HEAD', async () => {
  const { url } = await serve();
  const metrics = await fetch(`${url}/metrics`);
  expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4');
  expect(await metrics.text()).toBe('signet_build_info 1\n');
  const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

it('answers 500 without details when a scrape fails, and goes on', async () => {
  const error = new Error('my-secret');
  const { url, problems } = await serve({ metrics: { contentType: 'x', scrape: () => Promise.reject(error) } });
  const metrics = await fetch(`${url}/metrics`);
  expect(metrics.status).toBe(500);
  expect(await metrics.text()).not.toContain('my-secret');
  expect(problems).toEqual([error]);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
});

it.each([
  { method: 'POST', path: '/metrics', status: 405 },
  { method: 'DELETE', path: '/livez', status: 405 },
  { method: 'GET', path: '/', status: 404 },
  { method: 'GET', path: '/metrics/', status: 404 },
  { method: 'GET', path: '/../metrics/../etc', status: 404 },
  { method: 'GET', path: '/debug/pprof', status: 404 },
])('refuses $method $path', async ({ method, path, status }) => {
  const { url } = await serve();
  expect((await fetch(url + path, { method })).status).toBe(status);
});

it('refuses a head that is too large', async () => {
  const { url } = await serve();
  expect((await fetch(`${url}/livez`, { headers: { x: 'y'.repeat(20_000) } })).status).toBe(431);
});

it('answers the probes of the kubelet also where somebody else takes all connections there are', async () => {
  const { url, port } = await serve();
  const crowd = Array.from({ length: 100 }, () =>
    connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' }).on('error', () => undefined),
  );
  await Promise.all(crowd.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  for (const path of ['/livez', '/readyz', '/metrics']) expect((await fetch(url + path)).status).toBe(200);
  for (const socket of crowd) socket.destroy();
});

it('says what to do when its port is taken', async () => {
  const { port } = await serve();
  await expect(serve({ port })).rejects.toMatchObject({
    code: 'ERR_CONFIG',
    message: `cannot listen on 127.0.0.1:${port}; choose another --metrics-address`,
  });
});

it('stops at once, also with connections that say nothing', async () => {
  const { port } = await serve();
  const socket = connect(port, '127.0.0.1');
  const closed = new Promise((resolve) => {
    socket.once('close', resolve);
  });
  await new Promise((resolve) => {
    socket.once('connect', resolve);
  });
  await running[0]?.stop();
  await closed;
  await running[0]?.stop();
});

function broken(): never {
  throw new Error('my-secret');
}
