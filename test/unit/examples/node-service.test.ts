// SPDX-License-Identifier: Apache-2.0
/** The example services as processes, with identities of two authorities of ours. No cluster is needed. @module */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { askEcho } from '../../../examples/node-service/echo.ts';
import { readIdentity, secureContext } from '../../../examples/node-service/identity.ts';
import { anchorsPEM, createAuthority, writeIdentity } from '../../../hack/demo/foreign-authority.ts';
import { writeVolume } from '../../../hack/demo/secret-volume.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../examples/node-service');
const CHECKOUT = 'spiffe://example.org/ns/shop/sa/checkout';
const FRONTEND = 'spiffe://example.org/ns/web/sa/frontend';
const REPORTS = 'spiffe://example.org/ns/reports/sa/reports';

const ours = await createAuthority('example.org');
const foreign = await createAuthority('example.org');

interface Entry {
  readonly message: string;
  readonly [field: string]: unknown;
}

/** A process and what it has logged. */
class Service {
  readonly entries: Entry[] = [];
  readonly child: ChildProcess;
  #changed = Promise.withResolvers<void>();

  constructor(script: string, args: readonly string[]) {
    const child = spawn(process.execPath, [path.join(FOLDER, script), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.entries.push(JSON.parse(line) as Entry);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
  }

  async entry(message: string, matches: (entry: Entry) => boolean = () => true): Promise<Entry> {
    for (;;) {
      const found = this.entries.find((entry) => entry.message === message && matches(entry));
      if (found !== undefined) return found;
      await this.#changed.promise;
    }
  }

  async exitCode(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }
}

let directory: string;
let services: Service[];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'signet-test-'));
  services = [];
});

afterEach(async () => {
  for (const { child } of services) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Mounts an identity as a kubelet would; again for its renewal. Trusts our anchors, whoever signed. */
async function mount(
  name: string,
  id: string,
  lists: Readonly<Record<string, string>> = {},
  signer = ours,
): Promise<string> {
  const plain = path.join(directory, `${name}-plain`);
  await writeIdentity(signer, id, anchorsPEM(ours), plain);
  const files = new Map<string, Buffer>();
  for (const file of ['tls.crt', 'tls.key', 'ca.crt']) files.set(file, await readFile(path.join(plain, file)));
  for (const [file, text] of Object.entries(lists)) files.set(file, Buffer.from(text));
  const mounted = path.join(directory, name);
  await writeVolume(mounted, files);
  return mounted;
}

function run(script: string, ...args: readonly string[]): Service {
  const service = new Service(script, args);
  services.push(service);
  return service;
}

async function serve(identity: string): Promise<{ readonly server: Service; readonly port: number }> {
  const server = run('server.ts', `--identity=${identity}`, '--port=0');
  const { address } = await server.entry('Listening');
  return { server, port: (address as { port: number }).port };
}

function call(identity: string, port: number): Service {
  return run('client.ts', `--identity=${identity}`, `--connect=127.0.0.1:${port}`);
}

/** The moment in which `service` is shown a peer's next certificate. */
function renewedAt(service: Service): Promise<Entry> {
  return service.entry('Peer shows a new certificate', ({ before }) => before !== undefined);
}

it('serves whom it allows and refuses everybody else', async () => {
  const { server, port } = await serve(await mount('checkout', CHECKOUT, { 'allowed-clients': `${FRONTEND}\n` }));
  const allowed = call(await mount('frontend', FRONTEND), port);
  const stranger = call(await mount('reports', REPORTS), port);
  const forged = call(await mount('forged', FRONTEND, {}, foreign), port);
  expect(await allowed.exitCode()).toBe(0);
  expect(await allowed.entry('Exchanged')).toMatchObject({
    peer: CHECKOUT,
    protocol: 'TLSv1.3',
    bytesSent: 64,
    bytesReceived: 64,
  });
  expect([await stranger.exitCode(), await forged.exitCode()]).toEqual([1, 1]);
  expect(await server.entry('Refused peer')).toMatchObject({ problem: `${REPORTS} is not allowed` });
  expect(await server.entry('Refused handshake')).toMatchObject({
    problem: expect.stringContaining('UNABLE_TO_GET_ISSUER_CERT'),
  });
});

it('calls only servers that are allowed and of the right authority', async () => {
  const frontend = await mount('frontend', FRONTEND, { 'allowed-servers': `${CHECKOUT}\n` });
  const right = await serve(await mount('checkout', CHECKOUT));
  const other = await serve(await mount('reports', REPORTS));
  const forged = await serve(await mount('forged', CHECKOUT, {}, foreign));
  const calls = [right, other, forged].map(({ port }) => call(frontend, port));
  expect(await Promise.all(calls.map((each) => each.exitCode()))).toEqual([0, 1, 1]);
  expect(await calls[1]?.entry('Request failed')).toMatchObject({ problem: `${REPORTS} is not allowed` });
  expect(await calls[2]?.entry('Request failed')).toMatchObject({
    problem: expect.stringContaining('UNABLE_TO_GET_ISSUER_CERT'),
  });
});

it('takes up renewed certificates and changed lists, and no request fails', async () => {
  const { server, port } = await serve(await mount('checkout', CHECKOUT, { 'allowed-clients': `${FRONTEND}\n` }));
  const identity = await mount('frontend', FRONTEND);
  const frontend = run('client.ts', `--identity=${identity}`, `--connect=127.0.0.1:${port}`, '--every=5');
  await frontend.entry('Exchanged');
  await mount('frontend', FRONTEND);
  await renewedAt(server);
  await mount('checkout', CHECKOUT, { 'allowed-clients': `${FRONTEND}\n` });
  await renewedAt(frontend);
  expect(frontend.entries.filter(({ message }) => message === 'Request failed')).toEqual([]);
  expect(server.entries.filter(({ message }) => message.startsWith('Refused'))).toEqual([]);
  await mount('checkout', CHECKOUT, { 'allowed-clients': '' });
  await frontend.entry('Request failed');
});

it('never resumes a session', async () => {
  const { port } = await serve(await mount('checkout', CHECKOUT));
  const identity = await readIdentity(await mount('frontend', FRONTEND));
  const reused: boolean[] = [];
  let session: Buffer | undefined;
  for (let i = 0; i < 3; i += 1) {
    const resume = session === undefined ? {} : { session };
    const socket = connect({
      host: '127.0.0.1',
      port,
      ...secureContext(identity),
      checkServerIdentity: () => undefined,
      ...resume,
    });
    socket.on('session', (next) => {
      session = next;
    });
    await once(socket, 'secureConnect');
    reused.push(socket.isSessionReused());
    await askEcho(socket);
    socket.destroy();
  }
  expect(reused).toEqual([false, false, false]);
});

it("refuses a key that is not the certificate's", async () => {
  const first = path.join(directory, 'first');
  const second = path.join(directory, 'second');
  await writeIdentity(ours, CHECKOUT, anchorsPEM(ours), first);
  await writeIdentity(ours, CHECKOUT, anchorsPEM(ours), second);
  const files = new Map<string, Buffer>();
  for (const file of ['tls.crt', 'ca.crt']) files.set(file, await readFile(path.join(first, file)));
  files.set('tls.key', await readFile(path.join(second, 'tls.key')));
  await writeVolume(path.join(directory, 'mixed'), files);
  await expect(readIdentity(path.join(directory, 'mixed'))).rejects.toThrow('not the key');
});
