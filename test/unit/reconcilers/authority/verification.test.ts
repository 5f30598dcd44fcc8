// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { PATIENCE, Verification } from '../../../../src/reconcilers/authority/verification.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

/** Knows of each name whether there is something to sign with. */
class Registry {
  readonly #entries = new Map<string, { readonly loaded: boolean }>();

  get(name: string): { readonly loaded: boolean } | undefined {
    return this.#entries.get(name);
  }

  read(name: string): void {
    this.#entries.set(name, { loaded: true });
  }

  unload(name: string): void {
    this.#entries.set(name, { loaded: false });
  }

  loaded(...names: string[]): string[] {
    return names.filter((name) => this.get(name)?.loaded === true);
  }
}

/** Everything of these names was read before. */
function fixture(...names: string[]): { clock: ManualClock; registry: Registry; verification: Verification } {
  const clock = new ManualClock();
  const registry = new Registry();
  for (const name of names) registry.read(name);
  return { clock, registry, verification: new Verification(clock, registry) };
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

const nothing = (): undefined => undefined;

describe('a term', () => {
  it('waits for one run of each name', async () => {
    const { clock, verification } = fixture();
    const enqueued: string[] = [];
    const verified = verification.of(['a', 'b'], (name) => enqueued.push(name));
    expect(enqueued).toEqual(['a', 'b']);
    await verification.during('a', async () => undefined);
    expect(await settled(verified)).toBe(false);
    await verification.during('b', async () => undefined);
    await verified;
    expect(clock.timers).toBe(0);
  });

  it('does not count a run that began before', async () => {
    const { verification } = fixture();
    const early = Promise.withResolvers<void>();
    const running = verification.during('a', () => early.promise);
    const verified = verification.of(['a'], nothing);
    early.resolve();
    await running;
    expect(await settled(verified)).toBe(false);
    await verification.during('a', async () => undefined);
    await verified;
  });

  it('goes on after a failed run, without what that has not read', async () => {
    const { registry, verification } = fixture('a');
    const verified = verification.of(['a'], nothing).then(() => registry.loaded('a'));
    const run = verification.during('a', () => Promise.reject(new Error('unreachable')));
    await expect(run).rejects.toThrow('unreachable');
    expect(await verified).toEqual([]);
  });

  it('goes on in time without what was not read by then, whether or not its run began', async () => {
    const { clock, registry, verification } = fixture('sound', 'slow', 'last');
    const verified = verification.of(['sound', 'slow', 'last'], nothing);
    await verification.during('sound', async () => registry.read('sound'));
    await clock.advance(PATIENCE - 1);
    const answer = Promise.withResolvers<void>();
    const slow = verification.during('slow', () => answer.promise.then(() => registry.read('slow')));
    expect(await settled(verified)).toBe(false);
    expect(registry.loaded('sound', 'slow', 'last')).toEqual(['sound', 'slow', 'last']);
    await clock.advance(1);
    await verified;
    expect(registry.loaded('sound', 'slow', 'last')).toEqual(['sound']);

    answer.resolve();
    await slow;
    await verification.during('last', async () => registry.read('last'));
    expect(registry.loaded('sound', 'slow', 'last')).toEqual(['sound', 'slow', 'last']);
    expect(clock.timers).toBe(0);
  });

  it('keeps what a run has read that is still at work, on its status perhaps', async () => {
    const { clock, registry, verification } = fixture('a');
    const verified = verification.of(['a'], nothing);
    const run = verification.during('a', (signal) => {
      registry.read('a');
      return hanging(signal);
    });
    const cut = expect(run).rejects.toThrow(/^the run of TrustDomain a was cut off after 5 s .* is tried again$/u);
    await clock.advance(PATIENCE);
    await Promise.all([verified, cut]);
    expect(registry.loaded('a')).toEqual(['a']);
  });

  it('does not get what a run that began before it reads too late', async () => {
    const { clock, registry, verification } = fixture('a');
    const answer = Promise.withResolvers<void>();
    const run = verification.during('a', () => answer.promise.then(() => registry.read('a')));
    const verified = verification.of(['a'], nothing);
    await clock.advance(PATIENCE);
    await verified;
    answer.resolve();
    await run;
    expect(registry.loaded('a')).toEqual([]);
    await verification.during('a', async () => registry.read('a'));
    expect(registry.loaded('a')).toEqual(['a']);
  });
});

describe('a run', () => {
  it('that is waited for is given so long and no longer, also when the term has begun without it', async () => {
    const { clock, verification } = fixture('first', 'second');
    void verification.of(['first', 'second'], nothing);
    const cut = (name: string): Promise<void> =>
      expect(verification.during(name, hanging)).rejects.toMatchObject({
        code: 'ERR_KUBE_TIMEOUT',
        message: expect.stringMatching(`TrustDomain ${name} was cut off after 5 s .* signs nothing until it is read$`),
      });
    const first = cut('first');
    await clock.advance(PATIENCE);
    await first;
    const second = cut('second');
    await clock.advance(PATIENCE - 1);
    expect(await settled(second)).toBe(false);
    await clock.advance(1);
    await second;
    expect(clock.timers).toBe(0);
  });

  it('that a term finds at work is given as long from its own beginning', async () => {
    const { clock, registry, verification } = fixture('long', 'short');
    const begin = (name: string): Promise<unknown> =>
      verification.during(name, hanging).catch(({ message }) => message);
    const long = begin('long');
    await clock.advance(2 * PATIENCE - 1);
    const short = begin('short');
    await clock.advance(1);
    // Nobody had waited for it so far.
    expect(await settled(long)).toBe(false);
    void verification.of(['long', 'short'], nothing);
    await clock.advance(0);
    expect(await long).toMatch(/long was cut off after 10 s .* is tried again$/u);
    expect(await settled(short)).toBe(false);
    // There is time left to look at it.
    expect(registry.loaded('long', 'short')).toEqual(['long', 'short']);
    await clock.advance(PATIENCE - 1);
    expect(await short).toMatch(/short was cut off/u);
  });

  it('that nobody waits for takes its time', async () => {
    const { clock, verification } = fixture();
    const { promise, resolve } = Promise.withResolvers<string>();
    const run = verification.during('a', () => promise);
    await clock.advance(10 * PATIENCE);
    resolve('done');
    expect(await run).toBe('done');
  });

  it('that nobody waits for unloads nothing when it fails', async () => {
    const { registry, verification } = fixture('a');
    const run = verification.during('a', () => Promise.reject(new Error('unreachable')));
    await expect(run).rejects.toThrow('unreachable');
    expect(registry.loaded('a')).toEqual(['a']);
  });
});
