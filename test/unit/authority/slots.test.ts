// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  activeSlot,
  anchors,
  forgetTime,
  rootCanSign,
  signsUntil,
  takeoverTime,
} from '../../../src/authority/slots.ts';
import { DAY, HOUR, MINUTE } from '../../../src/time.ts';
import { aDocument, aResolvedTrustDomain, aSlot, NOW } from '../../support/builders.ts';

const td = aResolvedTrustDomain();
const intermediate = aSlot({ notBefore: NOW, notAfter: NOW + 7 * DAY });

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
    const short = aSlot({ notBefore: NOW, notAfter: NOW + DAY + HOUR });
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
