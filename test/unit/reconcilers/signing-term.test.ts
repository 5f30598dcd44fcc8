// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Controller } from '../../../src/controller/controller.ts';
import type { Result } from '../../../src/controller/result.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { SigningTerm } from '../../../src/reconcilers/signing-term.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';

interface Scene {
  readonly clock: ManualClock;
  readonly term: SigningTerm;
  /** The signal of every run that was begun. */
  readonly signals: AbortSignal[];
  readonly problems: unknown[];
  /** Whether the term was running when the rest began, each time. */
  readonly running: boolean[];
  /** The same for what sees every change of the term. */
  readonly begun: boolean[];
}

/** A term in which every run hangs until its signal is aborted. */
async function aTerm(): Promise<Scene> {
  const clock = new ManualClock();
  const signals: AbortSignal[] = [];
  const problems: unknown[] = [];
  const reconcile = (_key: string, signal: AbortSignal): Promise<Result> => {
    signals.push(signal);
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  };
  const running: boolean[] = [];
  const begun: boolean[] = [];
  const term = new SigningTerm({
    clock,
    onBegin: () => begun.push(term.running),
    onRunning: () => running.push(term.running),
    verifyAuthorities: () => Promise.resolve(),
    createController: () =>
      new Controller({ name: 'test', reconcile, clock, queue: new WorkQueue({ clock }), grace: 2 * SECOND }),
    keys: () => ['shop/checkout'],
    onProblem: (error) => problems.push(error),
  });
  term.begin();
  await settle();
  expect(signals).toHaveLength(1);
  return { clock, term, signals, problems, running, begun };
}

describe('the beginning of a term', () => {
  it('works on identities a moment before everything else', async () => {
    const { clock, running, begun } = await aTerm();
    expect({ running, begun }).toEqual({ running: [], begun: [true] });
    await clock.advance(SECOND / 4);
    expect(running).toEqual([true]);
  });

  it('begins nothing else when it is over by then', async () => {
    const { clock, running, term } = await aTerm();
    await term.end(0);
    await clock.advance(SECOND);
    expect(running).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});

describe('the end of a term', () => {
  it('lets runs finish for a while when the Lease is still ours', async () => {
    const { clock, term, signals } = await aTerm();
    const ended = term.end();
    await clock.advance(2 * SECOND - 1);
    expect(signals[0]?.aborted).toBe(false);
    await clock.advance(1);
    await ended;
    expect(signals[0]?.aborted).toBe(true);
    expect(term.running).toBe(false);
  });

  it('aborts runs at once when the Lease was lost', async () => {
    const { term, signals } = await aTerm();
    await term.end(0);
    expect(signals[0]?.aborted).toBe(true);
  });

  it('cuts the wait short when the Lease is lost meanwhile', async () => {
    const { term, signals } = await aTerm();
    const ended = term.end();
    await term.end(0);
    await ended;
    expect(signals[0]?.aborted).toBe(true);
  });

  it('is followed by a term that looks at everything again', async () => {
    const { clock, term, signals, problems } = await aTerm();
    void term.end(0);
    term.begin();
    await settle();
    expect(signals).toHaveLength(2);
    expect(signals[1]?.aborted).toBe(false);
    await clock.advance(MINUTE);
    await term.end(0);
    expect(problems).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});
