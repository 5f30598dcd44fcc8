// SPDX-License-Identifier: Apache-2.0
/** @module A tenant that asks for thousands of slow keys must not have others wait for them. */
import { expect, it } from 'vitest';
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
  const [shares, queue] = [new Shares(clock), new WorkQueue({ clock })];
  const add = (namespace: string, name: string, algorithm?: KeyAlgorithm) =>
    queue.add(
      `${namespace}/${name}`,
      shares.deadlineOf(`${namespace}/${name}`, anIdentity(namespace, name, algorithm)),
    );
  for (let nth = 0; nth < FLOOD; nth += 1) add('mallory', `m${nth}`, 'RSA-3072');
  add('shop', 'new');
  add('shop', 'new-and-slow', 'RSA-3072');
  const patience = 10 * MINUTE;
  queue.add('shop/renewal', clock.now() + patience);
  const [first = FLOOD, second = FLOOD, renewal = FLOOD] = await places(queue, [
    'shop/new',
    'shop/new-and-slow',
    'shop/renewal',
  ]);
  expect([first, second].every((place) => place < 4)).toBe(true);
  expect((renewal * SECOND) / KEYS_PER_SECOND).toBeLessThan(patience);
});

it('counts what an identity asks for once, however often it is looked at, and again when its time has passed', async () => {
  const clock = new ManualClock();
  const shares = new Shares(clock);
  const slow = anIdentity('shop', 'slow', 'RSA-3072');
  const deadline = shares.deadlineOf('shop/slow', slow);
  for (let nth = 0; nth < 10; nth += 1) expect(shares.deadlineOf('shop/slow', slow)).toBe(deadline);
  expect(shares.deadlineOf('shop/next', anIdentity('shop', 'next'))).toBe(deadline + SECOND);
  await clock.advance(2 * MINUTE);
  expect(shares.deadlineOf('shop/slow', slow)).toBe(clock.now() + MINUTE);
});

it('counts an object that was deleted and created anew once more, and keeps nothing of what is gone', () => {
  const clock = new ManualClock();
  const shares = new Shares(clock);
  for (let nth = 0; nth < 100; nth += 1) {
    const deadline = shares.deadlineOf('shop/slow', anIdentity('shop', 'slow', 'RSA-3072', `uid-${nth}`));
    expect(deadline).toBe(clock.now() + MINUTE + nth * SECOND);
  }
  expect(shares.size).toBe(1);
  shares.forget('shop/slow');
  expect(shares.size).toBe(0);
});

it.each(KEY_ALGORITHMS)('knows what %s costs', (algorithm) => {
  const clock = new ManualClock();
  const shares = new Shares(clock);
  shares.deadlineOf('shop/one', anIdentity('shop', 'one', algorithm));
  const cost = shares.deadlineOf('shop/two', anIdentity('shop', 'two')) - clock.now() - MINUTE;
  expect(cost).toBeGreaterThanOrEqual(algorithm.startsWith('RSA') ? 250 : 50);
});

it('is asked for identities without an SVID alone; with one they go by its end', () => {
  const clock = new ManualClock();
  const stored = new Map([
    ['mallory/m1', anIdentity('mallory', 'm1', 'RSA-3072')],
    ['mallory/m2', anIdentity('mallory', 'm2', 'RSA-3072')],
    ['shop/new', anIdentity('shop', 'new')],
  ]);
  const { deadlineOf } = createIdentities({
    clock,
    memory: new IdentityMemory(),
    caches: () => ({ identities: stored }),
  } as unknown as IdentitiesOptions);
  const ahead = (key: string) => (deadlineOf(key) ?? Number.NaN) - clock.now();
  expect(['mallory/m1', 'mallory/m2', 'shop/new'].map(ahead)).toEqual([MINUTE, MINUTE + SECOND, MINUTE]);
  const notAfter = new Date(clock.now() + HOUR).toISOString();
  const status = { serialNumber: '01', fingerprint: '02', authorityID: '03', spiffeID: 'spiffe://example.org/a' };
  const notBefore = new Date(clock.now()).toISOString();
  const issued = aServiceIdentity({
    metadata: { namespace: 'mallory', name: 'm2' },
    status: { ...status, notBefore, notAfter },
  });
  stored.set('mallory/m2', issued);
  expect(ahead('mallory/m2')).toBe(50 * MINUTE);
  stored.delete('mallory/m1');
  expect(deadlineOf('mallory/m1')).toBeUndefined();
});
