// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { gathering } from '../../../src/observability/log-output.ts';
import { ManualClock } from '../../support/manual-clock.ts';

it('flushes lines together, a moment after the first', async () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  const output = gathering({ write: (line) => void seen.push(line), flush: () => void seen.push('flush') }, clock);
  output.write('a');
  await clock.advance(49);
  output.write('b');
  expect(seen).toEqual(['a', 'b']);
  await clock.advance(1);
  expect(seen).toEqual(['a', 'b', 'flush']);
  output.write('c');
  output.flush();
  await clock.advance(100);
  expect(seen).toEqual(['a', 'b', 'flush', 'c', 'flush']);
  expect(clock.timers).toBe(0);
});
