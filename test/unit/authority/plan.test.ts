// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { AuthoritySlot } from '../../../src/authority/document.ts';
import type { ObservedAuthority } from '../../../src/authority/observed.ts';
import { planAuthority } from '../../../src/authority/plan.ts';
import { withIntermediate } from '../../../src/authority/transitions.ts';
import { DAY, HOUR, MINUTE } from '../../../src/time.ts';
import { aDocument, aResolvedTrustDomain, aSlot, NOW } from '../../support/builders.ts';

const nothing = { authorities: [], rotation: undefined };
const recorded = {
  ...nothing,
  authorities: [{ id: 'root-1', kind: 'Root', state: 'Active', notBefore: '', notAfter: '' }],
} as const;

function anObservedAuthority(changes: Partial<ObservedAuthority> = {}): ObservedAuthority {
  return {
    trustDomain: aResolvedTrustDomain(),
    recorded,
    rootPresent: true,
    issuing: { kind: 'loaded', document: aDocument() },
    ...changes,
  };
}

/** An authority whose intermediate is of this age, of seven days. */
function aged(
  age: number,
  changes: Partial<ObservedAuthority> = {},
  root = aSlot({ kind: 'Root' }),
): ObservedAuthority {
  // Backdated, which does not count as age.
  const intermediate = aSlot({ notBefore: NOW - age - MINUTE, notAfter: NOW - age + 7 * DAY });
  return anObservedAuthority({
    issuing: { kind: 'loaded', document: aDocument({ slots: [root, intermediate] }) },
    ...changes,
  });
}

describe('bootstrap', () => {
  it('makes a root where there has never been an authority', () => {
    const plan = planAuthority(
      anObservedAuthority({ recorded: nothing, rootPresent: false, issuing: { kind: 'absent' } }),
      NOW,
    );
    expect(plan).toEqual({ action: { kind: 'CreateRoot' } });
  });

  it.each([nothing, recorded])('goes on where it stopped: a root and no intermediate', (before) => {
    const plan = planAuthority(anObservedAuthority({ recorded: before, issuing: { kind: 'absent' } }), NOW);
    expect(plan).toEqual({ action: { kind: 'CreateIssuing', recorded: before } });
  });

  it('never makes a new root in place of one that is lost', () => {
    const plan = planAuthority(anObservedAuthority({ rootPresent: false, issuing: { kind: 'absent' } }), NOW);
    expect(plan.action).toBeUndefined();
    expect(plan.blocked?.reason).toBe('AuthorityLost');
  });
});

describe('what is stored and wrong', () => {
  it.each<[string, Partial<ObservedAuthority>, string]>([
    ['damaged', { issuing: { kind: 'damaged', problem: 'is not JSON' } }, 'AuthorityLost'],
    [
      'damaged, with nothing recorded',
      { recorded: nothing, issuing: { kind: 'damaged', problem: 'is not JSON' } },
      'AuthorityLost',
    ],
    [
      'of another trust domain',
      { issuing: { kind: 'loaded', document: aDocument({ trustDomain: 'other.org' }) } },
      'AuthorityMismatch',
    ],
    [
      'without an active intermediate',
      { issuing: { kind: 'loaded', document: aDocument({ slots: [aSlot({ kind: 'Root' })] }) } },
      'AuthorityLost',
    ],
    [
      'without an active root',
      { issuing: { kind: 'loaded', document: aDocument({ slots: [aSlot()] }) } },
      'AuthorityLost',
    ],
  ])('%s: nothing is done to it', (_, changes, reason) => {
    const plan = planAuthority(anObservedAuthority(changes), NOW);
    expect(plan.action).toBeUndefined();
    expect(plan.blocked?.reason).toBe(reason);
  });
});

it('of another trust domain: says what to do', () => {
  const issuing = { kind: 'loaded', document: aDocument({ trustDomain: 'other.org' }) } as const;
  const message = planAuthority(anObservedAuthority({ issuing }), NOW).blocked?.message;
  expect(message).toContain('delete this TrustDomain and create it as other.org');
  expect(message).toContain('see AuthorityMismatch on the troubleshooting page');
});

describe('the next intermediate', () => {
  it('is not made before its time, and looked for when it comes', () => {
    const plan = planAuthority(aged(4 * DAY - 1), NOW);
    expect(plan).toEqual({ requeueAfter: 1 });
  });

  it('is made when its time has come, under the same root', () => {
    const observed = aged(4 * DAY);
    const plan = planAuthority(observed, NOW);
    expect(plan.action).toMatchObject({ kind: 'ReplaceIntermediate' });
    expect(plan.blocked).toBeUndefined();
  });

  it('is still made when the old one has expired', () => {
    expect(planAuthority(aged(8 * DAY), NOW).action?.kind).toBe('ReplaceIntermediate');
  });

  it('is made again at once when the TrustDomain asks for longer lives than the old one can give', () => {
    const observed = aged(HOUR, { trustDomain: { ...aResolvedTrustDomain(), maxTTL: 7 * DAY } });
    expect(planAuthority(observed, NOW).action?.kind).toBe('ReplaceIntermediate');
  });

  it.each<[string, number, string]>([
    ['its time has come', 4 * DAY, 'RootKeyLost'],
    ['the old one signs no more', 6 * DAY + 1, 'RootKeyLost'],
    ['the old one has expired', 7 * DAY + 1, 'AuthorityExpired'],
  ])('is not made without the root key, although %s', (_, age, reason) => {
    const plan = planAuthority(aged(age, { rootPresent: false }), NOW);
    expect(plan.action).toBeUndefined();
    expect(plan).toMatchObject({ blocked: { reason }, requeueAfter: MINUTE });
  });

  it('is not made by a root that ends too soon', () => {
    // The next root waits to be counted, and this one must not sign on meanwhile.
    const root = aSlot({ kind: 'Root', notAfter: NOW + 2 * DAY });
    const prepared = aSlot({ kind: 'Root', id: 'root-2', state: 'Prepared', since: NOW });
    const intermediate = aSlot({ notBefore: NOW - 4 * DAY - MINUTE, notAfter: NOW + 3 * DAY });
    const document = aDocument({ slots: [root, prepared, intermediate] });
    const plan = planAuthority(anObservedAuthority({ issuing: { kind: 'loaded', document } }), NOW);
    expect(plan).toMatchObject({ blocked: { reason: 'AuthorityExpired' } });
    expect(plan.action).toBeUndefined();
  });

  it('says early that the root key is lost, while everything still works', () => {
    const plan = planAuthority(aged(HOUR, { rootPresent: false }), NOW);
    expect(plan.blocked?.reason).toBe('RootKeyLost');
    expect(plan.requeueAfter).toBe(4 * DAY - HOUR);
  });
});

function retired(notAfter: number): AuthoritySlot {
  return aSlot({ id: 'old', state: 'Retired', notAfter });
}

function holding(slot: AuthoritySlot): ObservedAuthority {
  return anObservedAuthority({
    issuing: { kind: 'loaded', document: aDocument({ slots: [aSlot({ kind: 'Root' }), slot, aSlot()] }) },
  });
}

describe('retired authorities', () => {
  it('are kept until their last leaf must have ended', () => {
    const plan = planAuthority(holding(retired(NOW - MINUTE + 1)), NOW);
    expect(plan).toEqual({ requeueAfter: 1 });
  });

  it('are forgotten then', () => {
    const plan = planAuthority(holding(retired(NOW - MINUTE)), NOW);
    expect(plan.action).toMatchObject({ kind: 'Forget', slots: [{ id: 'old' }] });
  });

  it('leave active ones alone, even expired', () => {
    const root = aSlot({ kind: 'Root', notAfter: NOW - DAY });
    expect(planAuthority(aged(HOUR, {}, root), NOW).action).toBeUndefined();
    expect(planAuthority(aged(8 * DAY, {}, root), NOW).action).toBeUndefined();
  });
});

describe('the document after a step', () => {
  const next = aSlot({ id: 'next', since: NOW, notBefore: NOW, notAfter: NOW + 7 * DAY });

  it('has one signing intermediate, and knows the one before', () => {
    const before = aDocument();
    const after = withIntermediate(before, next, NOW);
    expect(after.slots.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'root-1 Active',
      'intermediate-1 Retired',
      'next Active',
    ]);
    expect(after.slots[1]?.since).toBe(NOW);
    expect(before.slots[1]?.state).toBe('Active');
    expect(
      planAuthority(anObservedAuthority({ issuing: { kind: 'loaded', document: after } }), NOW).action,
    ).toBeUndefined();
  });

  it('has no forgotten slot', () => {
    const document = aDocument({
      slots: [aSlot({ kind: 'Root' }), aSlot({ id: 'old', state: 'Retired', notAfter: 0 }), aSlot()],
    });
    const plan = planAuthority(anObservedAuthority({ issuing: { kind: 'loaded', document } }), NOW);
    const after = plan.action?.kind === 'Forget' ? plan.action.next : undefined;
    expect(after).toEqual(aDocument({ revision: 2 }));
  });
});
