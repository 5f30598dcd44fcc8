// SPDX-License-Identifier: Apache-2.0
/**
 * Many pods that mount one Secret: they are told a few at a time.
 * @module
 */
import { beforeEach, expect, it } from 'vitest';
import { SignetError } from '../../../../src/errors.ts';
import { Expiring } from '../../../../src/reconcilers/expiring.ts';
import { type ReloadDeps, reconcileReload, type Told } from '../../../../src/reconcilers/reload/reconcile.ts';
import { anIssued, NOW } from '../../../support/builders.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const KEY = 'shop/checkout';
const issued = anIssued({ issuedAt: NOW }).identity;
const identity = { ...issued, spec: { ...issued.spec, reload: { type: 'PodAnnotation' as const } } };
const pods = Array.from({ length: 20 }, (_, i) => ({ name: `pod-${i}`, uid: `uid-${i}` }));

let calls: number;
let atOnce: number;
let mostAtOnce: number;
let refusal: SignetError | undefined;
let told: Map<string, string>;
let paces: Expiring<Told>;

function deps(): ReloadDeps {
  return {
    clock: new ManualClock(NOW),
    enabled: new Set(['PodAnnotation']),
    told,
    paces,
    gate: { refusal: () => undefined },
    identity: () => identity,
    identitiesIn: () => [KEY],
    writeStatus: async () => undefined,
    calls: {
      staleMounters: async () => pods,
      annotatePod: async () => {
        calls += 1;
        atOnce += 1;
        mostAtOnce = Math.max(mostAtOnce, atOnce);
        await Promise.resolve();
        atOnce -= 1;
        if (refusal !== undefined) throw refusal;
        return true;
      },
      workload: async () => undefined,
      restart: async () => undefined,
      rehearseRestart: async () => undefined,
    },
  };
}

beforeEach(() => {
  calls = 0;
  atOnce = 0;
  mostAtOnce = 0;
  refusal = undefined;
  told = new Map();
  paces = new Expiring();
});

it('tells all of them, a few at a time', async () => {
  await reconcileReload(KEY, deps());
  expect([calls, mostAtOnce, told.size]).toEqual([20, 8, 1]);
});

it('goes on to the others where some cannot be told, and is not done', async () => {
  refusal = new SignetError('ERR_KUBE_UNAVAILABLE', 'gone for a moment');
  await expect(reconcileReload(KEY, deps())).rejects.toThrow('gone for a moment');
  expect([calls, told.size]).toEqual([20, 0]);
});

it('tells of a Secret that is written again and again a few times at once, then every half minute', async () => {
  const clock = new ManualClock(NOW);
  let version = 0;
  const write = (): void => {
    version += 1;
  };
  const { secret = { name: '', uid: '', resourceVersion: '' } } = identity.status ?? {};
  const newest = () => ({
    ...identity,
    status: { ...identity.status, secret: { ...secret, resourceVersion: String(version) } },
  });
  const all = { ...deps(), clock, identity: newest };
  for (let writes = 0; writes < 20; writes += 1) {
    write();
    await reconcileReload(KEY, all);
  }
  expect(calls).toBe(5 * pods.length);
  expect(await reconcileReload(KEY, all)).toEqual({ requeueAfter: 30_000 });
  await clock.advance(30_000);
  expect(await reconcileReload(KEY, all)).toEqual({});
  expect(told.get(KEY)).toBe(String(version));
  expect(calls).toBe(6 * pods.length);
  await clock.advance(600_000);
  await reconcileReload('shop/other', all);
  expect(paces.size).toBe(1);
});

it('tells of a Secret soon after calls failed for a while, however often it was tried meanwhile', async () => {
  refusal = new SignetError('ERR_KUBE_UNAVAILABLE', 'gone for a moment');
  for (let tries = 0; tries < 10; tries += 1) await expect(reconcileReload(KEY, deps())).rejects.toThrow('gone');
  refusal = undefined;
  expect(await reconcileReload(KEY, deps())).toEqual({});
  expect(told.size).toBe(1);
});

it('tells no further pod once it may not act any more', async () => {
  const gate = { refusal: () => (calls > 0 ? 'the Lease is lost' : undefined) };
  await expect(reconcileReload(KEY, { ...deps(), gate })).rejects.toThrow('the Lease is lost');
  expect([calls, told.size]).toEqual([8, 0]);
});
