// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { sameJSON } from '../../../src/api/equality.ts';
import { formatTimestamp } from '../../../src/api/timestamp.ts';
import { type AuthorityOutcome, nextTrustDomainStatus } from '../../../src/authority/status.ts';
import { DAY } from '../../../src/time.ts';
import { aDocument, aSlot, aTrustDomain, NOW } from '../../support/builders.ts';

const good: AuthorityOutcome = { document: aDocument(), blocked: undefined, signing: true };
const trouble = { reason: 'RootKeyLost', message: 'restore it' } as const;

function after(outcome: Partial<AuthorityOutcome>, now = NOW, trustDomain = aTrustDomain()) {
  return nextTrustDomainStatus(trustDomain, { ...good, ...outcome }, now);
}

describe('the status of a TrustDomain', () => {
  it.each<[string, Partial<AuthorityOutcome>, string, string]>([
    ['signing', {}, 'True', 'AuthorityReady'],
    ['signing without the root key', { blocked: trouble }, 'True', 'RootKeyLost'],
    ['not in place yet', { document: undefined, signing: false }, 'False', 'Pending'],
    [
      'lost',
      { document: undefined, signing: false, blocked: { reason: 'AuthorityLost', message: 'm' } },
      'False',
      'AuthorityLost',
    ],
    [
      'in conflict',
      { document: undefined, signing: false, blocked: { reason: 'Conflict', message: 'm' } },
      'False',
      'Conflict',
    ],
  ])('%s', (_, outcome, status, reason) => {
    expect(after(outcome).conditions).toEqual([expect.objectContaining({ type: 'Ready', status, reason })]);
  });

  it('lists every authority, without certificates', () => {
    const document = aDocument({ slots: [aSlot({ kind: 'Root' }), aSlot({ id: 'old', state: 'Retired' }), aSlot()] });
    const { authorities } = after({ document });
    expect(authorities?.map(({ id, kind, state }) => `${id} ${kind} ${state}`)).toEqual([
      'root-1 Root Active',
      'old Intermediate Retired',
      'intermediate-1 Intermediate Active',
    ]);
    expect(Object.keys(authorities?.[0] ?? {}).sort()).toEqual(['id', 'kind', 'notAfter', 'notBefore', 'state']);
  });

  it('says when the first of the active root and intermediate ends', () => {
    expect(after({}).notAfter).toBe(formatTimestamp(aSlot().notAfter));
    const ending = aDocument({
      slots: [
        aSlot({ kind: 'Root', notAfter: NOW + DAY }),
        aSlot(),
        aSlot({ id: 'old', state: 'Retired', notAfter: NOW }),
      ],
    });
    expect(after({ document: ending }).notAfter).toBe(formatTimestamp(NOW + DAY));
  });

  it('remembers what existed while it cannot be loaded: the proof that no new root may be made', () => {
    const status = after({});
    const lost = after({ document: undefined, signing: false }, NOW + DAY, aTrustDomain({ status }));
    expect(lost.authorities).toEqual(status.authorities);
    expect(lost.notAfter).toEqual(status.notAfter);
  });

  it('does not change while nothing does, and moves lastTransitionTime only with the status', () => {
    const status = after({});
    const later = after({}, NOW + DAY, aTrustDomain({ status }));
    expect(sameJSON(status, later)).toBe(true);
    const warned = after({ blocked: trouble }, NOW + DAY, aTrustDomain({ status }));
    expect(warned.conditions?.[0]?.lastTransitionTime).toBe(formatTimestamp(NOW));
    const stopped = after({ blocked: trouble, signing: false }, NOW + DAY, aTrustDomain({ status }));
    expect(stopped.conditions?.[0]?.lastTransitionTime).toBe(formatTimestamp(NOW + DAY));
  });

  it('carries the generation it was made from', () => {
    expect(after({}, NOW, aTrustDomain({ metadata: { generation: 4 } })).observedGeneration).toBe(4);
  });
});
