// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { AuthorityDocument, AuthoritySlot } from '../../../src/authority/document.ts';
import {
  activeSlot,
  anchors,
  chainAbove,
  forgetTime,
  knownIDs,
  rootCanSign,
  signsUntil,
  takeoverTime,
  toleratedAnchors,
} from '../../../src/authority/slots.ts';
import { DAY, HOUR, MINUTE } from '../../../src/time.ts';
import { aDocument, aResolvedTrustDomain, aSlot, NOW } from '../../support/builders.ts';

const td = aResolvedTrustDomain();
/** Made now, and backdated. */
const intermediate = aSlot({ notBefore: NOW - MINUTE, notAfter: NOW + 7 * DAY });

describe('slots', () => {
  it('finds the one that is active, by kind', () => {
    const document = aDocument({ slots: [aSlot({ kind: 'Root' }), aSlot({ id: 'old', state: 'Retired' }), aSlot()] });
    expect(activeSlot(document, 'Intermediate')?.id).toBe('intermediate-1');
    expect(activeSlot(document, 'Root')?.id).toBe('root-1');
    expect(activeSlot(aDocument({ slots: [] }), 'Root')).toBeUndefined();
  });

  it('publishes roots in every state and nothing else', () => {
    const document = aDocument({
      slots: [
        aSlot({ kind: 'Root', id: 'a', state: 'Retired' }),
        aSlot({ kind: 'Root', id: 'b' }),
        aSlot({ kind: 'Root', id: 'c', state: 'Prepared' }),
        aSlot(),
      ],
    });
    expect(anchors(document).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('signs while a leaf of the longest lifetime still fits in', () => {
    expect(signsUntil(intermediate, td)).toBe(NOW + 6 * DAY);
  });

  it('is taken over with a third of its signing time left, so before it stops signing', () => {
    expect(takeoverTime(intermediate, td)).toBe(NOW + 4 * DAY);
    const short = aSlot({ notBefore: NOW - MINUTE, notAfter: NOW + DAY + HOUR });
    expect(takeoverTime(short, td)).toBe(NOW + 40 * MINUTE);
  });

  it('is taken over at once when no leaf of the longest lifetime fits in any more', () => {
    const tiny = aSlot({ notBefore: NOW, notAfter: NOW + HOUR });
    expect(takeoverTime(tiny, td)).toBeLessThanOrEqual(NOW);
  });

  it('is forgotten when its last leaf must have ended, clocks that lag included', () => {
    expect(forgetTime(intermediate)).toBe(NOW + 7 * DAY + MINUTE);
  });

  it.each([
    ['a year', 365 * DAY, true],
    ['a moment more than two longest lifetimes', 2 * DAY + 1, true],
    ['two longest lifetimes', 2 * DAY, false],
    ['nothing', 0, false],
  ])('lets a root with %s left sign: %s', (_, left, can) => {
    expect(rootCanSign(aSlot({ kind: 'Root', notAfter: NOW + left }), td, NOW)).toBe(can);
  });

  it('does not let a root sign before its time', () => {
    expect(rootCanSign(aSlot({ kind: 'Root', notBefore: NOW + 1 }), td, NOW)).toBe(false);
  });
});

function crossed(n: number): { certificate: string; issuerID: string } {
  return { certificate: `cross of root-${n}\n`, issuerID: `root-${n - 1}` };
}

function root(n: number, changes: Partial<AuthoritySlot>): AuthoritySlot {
  return aSlot({ kind: 'Root', id: `root-${n}`, ...changes });
}

function withoutCompromise(slot: AuthoritySlot): AuthoritySlot {
  const { compromised: _, ...rest } = slot;
  return rest;
}

function tolerated(document: AuthorityDocument): string[][] {
  return toleratedAnchors(document).map((set) => set.map(({ id }) => id));
}

describe('what travels and what is published', () => {
  const cross = { certificate: 'cross of root-2\n', issuerID: 'root-1' };
  const oldRoot = aSlot({ kind: 'Root', state: 'Retired' });
  const newRoot = aSlot({ kind: 'Root', id: 'root-2', cross });
  const second = aSlot({ id: 'intermediate-2', issuerID: 'root-2' });

  it('the cross-certificate goes last, until the root that signed it is no anchor any more', () => {
    const both = aDocument({ slots: [oldRoot, newRoot, second] });
    expect(chainAbove(both)).toEqual([second.certificate, cross.certificate]);
    const withdrawn = aDocument({ slots: [{ ...oldRoot, withdrawnSince: NOW }, newRoot, second] });
    expect(chainAbove(withdrawn)).toEqual([second.certificate]);
    expect(chainAbove(aDocument({ slots: [newRoot, second] }))).toEqual([second.certificate]);
  });

  it('after a second compromise those go along that lead to whoever has not heard of the first', () => {
    const condemned = { state: 'Retired', compromised: true } as const;
    const third = aSlot({ id: 'intermediate-3', issuerID: 'root-3' });
    const slots = [
      root(1, condemned),
      root(2, { ...condemned, cross: crossed(2) }),
      root(3, { cross: crossed(3) }),
      third,
    ];
    expect(chainAbove(aDocument({ slots }))).toEqual([third.certificate, 'cross of root-3\n', 'cross of root-2\n']);
    // In a planned change everybody held the second before it signed.
    const planned = slots.map((slot) => (slot.state === 'Retired' ? withoutCompromise(slot) : slot));
    expect(chainAbove(aDocument({ slots: planned }))).toEqual([third.certificate, 'cross of root-3\n']);
    // What nobody may trust any more leads nowhere.
    const [first, ...others] = slots;
    const withdrawn = [{ ...(first as AuthoritySlot), withdrawnSince: NOW }, ...others];
    expect(chainAbove(aDocument({ slots: withdrawn }))).toEqual([third.certificate, 'cross of root-3\n']);
  });

  it('the cross-certificate of a root that does not sign yet stays at home', () => {
    const document = aDocument({ slots: [aSlot({ kind: 'Root' }), { ...newRoot, state: 'Prepared' }, aSlot()] });
    expect(chainAbove(document)).toEqual([aSlot().certificate]);
    expect(chainAbove(aDocument({ slots: [newRoot] }))).toEqual([]);
  });

  it('withdrawn roots are no anchors, and Secrets may hold them until their renewal unless they were compromised', () => {
    const gone = { ...oldRoot, withdrawnSince: NOW };
    expect(anchors(aDocument({ slots: [gone, newRoot] })).map(({ id }) => id)).toEqual(['root-2']);
    expect(tolerated(aDocument({ slots: [gone, newRoot] }))).toEqual([['root-1', 'root-2']]);
    expect(tolerated(aDocument({ slots: [{ ...gone, compromised: true }, newRoot] }))).toEqual([]);
    expect(tolerated(aDocument({ slots: [oldRoot, newRoot] }))).toEqual([]);
  });

  it('several withdrawn roots leave one after the other', () => {
    const first = aSlot({ kind: 'Root', id: 'root-0', state: 'Retired', withdrawnSince: NOW - DAY });
    const document = aDocument({ slots: [first, { ...oldRoot, withdrawnSince: NOW }, newRoot] });
    expect(tolerated(document)).toEqual([
      ['root-0', 'root-1', 'root-2'],
      ['root-1', 'root-2'],
    ]);
  });

  it('compromised intermediates are known no more', () => {
    const document = aDocument({ slots: [newRoot, aSlot({ compromised: true }), second] });
    expect([...knownIDs(document)]).toEqual(['intermediate-2']);
  });
});
