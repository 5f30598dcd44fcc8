// SPDX-License-Identifier: Apache-2.0
/** @module Only so many calls run at a time, one for each thing; others wait a while for room, and begin after they were asked for. */
import { describe, expect, it } from 'vitest';
import { bounded } from '../../../src/webhook/bounded.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';

const FULL = /1 live reads are under way/;

/** Calls that end when they are told to, in the order in which they were made. */
function world({ limit = 1, queue = 2 } = {}) {
  const clock = new ManualClock();
  const made: string[] = [];
  const ends: PromiseWithResolvers<string>[] = [];
  const call = bounded({ clock, limit, queue, patience: 1000 }, (name: string) => {
    made.push(name);
    const end = Promise.withResolvers<string>();
    ends.push(end);
    return end.promise;
  });
  /** Ends the call that was made as the nth. */
  const end = async (index: number, answer: string | Error): Promise<void> => {
    if (answer instanceof Error) ends[index]?.reject(answer);
    else ends[index]?.resolve(answer);
    await settle();
  };
  return { clock, made, call, end };
}

describe('calls beyond the limit', () => {
  it('wait for one that ends, however it does, in the order in which they came', async () => {
    const { made, call, end, clock } = world();
    const [a, b, c] = [call('a'), call('b'), call('c')];
    await settle();
    expect(made).toEqual(['a']);
    const failed = expect(a).rejects.toThrow('no answer');
    await end(0, new Error('no answer'));
    await failed;
    expect(made).toEqual(['a', 'b']);
    await end(1, 'second');
    await end(2, 'third');
    expect(await Promise.all([b, c])).toEqual(['second', 'third']);
    expect(clock.timers).toBe(0);
  });

  it('are refused when nothing has ended for a while, and were never made', async () => {
    const { made, call, end, clock } = world();
    const a = call('a');
    const refused = expect(call('b')).rejects.toThrow(FULL);
    await clock.advance(1000);
    await refused;
    await end(0, 'first');
    expect(await a).toBe('first');
    const c = call('c');
    await settle();
    await end(1, 'third');
    expect(await c).toBe('third');
    expect(made).toEqual(['a', 'c']);
  });

  it('are refused at once when as many as may wait', async () => {
    const { call } = world();
    void call('a');
    await settle();
    for (const name of ['b', 'c']) void call(name).catch(() => undefined);
    await expect(call('d')).rejects.toThrow(FULL);
  });
});

describe('calls for the same', () => {
  it('that has not begun share it, and take one place', async () => {
    const { made, call, end } = world();
    const a = call('a');
    await settle();
    const waiting = [call('b'), call('b'), call('b'), call('b')];
    await end(0, 'first');
    await end(1, 'second');
    expect(await Promise.all([a, ...waiting])).toEqual(['first', ...waiting.map(() => 'second')]);
    expect(made).toEqual(['a', 'b']);
  });

  it('that has begun take no further place, and see what is there when they come', async () => {
    const { made, call, end } = world({ limit: 2 });
    const old = call('a');
    await settle();
    const young = Array.from({ length: 20 }, () => call('a'));
    const other = call('b');
    await settle();
    expect(made).toEqual(['a', 'b']);
    await end(0, 'nothing yet');
    expect(await old).toBe('nothing yet');
    expect(made).toEqual(['a', 'b', 'a']);
    await end(2, 'there it is');
    expect(new Set(await Promise.all(young))).toEqual(new Set(['there it is']));
    await end(1, 'b');
    expect(await other).toBe('b');
  });

  it('wait for room no longer than others, but for the one before them', async () => {
    const { made, call, end, clock } = world();
    const slow = call('a');
    await settle();
    const next = call('a');
    await clock.advance(1500);
    await end(0, 'slow');
    expect(await slow).toBe('slow');
    expect(made).toEqual(['a', 'a']);
    await end(1, 'next');
    expect(await next).toBe('next');
    const b = call('b');
    await settle();
    const again = call('b');
    const refused = expect(again).rejects.toThrow(FULL);
    const c = call('c');
    await clock.advance(900);
    await end(2, 'b');
    await clock.advance(100);
    await refused;
    await end(3, 'c');
    expect(await Promise.all([b, c])).toEqual(['b', 'c']);
  });

  it('fail with it, and leave nothing behind', async () => {
    const { call, end, clock } = world();
    const both = Promise.allSettled([call('a'), call('a')]);
    await settle();
    await end(0, new Error('no answer'));
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = call('a');
    await settle();
    await end(1, 'now');
    expect(await again).toBe('now');
    expect(clock.timers).toBe(0);
  });
});
