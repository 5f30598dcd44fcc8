// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { PATIENCE, Verification } from '../../../../src/reconcilers/authority/verification.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function never(): void {
  throw new Error('nothing failed');
}

/** Resolves to whether the promise had settled once everything that could run has run. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise(setImmediate);
  return done;
}

/** A run that ends when it is told to, and not before. */
function hanging(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

describe('verification', () => {
  it('waits for one run of each name', async () => {
    const verification = new Verification(new ManualClock());
    const enqueued: string[] = [];
    const verified = verification.of(['a', 'b'], (name) => enqueued.push(name));
    expect(enqueued).toEqual(['a', 'b']);
    await verification.during('a', async () => undefined, never);
    expect(await settled(verified)).toBe(false);
    await verification.during('b', async () => undefined, never);
    await verified;
  });

  it('does not count a run that began before', async () => {
    const verification = new Verification(new ManualClock());
    const early = Promise.withResolvers<void>();
    const running = verification.during('a', () => early.promise, never);
    const verified = verification.of(['a'], () => undefined);
    early.resolve();
    await running;
    expect(await settled(verified)).toBe(false);
    await verification.during('a', async () => undefined, never);
    await verified;
  });

  it('ends with a failed run, after what cannot be trusted was put away', async () => {
    const verification = new Verification(new ManualClock());
    const order: string[] = [];
    const verified = verification.of(['a'], () => undefined).then(() => order.push('verified'));
    const run = verification.during(
      'a',
      () => Promise.reject(new Error('unreachable')),
      () => order.push('unloaded'),
    );
    await expect(run).rejects.toThrow('unreachable');
    await verified;
    expect(order).toEqual(['unloaded', 'verified']);
  });

  it('gives a run that is waited for so long and no longer', async () => {
    const clock = new ManualClock();
    const verification = new Verification(clock);
    const verified = verification.of(['a'], () => undefined);
    const run = expect(verification.during('a', hanging, () => undefined)).rejects.toMatchObject({
      code: 'ERR_KUBE_TIMEOUT',
      message: expect.stringContaining('TrustDomain a'),
    });
    await clock.advance(PATIENCE - 1);
    expect(await settled(verified)).toBe(false);
    await clock.advance(1);
    await run;
    await verified;
    expect(clock.timers).toBe(0);
  });

  it('counts that from the beginning of a run that it finds at work', async () => {
    const clock = new ManualClock();
    const verification = new Verification(clock);
    const begin = (name: string): Promise<unknown> => verification.during(name, hanging, never).catch(() => 'ended');
    const long = begin('long');
    await clock.advance(PATIENCE - 1);
    const short = begin('short');
    await clock.advance(1);
    // Nobody had waited for it so far.
    expect(await settled(long)).toBe(false);
    void verification.of(['long', 'short'], () => undefined);
    await clock.advance(0);
    expect([await settled(long), await settled(short)]).toEqual([true, false]);
    await clock.advance(PATIENCE - 1);
    await expect(short).resolves.toBe('ended');
    expect(clock.timers).toBe(0);
  });

  it('lets a run take its time that nobody waits for', async () => {
    const clock = new ManualClock();
    const verification = new Verification(clock);
    const { promise, resolve } = Promise.withResolvers<string>();
    const run = verification.during('a', () => promise, never);
    await clock.advance(10 * PATIENCE);
    resolve('done');
    expect(await run).toBe('done');
  });

  it('puts nothing away when a later run fails', async () => {
    const verification = new Verification(new ManualClock());
    const run = verification.during('a', () => Promise.reject(new Error('unreachable')), never);
    await expect(run).rejects.toThrow('unreachable');
  });
});
