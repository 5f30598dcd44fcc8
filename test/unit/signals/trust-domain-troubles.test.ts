// SPDX-License-Identifier: Apache-2.0
/** @module What events tell of the conditions of a TrustDomain. */
import { describe, expect, it } from 'vitest';
import type { TrustDomainStatus } from '../../../src/api/trust-domain.ts';
import { conditionEvents } from '../../../src/signals/trust-domain-events.ts';

const LOST = {
  type: 'Ready',
  status: 'False',
  reason: 'AuthorityLost',
  message: 'gone',
  lastTransitionTime: '2026-06-15T12:00:00Z',
};

function statusOf(...conditions: readonly object[]): TrustDomainStatus {
  return { conditions: conditions.map((changes) => ({ ...LOST, ...changes })) } as TrustDomainStatus;
}

function troubles(previous: TrustDomainStatus | undefined, next: TrustDomainStatus): string[] {
  return conditionEvents(previous, next).map(({ reason, note }) => `${reason}: ${note}`);
}

describe('conditions', () => {
  it('tell of trouble when it begins and when it is another', () => {
    expect(troubles(undefined, statusOf({}))).toEqual(['AuthorityLost: gone']);
    expect(troubles(statusOf({ reason: 'RootKeyLost' }), statusOf({}))).toEqual(['AuthorityLost: gone']);
    expect(troubles(statusOf({ message: 'other words' }), statusOf({}))).toEqual([]);
  });

  it('tell of trouble that does not stop issuance', () => {
    const ready = { status: 'True', reason: 'AuthorityReady' };
    const blocked = { type: 'BundleBlocked', status: 'True', reason: 'ObjectConflict', message: 'taken' };
    expect(troubles(statusOf(ready), statusOf(ready, blocked))).toEqual(['ObjectConflict: taken']);
    expect(troubles(statusOf(ready), statusOf({ status: 'True', reason: 'RootKeyLost' }))).toEqual([
      'RootKeyLost: gone',
    ]);
  });

  it('tell nothing of what is as it should be', () => {
    const lost = statusOf({});
    expect(troubles(lost, statusOf({ status: 'True', reason: 'AuthorityReady' }))).toEqual([]);
    expect(troubles(undefined, statusOf({ reason: 'Pending' }))).toEqual([]);
    expect(troubles(lost, {})).toEqual([]);
  });
});
