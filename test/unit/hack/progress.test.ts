// SPDX-License-Identifier: Apache-2.0
/** @module Progress on a terminal and in a log. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgress, fitLine, formatElapsed, type Progress } from '../../../hack/progress.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function recorded(isTTY: boolean, columns = 40): { progress: Progress; text: () => string } {
  let text = '';
  const stream = {
    isTTY,
    columns,
    write: (more: string): void => {
      text += more;
    },
  };
  return { progress: createProgress({ stream, now: () => Date.now() }), text: () => text };
}

it.each([
  [0, '0.0 s'],
  [9_949, '9.9 s'],
  [12_400, '12 s'],
  [59_400, '59 s'],
  [60_000, '1 min 00 s'],
  [505_000, '8 min 25 s'],
])('formats %d ms as %s', (milliseconds, text) => {
  expect(formatElapsed(milliseconds)).toBe(text);
});

it('cuts a line that would wrap', () => {
  expect(fitLine('short', 40)).toBe('short');
  const cut = fitLine('x'.repeat(60), 40);
  expect(cut.length).toBeLessThan(40);
  expect(cut.endsWith('...')).toBe(true);
});

it('prints whole lines into a log: start, a sign of life every ten seconds, end', () => {
  const { progress, text } = recorded(false);
  const step = progress.step('Compiling');
  step.update('1 of 3');
  vi.advanceTimersByTime(9_000);
  expect(text()).toBe('Compiling ...\n');
  vi.advanceTimersByTime(1_000);
  step.update('2 of 3');
  vi.advanceTimersByTime(2_500);
  step.done('3 packages');
  expect(text()).toBe('Compiling ...\n  Compiling: 1 of 3 (10 s)\n✓ Compiling: 3 packages (13 s)\n');
  vi.advanceTimersByTime(60_000);
  expect(text().split('\n')).toHaveLength(4);
});

it('redraws one line on a terminal and leaves only the end of it', () => {
  const { progress, text } = recorded(true);
  const step = progress.step('Compiling');
  step.update('1 of 3');
  vi.advanceTimersByTime(500);
  step.done();
  const lines = text().split('\r\x1b[2K');
  expect(lines.slice(1, -1).every((line) => !line.includes('\n') && line.length < 40)).toBe(true);
  expect(text()).toContain('Compiling: 1 of 3 (0.4 s)');
  expect(lines.at(-1)).toBe('✓ Compiling (0.5 s)\n');
});

it('shows the step on a terminal that does not know its width', () => {
  const { progress, text } = recorded(true, 0);
  progress.step('Compiling').done();
  expect(text()).toContain('\\ Compiling (0.0 s)');
});

it('marks a step whose work throws, and throws on', async () => {
  const { progress, text } = recorded(false);
  const work = progress.run('Starting', () => Promise.reject(new Error('no')));
  await expect(work).rejects.toThrow('no');
  expect(text()).toBe('Starting ...\n✗ Starting (0.0 s)\n');
});

it('lets the work say how it ended', async () => {
  const { progress, text } = recorded(false);
  await progress.run('Fetching', async (step) => step.done('2 modules'));
  expect(text()).toBe('Fetching ...\n✓ Fetching: 2 modules (0.0 s)\n');
});
