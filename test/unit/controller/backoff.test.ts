// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { backoffDelay } from '../../../src/controller/backoff.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';

const ALMOST_ONE = 1 - Number.EPSILON;

it.each([
  { failures: 0, least: 2.5, most: 5 },
  { failures: 1, least: 5, most: 10 },
  { failures: 10, least: 2560, most: 5120 },
  { failures: 16, least: 2.5 * MINUTE, most: 5 * MINUTE },
  { failures: 100_000, least: 2.5 * MINUTE, most: 5 * MINUTE },
])('after $failures failures waits between $least and $most ms', ({ failures, least, most }) => {
  expect(backoffDelay(failures, {}, 0)).toBe(least);
  expect(backoffDelay(failures, {}, ALMOST_ONE)).toBeCloseTo(most, 3);
});

it('never waits longer than the remaining life', () => {
  expect(backoffDelay(30, { max: 20 * SECOND }, 0)).toBe(20 * SECOND);
});

it('does not spin when no life remains', () => {
  expect(backoffDelay(30, { max: -HOUR }, 0)).toBe(SECOND);
  expect(backoffDelay(30, { max: 0 }, 0)).toBe(SECOND);
});

it('waits at least as long as the other side asked for', () => {
  expect(backoffDelay(0, { min: 10 * SECOND }, 0)).toBe(10 * SECOND);
  expect(backoffDelay(0, { min: 10 * SECOND, max: MINUTE }, 0)).toBe(10 * SECOND);
});

it('waits no longer than the remaining life even when the other side asked for more', () => {
  expect(backoffDelay(0, { min: 5 * MINUTE, max: 20 * SECOND }, 0)).toBe(20 * SECOND);
  expect(backoffDelay(30, { min: 5 * MINUTE, max: 20 * SECOND }, ALMOST_ONE)).toBe(20 * SECOND);
  expect(backoffDelay(0, { min: 10 * SECOND, max: -HOUR }, 0)).toBe(SECOND);
});

it('does not believe an absurd Retry-After', () => {
  expect(backoffDelay(0, { min: DAY }, 0)).toBe(5 * MINUTE);
});
