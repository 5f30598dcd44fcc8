// SPDX-License-Identifier: Apache-2.0
/** @module A tenant that asks for thousands of slow keys must not have others wait for them. */
import { expect, it } from 'vitest';
import type { ServiceIdentity } from '../../../../src/api/service-identity.ts';
import type { Controller } from '../../../../src/controller/controller.ts';
import type { Urgency } from '../../../../src/controller/ready-keys.ts';
import { WorkQueue } from '../../../../src/controller/work-queue.ts';
import { createIdentities, type IdentitiesOptions } from '../../../../src/reconcilers/service-identity/identities.ts';
import { IdentityMemory } from '../../../../src/reconcilers/service-identity/memory.ts';
import { Shares } from '../../../../src/reconcilers/service-identity/shares.ts';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../../../../src/spiffe/svid.ts';
import { HOUR, MINUTE, SECOND } from '../../../../src/time.ts';
import { aServiceIdentity } from '../../../support/builders.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

/** What a signer of four slow threads gets through in a second, at least. */
const KEYS_PER_SECOND = 2;
const FLOOD = 20_000;

function anIdentity(
  namespace: string,
  name: string,
  algorithm: KeyAlgorithm = 'ECDSA-P256',
  uid = `${namespace}/${name}`,
) {
  return aServiceIdentity({ metadata: { namespace, name, uid }, spec: { privateKey: { algorithm } } });
}

/** The place of each of these keys among all that the queue hands out. */
async function places(queue: WorkQueue, keys: readonly string[]): Promise<readonly number[]> {
  const order: (string | undefined)[] = [];
  while (queue.length > 0) order.push(await queue.next());
  return keys.map((key) => order.indexOf(key));
}

it('lets a flood of slow keys in one namespace hold up neither renewals nor new identities of others', async () => {
  const clock = new ManualClock();
  const shares = new Shares(clock);
  const urgencies = new Map<string, Urgency>();
  const queue = new WorkQueue({ clock, urgencyOf: (key) => urgencies.get(key) });
  const add = (namespace: string, name: string, algorithm?: KeyAlgorithm) => {
    const key = `${namespace}/${name}`;
    urgencies.set(key, { deadline: shares.deadlineOf(key, anIdentity(namespace, name, algorithm)), hard: false });
    queue.add(key);
  };
  for (let nth = 0; nth < FLOOD; nth += 1) add('mallory', `m${nth}`, 'RSA-3072');
  add('shop', 'new');
  add('shop', 'new-and-slow', 'RSA-3072');
  const patience = 10 * MINUTE;
  urgencies.set('shop/renewal', { deadline: clock.now() + patience, hard: true });
  queue.add('shop/renewal');
  const [first = FLOOD, second = FLOOD, renewal = FLOOD] = await places(queue, [
    'shop/new',
    'shop/new-and-slow',
    'shop/renewal',
  ]);
  expect([first, second].every((place) => place < 4)).toBe(true);
  expect((renewal * SECOND) / KEYS_PER_SECOND).toBeLessThan(patience);
});

it('counts what an identity asks for once, however often it is looked at, and again when it was served', () => {
  const shares = new Shares(new ManualClock());
  const slow = anIdentity('shop', 'slow', 'RSA-3072');
  const deadline = shares.deadlineOf('shop/slow', slow);
  for (let nth = 0; nth < 10; nth += 1) expect(shares.deadlineOf('shop/slow', slow)).toBe(deadline);
  expect(shares.deadlineOf('shop/next', anIdentity('shop', 'next', 'RSA-3072'))).toBe(deadline + SECOND);
  shares.served('shop/slow');
  expect(shares.deadlineOf('shop/slow', slow)).toBe(deadline + 2 * SECOND);
});

it('counts the dearer key that an identity asks for while it waits', () => {
  const shares = new Shares(new ManualClock());
  const deadline = shares.deadlineOf('shop/one', anIdentity('shop', 'one'));
  expect(shares.deadlineOf('shop/one', anIdentity('shop', 'one', 'RSA-3072'))).toBe(deadline);
  expect(shares.deadlineOf('shop/one', anIdentity('shop', 'one'))).toBe(deadline);
  expect(shares.deadlineOf('shop/two', anIdentity('shop', 'two'))).toBe(deadline + SECOND);
});

it('lets nobody pay for what was made while nothing else waited', () => {
  const clock = new ManualClock();
  const shares = new Shares(clock);
  const keys = Array.from({ length: 1000 }, (_, nth) => `shop/${nth}`);
  for (const key of keys) shares.deadlineOf(key, anIdentity('shop', key, 'RSA-3072'));
  for (const key of keys) shares.served(key);
  expect(shares.size).toBe(0);
  expect(shares.deadlineOf('shop/new', anIdentity('shop', 'new'))).toBe(clock.now() + MINUTE);
});

/** As the queue of identities asks when none of them has an SVID. */
function asking(shares: Shares, algorithm?: KeyAlgorithm): (key: string) => Urgency {
  return (key) => {
    const [namespace = '', name = ''] = key.split('/');
    return { deadline: shares.deadlineOf(key, anIdentity(namespace, name, algorithm)), hard: false };
  };
}

it('lets whoever comes late begin where those are who flood from many namespaces, and not behind them', async () => {
  const clock = new ManualClock();
  const shares = new Shares(clock);
  const queue = new WorkQueue({ clock, urgencyOf: asking(shares) });
  for (let nth = 0; nth < 30; nth += 1) {
    for (let tenant = 0; tenant < 100; tenant += 1) queue.add(`tenant-${tenant}/${nth}`);
  }
  for (let nth = 0; nth < 1500; nth += 1) {
    shares.served((await queue.next()) ?? '');
    await clock.advance(10);
  }
  for (const name of ['a', 'b', 'c']) queue.add(`shop/${name}`);
  const [a, b, c] = await places(queue, ['shop/a', 'shop/b', 'shop/c']);
  // One of each tenant between two of its own.
  expect(a).toBeLessThanOrEqual(100);
  expect(b).toBeLessThanOrEqual(201);
  expect(c).toBeLessThanOrEqual(302);
});

it('serves whoever asks for one after the other as often as whoever asked for all at once', async () => {
  const clock = new ManualClock();
  const shares = new Shares(clock);
  const queue = new WorkQueue({ clock, urgencyOf: asking(shares) });
  for (let nth = 0; nth < 200; nth += 1) queue.add(`shop/${nth}`);
  let [patient, asked] = [0, 0];
  for (let nth = 0; nth < 200; nth += 1) {
    if (asked === patient) queue.add(`patient/${asked++}`);
    const key = (await queue.next()) ?? '';
    if (key.startsWith('patient/')) patient += 1;
    // A slow API server: everything waits longer than it should.
    await clock.advance(2 * SECOND);
    shares.served(key);
  }
  expect(patient).toBeGreaterThanOrEqual(80);
  expect(patient).toBeLessThanOrEqual(120);
});

it('counts an object that was deleted and created anew once more, and keeps nothing of what is gone', () => {
  const clock = new ManualClock();
  const shares = new Shares(clock);
  for (let nth = 0; nth < 100; nth += 1) {
    const deadline = shares.deadlineOf('shop/slow', anIdentity('shop', 'slow', 'RSA-3072', `uid-${nth}`));
    expect(deadline).toBe(clock.now() + MINUTE + nth * SECOND);
  }
  expect(shares.size).toBe(2);
  shares.served('shop/slow');
  expect(shares.size).toBe(0);
});

it('has a price for an algorithm that only a later release knows', () => {
  const clock = new ManualClock();
  const shares = new Shares(clock);
  shares.deadlineOf('shop/one', anIdentity('shop', 'one', 'ML-DSA-65' as KeyAlgorithm));
  expect(shares.deadlineOf('shop/two', anIdentity('shop', 'two'))).toBe(clock.now() + MINUTE + SECOND);
});

it.each(KEY_ALGORITHMS)('knows what %s costs', (algorithm) => {
  const clock = new ManualClock();
  const shares = new Shares(clock);
  shares.deadlineOf('shop/one', anIdentity('shop', 'one', algorithm));
  const cost = shares.deadlineOf('shop/two', anIdentity('shop', 'two')) - clock.now() - MINUTE;
  expect(cost).toBeGreaterThanOrEqual(algorithm.startsWith('RSA') ? 250 : 50);
});

interface Bench {
  readonly clock: ManualClock;
  readonly stored: Map<string, ServiceIdentity>;
  readonly controller: Controller;
  /** Keys in the order in which they were worked on. */
  readonly served: string[];
}

/** A controller with one worker, whose runs do nothing. */
function aController(): Bench {
  const clock = new ManualClock();
  const stored = new Map<string, ServiceIdentity>();
  const served: string[] = [];
  const nobody = { queue: () => undefined, controller: () => undefined };
  const { createController } = createIdentities({
    clock,
    memory: new IdentityMemory(),
    caches: () => ({ identities: stored }),
    alone: (key: string) => {
      served.push(key);
      return Promise.resolve({});
    },
    workers: 1,
    observer: nobody,
  } as unknown as IdentitiesOptions);
  return { clock, stored, served, controller: createController() };
}

it('goes by the end of SVIDs where there are any, by shares where there are none, and in turn by both', async () => {
  const { clock, stored, served, controller } = aController();
  const add = (namespace: string, name: string, more: object = {}) => {
    stored.set(`${namespace}/${name}`, { ...anIdentity(namespace, name, 'RSA-3072'), ...more });
    controller.enqueue(`${namespace}/${name}`);
  };
  for (let nth = 0; nth < 100; nth += 1) add('mallory', `m${nth}`);
  add('shop', 'new');
  const facts = { serialNumber: '01', fingerprint: '02', authorityID: '03', spiffeID: 'spiffe://example.org/a' };
  const ends = (after: number) => ({ notAfter: new Date(clock.now() + after).toISOString() });
  const notBefore = new Date(clock.now()).toISOString();
  add('shop', 'calm', { status: { ...facts, notBefore, ...ends(HOUR) } });
  add('shop', 'due', { status: { ...facts, notBefore, ...ends(5 * MINUTE) } });
  // An SVID that has ended is none: letting a thousand end and then asking for all of them puts nobody ahead.
  for (let nth = 0; nth < 10; nth += 1) add('mallory', `e${nth}`, { status: { ...facts, notBefore, ...ends(-HOUR) } });
  controller.start();
  await expect.poll(() => served.length).toBe(113);
  expect(served.slice(0, 4)).toEqual(['shop/due', 'mallory/m0', 'shop/calm', 'shop/new']);
  await controller.stop();
});

it.each([
  ['after a while', (queue: WorkQueue, key: string) => queue.addAfter(key, 3 * SECOND)],
  ['after a failure', (queue: WorkQueue, key: string) => queue.addRateLimited(key)],
] as const)('has those who come back %s ask for their share then', async (_, comeBack) => {
  const clock = new ManualClock();
  const shares = new Shares(clock);
  const queue = new WorkQueue({ clock, urgencyOf: asking(shares, 'RSA-3072') });
  for (let nth = 0; nth < 100; nth += 1) comeBack(queue, `mallory/m${nth}`);
  await clock.advance(4 * SECOND);
  expect(queue.length).toBe(100);
  queue.add('shop/new');
  // One of theirs a second, since they are back.
  const [place] = await places(queue, ['shop/new']);
  expect(place).toBeLessThanOrEqual(4);
});
