// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Verification } from '../../../../src/reconcilers/authority/verification.ts';

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

describe('verification', () => {
  it('waits for one run of each name', async () => {
    const verification = new Verification();
    const enqueued: string[] = [];
    const verified = verification.of(['a', 'b'], (name) => enqueued.push(name));
    expect(enqueued).toEqual(['a', 'b']);
    await verification.during('a', async () => undefined, never);
    expect(await settled(verified)).toBe(false);
    await verification.during('b', async () => undefined, never);
    await verified;
  });

  it('does not count a run that began before', async () => {
    const verification = new Verification();
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
    const verification = new Verification();
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

  it('puts nothing away when a later run fails', async () => {
    const verification = new Verification();
    const run = verification.during('a', () => Promise.reject(new Error('unreachable')), never);
    await expect(run).rejects.toThrow('unreachable');
  });
});
