// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/controller/clock.ts';
import { DAY } from '../../../src/time.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('keeps a delay that is longer than any timer takes', () => {
  const run = vi.fn<() => void>();
  systemClock.after(60 * DAY, run);
  vi.advanceTimersByTime(60 * DAY - 1);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
});

it('cancels a long delay in any of its stretches', () => {
  const run = vi.fn<() => void>();
  const cancel = systemClock.after(60 * DAY, run);
  vi.advanceTimersByTime(30 * DAY);
  cancel();
  vi.advanceTimersByTime(60 * DAY);
  expect(run).not.toHaveBeenCalled();
});

it('takes a delay in the past as now', () => {
  const run = vi.fn<() => void>();
  systemClock.after(-5, run);
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
});
