// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type FailedAttempt, retryDelay } from '../../../src/kube/retry.ts';

function delay(failed: Partial<FailedAttempt>, random = 0.5): number | undefined {
  const base = { write: false, attempt: 1, status: undefined, retryAfter: undefined, sent: true, stopped: false };
  return retryDelay({ ...base, ...failed }, random);
}

describe('a write is repeated only when it can not have begun', () => {
  it.each<[string, Partial<FailedAttempt>, boolean]>([
    ['no connection', { sent: false }, true],
    ['connection lost after sending', { sent: true }, false],
    ['429', { status: 429 }, true],
    ['429 with Retry-After', { status: 429, retryAfter: 1000 }, true],
    ['503 with Retry-After', { status: 503, retryAfter: 1000 }, true],
    ['503 without', { status: 503 }, false],
    ['500 with Retry-After (etcd timeout)', { status: 500, retryAfter: 2000 }, false],
    ['502', { status: 502 }, false],
    ['504', { status: 504 }, false],
    ['409', { status: 409 }, false],
  ])('%s', (_name, failed, expected) => {
    expect(delay({ ...failed, write: true }) !== undefined).toBe(expected);
  });
});

describe('a read is repeated after what may pass', () => {
  it.each<[string, Partial<FailedAttempt>, boolean]>([
    ['connection lost', { sent: true }, true],
    ['500', { status: 500 }, true],
    ['502', { status: 502 }, true],
    ['503', { status: 503 }, true],
    ['504', { status: 504 }, true],
    ['400', { status: 400 }, false],
    ['401', { status: 401 }, false],
    ['403', { status: 403 }, false],
    ['404', { status: 404 }, false],
    ['410', { status: 410 }, false],
  ])('%s', (_name, failed, expected) => {
    expect(delay(failed) !== undefined).toBe(expected);
  });
});

it('never waits less than it was asked to', () => {
  for (const random of [0, 0.5, 0.999]) {
    expect(delay({ status: 429, retryAfter: 3000 }, random)).toBeGreaterThanOrEqual(3000);
  }
});

it('ends', () => {
  for (const failed of [{ sent: false }, { status: 429, retryAfter: 0 }, { status: 500 }]) {
    expect(delay({ ...failed, attempt: 10 })).toBeUndefined();
  }
  expect(delay({ status: 429, stopped: true })).toBeUndefined();
});

it('waits longer each time', () => {
  const waits = [1, 2, 3].map((attempt) => delay({ attempt }) ?? 0);
  expect(waits).toEqual([100, 200, 400]);
});
