// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { createDialer } from '../../../src/kube/dialer.ts';
import { createServingFiles, type ServingFiles } from '../../../src/pki/serving-certificate.ts';
import { HOUR } from '../../../src/time.ts';

let files: ServingFiles;
let other: ServingFiles;
let server: Server;
let port = 0;

beforeAll(async () => {
  const now = Date.now();
  const wanted = { dnsNames: ['localhost'], notBefore: now - HOUR, notAfter: now + HOUR };
  [files, other] = await Promise.all([createServingFiles(wanted), createServingFiles(wanted)]);
});

afterEach(async () => {
  server.close();
  await once(server, 'close');
});

async function listen({ certificate, key }: ServingFiles): Promise<void> {
  server = createServer({ cert: certificate, key, minVersion: 'TLSv1.3' }, (socket) => {
    socket.on('error', () => undefined);
    socket.end('hello');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
}

/** Whether a connection resumed; what went wrong otherwise. */
function resumes(dial: ReturnType<typeof createDialer>): Promise<boolean | string | undefined> {
  return new Promise((resolve) => {
    const target = { hostname: '127.0.0.1', host: `localhost:${port}`, protocol: 'https:', port: String(port) };
    dial({ ...target, servername: 'localhost' }, (error, socket) => {
      if (error !== null) {
        resolve('code' in error ? String(error.code) : error.message);
        return;
      }
      const resumed = (socket as TLSSocket).isSessionReused();
      socket.on('close', () => resolve(resumed)).resume();
    });
  });
}

it('resumes what an earlier handshake agreed on, and begins anew with a server that does not know it', async () => {
  await listen(files);
  const dial = createDialer({ ca: files.authority.toString(), serverName: 'localhost' });
  expect(await resumes(dial)).toBe(false);
  expect(await Promise.all([resumes(dial), resumes(dial)])).toEqual([true, true]);
  server.close();
  await once(server, 'close');
  await listen(files);
  expect(await resumes(dial)).toBe(false);
  expect(await resumes(dial)).toBe(true);
});

it('believes only servers under the CA it was given, also where it has a session', async () => {
  await listen(files);
  const dial = createDialer({ ca: files.authority.toString(), serverName: 'localhost' });
  expect(await resumes(dial)).toBe(false);
  expect(await resumes(createDialer({ ca: other.authority.toString(), serverName: 'localhost' }))).toMatch(
    /^UNABLE_TO/u,
  );
  server.close();
  await once(server, 'close');
  await listen(other);
  expect(await resumes(dial)).toMatch(/^UNABLE_TO/u);
});
