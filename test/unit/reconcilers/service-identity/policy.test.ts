// SPDX-License-Identifier: Apache-2.0
/**
 * Verdicts of policies, carried out.
 * @module
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { MINUTE } from '../../../../src/time.ts';
import { anIdentityHarness, type IdentityHarness, SECRET } from '../../../support/identity-harness.ts';

let harness: IdentityHarness;

beforeEach(async () => {
  harness = await anIdentityHarness();
});

function ready(): string | undefined {
  return harness.status?.conditions?.find(({ type }) => type === 'Ready')?.reason;
}

describe('a forbidden identity', () => {
  it('costs one status write, and then nothing', async () => {
    harness.verdict = { message: 'no', revoke: false, peers: false };
    expect(await harness.run()).toEqual(['status checkout']);
    expect(await harness.run()).toEqual([]);
    expect(ready()).toBe('PolicyViolation');
    harness.verdict = undefined;
    expect(await harness.run()).toEqual(['create checkout-svid', 'status checkout']);
    expect(harness.status?.conditions).toHaveLength(1);
  });

  it('is not renewed when the time has come', async () => {
    await harness.run();
    harness.verdict = { message: 'no', revoke: false, peers: false };
    await harness.clock.advance(37 * MINUTE);
    expect(await harness.run()).toEqual(['status checkout']);
    expect(await harness.run()).toEqual([]);
  });

  it('loses its Secret with two writes, by name, uid and version, and then costs a look at most', async () => {
    await harness.run();
    harness.verdict = { message: 'no', revoke: true, peers: false };
    expect(await harness.run()).toEqual(['delete checkout-svid', 'status checkout']);
    expect(harness.api.stored.has(SECRET)).toBe(false);
    expect(await harness.run()).toEqual(['head checkout-svid']);
    expect(ready()).toBe('PolicyViolation');
  });

  it('gets another SVID once it is allowed again', async () => {
    await harness.run();
    harness.verdict = { message: 'no', revoke: true, peers: false };
    await harness.run();
    harness.verdict = undefined;
    const calls = await harness.run();
    expect(calls).toContain('create checkout-svid');
    expect(ready()).toBe('Issued');
  });

  it('is not issued to without bound by a policy that comes and goes', async () => {
    let issuances = 0;
    for (let turn = 0; turn < 60; turn += 1) {
      harness.verdict = turn % 2 === 1 ? { message: 'no', revoke: true, peers: false } : undefined;
      const calls = await harness.run();
      issuances += calls.filter((call) => call.startsWith('create')).length;
    }
    // The first one, and as many heals as are granted within minutes.
    expect(issuances).toBeLessThanOrEqual(6);
  });
});
