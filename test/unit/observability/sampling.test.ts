// SPDX-License-Identifier: Apache-2.0
import { expect, it, vi } from 'vitest';
import { sampled } from '../../../src/observability/sampling.ts';
import { SECOND } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function aLogger() {
  const warn = vi.fn();
  const error = vi.fn();
  const info = vi.fn();
  const logger = { debug: vi.fn(), info, warn, error, child: () => logger };
  return { logger, warn, error, info };
}

const WARNINGS = { burst: 20, interval: SECOND / 2 };

it('writes a burst of warnings of a kind and some each second, and says how many were left out', async () => {
  const clock = new ManualClock();
  const { logger, warn } = aLogger();
  const leftOut = vi.fn();
  const log = sampled(logger, { clock, ...WARNINGS, onLeftOut: leftOut });
  // A child shares the count: every key would have a flood of its own otherwise.
  for (let i = 0; i < 50; i += 1) log.child({ i }).warn('Reconcile failed', { key: `${i}` });
  expect(warn).toHaveBeenCalledTimes(20);
  expect(leftOut).toHaveBeenCalledTimes(30);
  await clock.advance(SECOND);
  log.warn('Reconcile failed', { key: 'next' });
  expect(warn).toHaveBeenLastCalledWith('Reconcile failed', { key: 'next', leftOut: 30 });
  log.warn('Reconcile failed', { key: 'after' });
  expect(warn).toHaveBeenLastCalledWith('Reconcile failed', { key: 'after' });
  log.warn('Reconcile failed', { key: 'too many' });
  expect(warn).toHaveBeenCalledTimes(22);
});

it('leaves out nothing of another kind, no error and nothing of lower levels', () => {
  const { logger, warn, error, info } = aLogger();
  const log = sampled(logger, { clock: new ManualClock(), ...WARNINGS });
  for (let i = 0; i < 50; i += 1) {
    log.warn('Reconcile failed');
    log.error('Stopped');
    log.info('Issued');
  }
  log.warn('Watch ended');
  expect([warn, error, info].map((mock) => mock.mock.calls.length)).toEqual([21, 50, 50]);
});
