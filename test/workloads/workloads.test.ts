// SPDX-License-Identifier: Apache-2.0
/**
 * Every example as a real server with SVIDs of the real controller: whom it serves and whom it refuses, and no failed
 * new connection through renewals of every certificate and the replacement of the root.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { present, storyWorld } from '../integration/stories/world.ts';
import { certificateBlocks } from '../support/handshakes/chain-state.ts';
import { type Ask, askHTTP, askNode, askPostgreSQL, askRedis, type Target } from './support/ask.ts';
import { postgresqlClient, redisClient } from './support/clients.ts';
import { forgedMount, mistrustingMount } from './support/forge.ts';
import { Load, readIdentityAgain } from './support/load.ts';
import {
  createScene,
  FRONTEND,
  FRONTEND_DB,
  NEAR_MISSES,
  NEAR_SERVER,
  REPORTS,
  rotateRoot,
  type Scene,
  SERVERS,
} from './support/scene.ts';
import { logEntries } from './support/servers.ts';

/** Documented: a script looks every 2 s, and a reload takes its time; the services look every second. */
const SERVED_WITHIN_MS = 5_000;
const RENEWALS = 3;
const EVERY_MS = { allowed: 150, refused: 2_000, client: 250 };

interface Example {
  readonly server: (typeof SERVERS)[number];
  readonly ask: Ask;
  readonly client: string;
  /** How it refuses a stranger of the trust domain; absent: it does not look at who the client is. */
  readonly refusal?: RegExp;
  /** Whether it resumes sessions, for the time that its page says. */
  readonly resumes?: boolean;
}

const EXAMPLES: readonly Example[] = [
  { server: 'shop/nginx', ask: askHTTP, client: FRONTEND, refusal: /HTTP status 403/u },
  { server: 'shop/haproxy', ask: askHTTP, client: FRONTEND, refusal: /HTTP status 403/u },
  { server: 'shop/postgresql', ask: askPostgreSQL, client: FRONTEND_DB, refusal: /certificate authentication failed/u },
  { server: 'shop/redis', ask: askRedis, client: FRONTEND, resumes: true },
  { server: 'shop/checkout', ask: askNode, client: FRONTEND, refusal: /closed the connection|ECONNRESET/u },
  { server: 'shop/go-service', ask: askHTTP, client: FRONTEND, refusal: /alert bad certificate/u },
  { server: 'shop/java-service', ask: askHTTP, client: FRONTEND, refusal: /hang up|alert/u, resumes: true },
];
/** For the client in Java, which calls by DNS name. */
const HOSTS = ['java-service.shop', 'go-service.shop', 'go-service.shop-evil']
  .map((it) => `127.0.0.1 ${it}.svc\n`)
  .join('');
/** They pass requests on to go-service. */
const PROXIES = EXAMPLES.filter(({ server }) => server === 'shop/nginx' || server === 'shop/haproxy');

const world = storyWorld({ running: false });
const ports = new Map<string, number>();
let created: Scene | undefined;

beforeAll(async () => {
  created = await createScene(world);
  const { servers, mounts, begin } = created;
  await begin();
  const mount = (server: string) => mounts.directory(server);
  const { port } = await servers.go(mount('shop/go-service'));
  ports.set('shop/go-service', port);
  ports.set('shop/nginx', (await servers.nginx(mount('shop/nginx'), port)).port);
  ports.set('shop/haproxy', (await servers.haproxy(mount('shop/haproxy'), port)).port);
  ports.set('shop/postgresql', (await servers.postgresql(mount('shop/postgresql'))).port);
  ports.set('shop/redis', (await servers.redis(mount('shop/redis'))).port);
  ports.set('shop/checkout', (await servers.node(mount('shop/checkout'))).port);
  ports.set('shop/java-service', (await servers.java(mount('shop/java-service'))).port);
  await writeFile(hostsFile(), HOSTS);
});

afterAll(() => created?.end());

describe.each(EXAMPLES)('$server', ({ server, ask, client, refusal }) => {
  it('answers an allowed client, which sees the server of that name', async () => {
    const { serialNumber } = await ask(target(server), await identity(client));
    expect(
      scene()
        .mounts.history(server)
        .map((mounted) => mounted.serialNumber),
    ).toContain(serialNumber);
  });

  it('refuses a client without a certificate', async () => {
    const { anchors } = await identity(client);
    await expect(ask(target(server), { anchors })).rejects.toThrow();
  });

  it('refuses a client with the same SPIFFE ID from another authority', async () => {
    const forged = await readIdentityAgain(await forgedMount(scene(), client));
    await expect(ask(target(server), forged)).rejects.toThrow();
  });

  it.each([REPORTS, ...NEAR_MISSES])(refusal === undefined ? 'cannot refuse %s' : 'refuses %s', async (stranger) => {
    const asking = ask(target(server), await identity(stranger));
    if (refusal === undefined) expect(await asking).toHaveProperty('serialNumber');
    else await expect(asking).rejects.toThrow(refusal);
  });
});

it.each(PROXIES)('$server shows its own identity to the service behind it', async ({ server, ask, client }) => {
  const { seen } = await ask(target(server), await identity(client));
  expect(seen).toBe(`spiffe://example.org/ns/${server.replace('/', '/sa/')}`);
});

it.each(EXAMPLES)('$server resumes a session only if its page says so', async ({ server, ask, client, resumes }) => {
  const own = await identity(client);
  const sessions: Buffer[] = [];
  const onSession = (session: Buffer) => void sessions.push(session);
  await ask(target(server), { ...own, onSession });
  const { resumed } = await ask(target(server), { ...own, onSession, session: sessions.at(-1) });
  expect(resumed).toBe(resumes ?? false);
});

describe('as a client', () => {
  it.each(['nginx', 'haproxy'] as const)('%s passes nothing on to a server of another authority', async (kind) => {
    const { servers, mounts } = scene();
    const forged = await servers.go(await forgedMount(scene(), 'shop/go-service'));
    const proxy = await servers[kind](mounts.directory(`shop/${kind}`), forged.port);
    const asking = askHTTP({ port: proxy.port, name: `${kind}.shop.svc` }, await identity(FRONTEND));
    await expect(asking).rejects.toThrow(/HTTP status 50[23]/u);
  });

  it('the examples refuse a server that is not among allowed-servers, though its DNS name is right', async () => {
    const { servers, mounts } = scene();
    const server = await servers.go(mounts.directory(NEAR_SERVER));
    const problems = await callsOf(server.port, 'go-service.shop-evil.svc');
    expect(problems).toEqual(everyClient(/shop-evil\/sa\/go-service is not allowed/u));
  });

  it('the examples refuse a server of another authority', async () => {
    const server = await scene().servers.go(await forgedMount(scene(), 'shop/go-service'));
    const problems = await callsOf(server.port, 'go-service.shop.svc');
    expect(problems).toEqual(everyClient(/unknown authority|UNABLE_TO_GET_ISSUER_CERT|certification path/u));
  });

  it('psql and redis-cli talk to their servers, and to none of another authority', async () => {
    const { mounts } = scene();
    const [db, cache] = [mounts.directory(FRONTEND_DB), mounts.directory(FRONTEND)];
    await postgresqlClient(db, target('shop/postgresql'));
    await redisClient(cache, target('shop/redis'));
    const [otherDB, otherCache] = [
      await mistrustingMount(scene(), FRONTEND_DB),
      await mistrustingMount(scene(), FRONTEND),
    ];
    await expect(postgresqlClient(otherDB, target('shop/postgresql'))).rejects.toThrow(/certificate verify failed/u);
    await expect(redisClient(otherCache, target('shop/redis'))).rejects.toThrow(/certificate verify failed/u);
  });
});

it('no new connection fails through renewals and a new root, and each certificate is served in time', async () => {
  const { servers, mounts } = scene();
  const load = new Load();
  const roots = await rootsOf(SERVERS);
  const began = performance.now();
  for (const { server, ask, client, refusal } of EXAMPLES) {
    const shared = { server, ask, target: target(server) };
    load.add({ ...shared, client: mounts.directory(client), refused: false, every: EVERY_MS.allowed });
    if (refusal === undefined) continue;
    for (const stranger of [REPORTS, ...NEAR_MISSES]) {
      load.add({ ...shared, client: mounts.directory(stranger), refused: true, every: EVERY_MS.refused });
    }
  }
  const frontend = mounts.directory(FRONTEND);
  const javaURL = `https://java-service.shop.svc:${target('shop/java-service').port}/`;
  const goPort = target('shop/go-service').port;
  const clients = await Promise.all([
    servers.nodeClient(frontend, target('shop/checkout').port, EVERY_MS.client),
    servers.goClient(frontend, goPort, 'go-service.shop.svc', EVERY_MS.client),
    servers.javaClient(frontend, javaURL, hostsFile(), EVERY_MS.client),
  ]);
  await rotateRoot(world);
  await renewedSince(began);
  await load.stop();
  const delays = SERVERS.map((server) => [server, slowest(server, load, began)] as const);
  for (const [server, delay] of delays) {
    const { answered, refused } = load.counts(server);
    const seconds = (delay / 1000).toFixed(1);
    console.log(`${server}: ${answered} answered, ${refused} refused, new certificate served within ${seconds} s`);
  }
  expect(load.surprises).toEqual([]);
  expect(mounts.problems).toEqual([]);
  for (const client of clients) {
    const entries = await logEntries(client);
    expect(entries.filter(({ message }) => message === 'Request failed')).toEqual([]);
    expect(client.exit()).toBeUndefined();
    expect(entries.filter(({ message }) => message === 'Loaded a new identity').length).toBeGreaterThanOrEqual(
      RENEWALS,
    );
    await client.stop();
  }
  for (const root of await rootsOf(SERVERS)) expect(roots).not.toContain(root);
  for (const [server, delay] of delays) expect([server, delay < SERVED_WITHIN_MS]).toEqual([server, true]);
});

function scene(): Scene {
  return present(created, 'scene');
}

function target(server: string): Target {
  return { port: ports.get(server) ?? 0, name: `${server.split('/').toReversed().join('.')}.svc` };
}

function identity(name: string) {
  return readIdentityAgain(scene().mounts.directory(name));
}

function hostsFile(): string {
  return path.join(scene().directory, 'hosts');
}

/** What each client of the examples says of a server that it must refuse. */
async function callsOf(port: number, name: string): Promise<Readonly<Record<string, unknown>>> {
  const { servers, mounts } = scene();
  const frontend = mounts.directory(FRONTEND);
  const clients = {
    node: await servers.nodeClient(frontend, port),
    go: await servers.goClient(frontend, port, name),
    java: await servers.javaClient(frontend, `https://${name}:${port}/`, hostsFile()),
  };
  const problems = Object.entries(clients).map(async ([client, program]) => {
    const { code } = await program.exited;
    const entry = (await logEntries(program)).find(({ message }) => message === 'Request failed');
    return [client, code === 0 ? 'It went well' : entry?.['problem']] as const;
  });
  return Object.fromEntries(await Promise.all(problems));
}

function everyClient(problem: RegExp) {
  const said: unknown = expect.stringMatching(problem);
  return { node: said, go: said, java: said };
}

/** The roots that servers trust now. */
async function rootsOf(servers: readonly string[]): Promise<string[]> {
  const anchors = await Promise.all(servers.map(async (server) => (await identity(server)).anchors));
  return [...new Set(anchors.flatMap(certificateBlocks))];
}

/** Waits until every server has had that many certificates since a moment, the last of them under the one root left. */
async function renewedSince(began: number): Promise<void> {
  const { mounts } = scene();
  await expect
    .poll(
      async () => {
        const renewals = SERVERS.map((server) => mounts.history(server).filter(({ at }) => at > began).length);
        return Math.min(...renewals) >= RENEWALS && (await rootsOf(SERVERS)).length === 1;
      },
      { timeout: 120_000, interval: 250 },
    )
    .toBe(true);
}

/** The longest time from a certificate in the mounted files to the first answer with it; Infinity for one never seen. */
function slowest(server: string, load: Load, began: number): number {
  const served = load.served(server);
  // Of the last one nobody may have been told yet.
  const mounted = scene()
    .mounts.history(server)
    .slice(0, -1)
    .filter(({ at }) => at > began);
  return Math.max(
    ...mounted.map(({ serialNumber, at }) => (served.get(serialNumber) ?? Number.POSITIVE_INFINITY) - at),
  );
}
