// SPDX-License-Identifier: Apache-2.0
/**
 * A run that is cut off between the request and the answer of a write: nobody knows whether it happened, and whoever
 * runs next makes good either way.
 * @module
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { SignetError } from '../../../../src/errors.ts';
import { reconcileIdentity } from '../../../../src/reconcilers/service-identity/reconcile.ts';
import { MINUTE } from '../../../../src/time.ts';
import { anIdentityHarness, type IdentityHarness, SECRET } from '../../../support/identity-harness.ts';

let harness: IdentityHarness;

beforeEach(async () => {
  harness = await anIdentityHarness();
});

type Write = 'createSecret' | 'replaceSecret' | 'patchSecret' | 'deleteSecret' | 'writeStatus';

/** One run whose signal is aborted while that write is under way; the write happens or does not. */
async function cutOff(write: Write, happens: boolean): Promise<unknown> {
  const { api } = harness.api;
  const abort = new AbortController();
  const original = api[write] as (...args: unknown[]) => Promise<unknown>;
  const cut = async (...args: unknown[]): Promise<never> => {
    if (happens) await original(...args);
    abort.abort();
    throw new SignetError('ERR_KUBE_UNAVAILABLE', 'canceled');
  };
  const calls = { ...api, [write]: cut };
  const others = Object.keys(api).filter((name) => name !== write);
  for (const name of others) {
    const call = api[name as Write] as (...args: unknown[]) => Promise<unknown>;
    const bound = (...args: unknown[]): Promise<unknown> =>
      abort.signal.aborted ? Promise.reject(new SignetError('ERR_KUBE_UNAVAILABLE', 'canceled')) : call(...args);
    Object.assign(calls, { [name]: bound });
  }
  harness.api.sync();
  try {
    await reconcileIdentity('shop/checkout', { ...harness.deps, calls }, abort.signal);
  } catch (error) {
    return error;
  }
  return undefined;
}

function expectNoTrace(): void {
  for (const body of harness.api.bodies) expect(body.every((octet) => octet === 0)).toBe(true);
  expect(harness.observer.failed).not.toHaveBeenCalled();
}

describe.each([
  ['here, with what it remembers', () => undefined],
  ['in another process', () => harness.restart()],
])('the next run %s', (_, passOn) => {
  it('adopts a new Secret that was stored after all, whatever its cache shows', async () => {
    expect(await cutOff('createSecret', true)).toMatchObject({ code: 'ERR_KUBE_UNAVAILABLE' });
    expectNoTrace();
    passOn();
    const fingerprint = harness.svid?.fingerprint;
    // The watch has not told of it yet.
    harness.api.secrets.clear();
    expect((await harness.run('stale')).at(-1)).toBe('status checkout');
    expect(harness.status?.fingerprint).toBe(fingerprint);
    expect(harness.svid?.fingerprint).toBe(fingerprint);
  });

  it('takes over a new Secret without an owner, once', async () => {
    harness.respecify({ secret: { deletionPolicy: 'Retain' } });
    await cutOff('createSecret', true);
    passOn();
    expect((await harness.run()).at(-1)).toBe('status checkout');
    expect(harness.status?.fingerprint).toBe(harness.svid?.fingerprint);
    expect(await harness.run()).toEqual([]);
  });

  it('adopts a new Secret that its cache shows, and takes nobody for its author', async () => {
    await cutOff('createSecret', true);
    passOn();
    expect(await harness.run()).toEqual(['get checkout-svid', 'status checkout']);
    expect(await harness.run()).toEqual([]);
    expect(harness.observer.foreignWrite).not.toHaveBeenCalled();
  });

  it('creates the Secret that was not stored', async () => {
    expect(await cutOff('createSecret', false)).toMatchObject({ code: 'ERR_KUBE_UNAVAILABLE' });
    passOn();
    expect(await harness.run()).toEqual(['create checkout-svid', 'status checkout']);
  });

  it.each([true, false])('finishes a renewal (the Secret was replaced: %s)', async (happens) => {
    await harness.run();
    await harness.clock.advance(37 * MINUTE);
    await cutOff('replaceSecret', happens);
    expectNoTrace();
    passOn();
    const calls = await harness.run();
    expect(calls).toEqual([happens ? 'get checkout-svid' : 'replace checkout-svid', 'status checkout']);
    expect(harness.status?.fingerprint).toBe(harness.svid?.fingerprint);
    expect(await harness.run()).toEqual([]);
  });

  it.each([true, false])('finishes the status (it was written: %s), and issues nothing for that', async (happens) => {
    await cutOff('writeStatus', happens);
    expectNoTrace();
    passOn();
    const fingerprint = harness.svid?.fingerprint;
    const calls = await harness.run();
    expect(calls.filter((call) => /^(create|replace)/.test(call))).toEqual([]);
    expect(harness.status?.fingerprint).toBe(fingerprint);
    expect(await harness.run()).toEqual([]);
  });

  it.each([true, false])('takes away an old Secret (it was deleted: %s)', async (happens) => {
    await harness.run();
    harness.respecify({ secret: { name: 'tls' } });
    await cutOff('deleteSecret', happens);
    expectNoTrace();
    passOn();
    await harness.run();
    expect([...harness.api.stored.keys()]).toEqual(['shop/tls']);
    expect(harness.status?.secret?.name).toBe('tls');
    expect(harness.status?.fingerprint).not.toBeUndefined();
    expect(await harness.run()).toEqual([]);
  });
});

it('issues nothing more once its signal is aborted', async () => {
  const before = await cutOff('createSecret', true).then(() => harness.api.stored.get(SECRET));
  expect(before).toBeDefined();
  expect(harness.api.calls.filter((call) => call.startsWith('status'))).toEqual([]);
});

it('counts a failure of a run that was not canceled', async () => {
  harness.api.fail('create', 'ERR_KUBE_UNAVAILABLE');
  await harness.failure();
  expect(harness.observer.failed).toHaveBeenCalledTimes(1);
});

it('passes on what was thrown as it is: making an error of ours of it is for the controller', async () => {
  const thrown = new TypeError('a bug');
  harness.api.api.createSecret = () => Promise.reject(thrown);
  expect(await harness.failure()).toBe(thrown);
  expect(harness.observer.failed).toHaveBeenCalledTimes(1);
});
