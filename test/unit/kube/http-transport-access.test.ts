// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import type { Access } from '../../../src/kube/cluster.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { answer, type ScriptedServer, scriptedServer } from './scripted-server.ts';
import { closeAll, opened, read, transportTo } from './transport-bench.ts';

afterEach(closeAll);

/** A server that keeps watches open, says `more` in them at every call, and names the connection of each call. */
async function listener(): Promise<ScriptedServer> {
  const watches: { write(text: string): unknown }[] = [];
  return opened(
    await scriptedServer((request, response) => {
      if (!request.url.searchParams.has('watch')) {
        for (const watch of watches) watch.write('more');
        answer(response, 200, { port: request.socket.remotePort });
        return;
      }
      response.write('first');
      watches.push(response);
    }),
  );
}

it('a new CA or certificate means new connections; the old ones finish what they do', async () => {
  const server = await listener();
  const clock = new ManualClock();
  let access: Access = { tls: { ca: 'one' }, authorization: 'Bearer a' };
  const cluster = { ...server.cluster(), access: () => Promise.resolve(access) };
  const transport = transportTo({ cluster, clock });
  let heard = '';
  const stop = new AbortController();
  const watch = transport
    .stream(
      { ...read, verb: 'watch', query: { watch: 'true' }, signal: stop.signal },
      { chunk: (bytes) => (heard += bytes.toString()) },
    )
    .catch(() => 'ended');
  await expect.poll(() => heard).toBe('first');
  const first = await transport.request(read);
  expect(server.connections()).toBe(2);

  // The same settings read again keep the connections, another token too.
  access = { tls: { ca: 'one' }, authorization: 'Bearer b' };
  await clock.advance(60_000);
  await expect(transport.request(read)).resolves.toEqual(first);
  expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer b');

  access = { tls: { ca: 'two' }, authorization: 'Bearer b' };
  await clock.advance(60_000);
  await expect(transport.request(read)).resolves.not.toEqual(first);
  // The idle connection under the old CA has gone, the watch under it goes on.
  await expect.poll(() => server.connections()).toBe(2);
  await expect.poll(() => heard).toBe('firstmoremoremore');
  stop.abort();
  await expect(watch).resolves.toBe('ended');
  await expect.poll(() => server.connections()).toBe(1);
});

it('close() ends connections under old settings as well', async () => {
  const server = await listener();
  const clock = new ManualClock();
  let ca = 'one';
  const cluster = { ...server.cluster(), access: () => Promise.resolve({ tls: { ca } }) };
  const transport = transportTo({ cluster, clock });
  let heard = '';
  const watch = transport
    .stream({ ...read, verb: 'watch', query: { watch: 'true' } }, { chunk: (bytes) => (heard += bytes.toString()) })
    .catch(() => 'ended');
  await expect.poll(() => heard).toBe('first');
  ca = 'two';
  await clock.advance(60_000);
  await transport.request(read);
  await transport.close();
  await expect(watch).resolves.toBe('ended');
  await expect.poll(() => server.connections()).toBe(0);
});

/** The URL of a module of ours, as a string literal. */
function source(name: string): string {
  return JSON.stringify(new URL(`../../../src/kube/${name}.ts`, import.meta.url).href);
}

it('a pod never loads the kubeconfig library', async () => {
  // 54 MB, for a file that a pod does not have.
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) {
      if (name.startsWith('@kubernetes/')) console.log('loaded ' + name);
      return next(name, context);
    } });
    for (const url of [${source('kubeconfig')}, ${source('in-cluster')}, ${source('http-transport')}, ${source('reflector')}]) await import(url);
    console.log('done');
    const { fromKubeconfig } = await import(${source('kubeconfig')});
    await fromKubeconfig({ path: '/nonexistent' }).catch(() => undefined);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(stdout.split('\n').filter(Boolean)).toEqual(['done', 'loaded @kubernetes/client-node']);
});
