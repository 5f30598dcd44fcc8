// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { EventLoopProbe } from '../../../src/observability/event-loop.ts';
import { SECOND } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';

it('measures how late its timers run, until it is stopped', async () => {
  const clock = new ManualClock();
  let blocked = 0;
  const slow = { ...plain(clock), monotonic: () => clock.monotonic() + blocked };
  const lags: number[] = [];
  const probe = new EventLoopProbe(slow, (lag) => lags.push(lag));
  expect(clock.timers).toBe(0);
  probe.start();
  probe.start();
  await clock.advance(SECOND);
  blocked = 300;
  await clock.advance(SECOND);
  expect(lags).toEqual([0, 0, 300, 0]);
  probe.stop();
  expect(clock.timers).toBe(0);
});

function plain({ now, monotonic, after }: ManualClock) {
  return { now, monotonic, after };
}
