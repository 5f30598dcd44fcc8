// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { AuthorityStatus, RotationStatus } from '../../../src/api/trust-domain.ts';
import type { AuthorityDocument } from '../../../src/authority/document.ts';
import { type FoundRoot, rebuiltRotation, rebuiltSlots } from '../../../src/authority/rebuild.ts';
import { knownIDs } from '../../../src/authority/slots.ts';
import { nextTrustDomainStatus } from '../../../src/authority/status.ts';
import { withActiveRoot, withIntermediate, withPreparedRoot } from '../../../src/authority/transitions.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { aDocument, aResolvedTrustDomain, aSlot, aTrustDomain, NOW } from '../../support/builders.ts';

const cross = { certificate: 'cross\n', issuerID: 'root-1' };
const request = { id: 'c', action: 'Compromise' } as const;
const newRoot = aSlot({ kind: 'Root', id: 'root-2', state: 'Prepared', since: NOW, cross });
const second = aSlot({ id: 'intermediate-2', issuerID: 'root-2', notAfter: NOW + 7 * DAY });
const published = withPreparedRoot(aDocument(), newRoot, NOW);
const active = withActiveRoot(published, newRoot, second, NOW);
const condemned = withPreparedRoot(aDocument(), newRoot, NOW, { request });

/** What status says of a document. */
function recorded(document: AuthorityDocument) {
  const outcome = { document, blocked: undefined, signing: true, resolved: aResolvedTrustDomain() };
  return nextTrustDomainStatus(aTrustDomain(), outcome, NOW);
}

/** The roots of a document as the root Secret holds them. */
function found({ slots }: AuthorityDocument, keyless: readonly string[] = []): FoundRoot[] {
  const roots = slots.filter(({ kind }) => kind === 'Root');
  return roots.map(({ id, notBefore, notAfter, certificate, cross }) => ({
    id,
    notBefore,
    notAfter,
    certificate,
    canSign: !keyless.includes(id),
    ...(cross === undefined ? {} : { cross }),
  }));
}

function rebuilt(document: AuthorityDocument, roots = found(document), now = NOW + HOUR) {
  const authorities: readonly AuthorityStatus[] = recorded(document).authorities ?? [];
  const slots = rebuiltSlots(roots, { recorded: authorities, maxTTL: DAY }, now);
  if ('problem' in slots) throw new Error(slots.problem);
  return slots;
}

describe('the slots of an authority whose issuing Secret is gone', () => {
  it('keep its intermediates known, so that no leaf is issued again', () => {
    const before = withIntermediate(aDocument(), aSlot({ id: 'intermediate-2' }), NOW);
    const { value } = rebuilt(before);
    expect(knownIDs(aDocument({ slots: value }))).toEqual(knownIDs(before));
    expect(value.filter(({ kind }) => kind === 'Intermediate').map(({ state }) => state)).toEqual([
      'Retired',
      'Retired',
    ]);
  });

  it('leave out intermediates that have ended', () => {
    const { value } = rebuilt(aDocument(), found(aDocument()), aSlot().notAfter);
    expect(value.map(({ id }) => id)).toEqual(['root-1']);
  });

  it('come back in the middle of a rotation, before the new root signs', () => {
    const { value, active: signing } = rebuilt(published);
    expect(signing.id).toBe('root-1');
    expect(value.find(({ id }) => id === 'root-2')).toEqual({ ...newRoot, since: NOW + HOUR });
  });

  it('come back when the new root signs and the old key is destroyed', () => {
    const { value, active: signing } = rebuilt(active, found(active, ['root-1']));
    expect(signing.id).toBe('root-2');
    expect(value[0]).toMatchObject({ state: 'Retired', keyDestroyed: true, leavesUntil: aSlot().notAfter });
    expect(value[1]).toMatchObject({ state: 'Active', cross });
  });

  it('stay compromised', () => {
    const { value } = rebuilt(condemned);
    expect(value.map(({ id, compromised = false }) => `${id} ${compromised}`)).toEqual([
      'root-1 true',
      'root-2 false',
      'intermediate-1 true',
    ]);
    expect(knownIDs(aDocument({ slots: value }))).toEqual(new Set());
  });

  it('do not count the margin from before', () => {
    const stored = { ...published, slots: published.slots.map((slot) => ({ ...slot, storedSince: NOW })) };
    expect(rebuilt(stored).value.every(({ storedSince }) => storedSince === undefined)).toBe(true);
  });

  it('come back under the new root although status was not written since it took over', () => {
    const { value, active: signing } = rebuilt(published, found(active, ['root-1']));
    expect(signing.id).toBe('root-2');
    expect(value[0]).toMatchObject({ id: 'root-1', state: 'Retired', keyDestroyed: true });
    // What the lost document knew of leaves under the old one is bounded by what status knows, and by the longest leaf.
    expect(value[0]?.leavesUntil).toBe(aSlot().notAfter);
    expect(
      rebuiltSlots(
        found(active, ['root-1']),
        { recorded: recorded(published).authorities ?? [], maxTTL: 9 * DAY },
        NOW,
      ),
    ).toMatchObject({ value: [{ leavesUntil: NOW + 9 * DAY + MINUTE }, { id: 'root-2', state: 'Active', cross }, {}] });
  });

  it('come back under a new root of which status has not heard, if the old one vouches for it', () => {
    const { value } = rebuilt(aDocument(), found(active, ['root-1']));
    expect(value.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'root-1 Retired',
      'root-2 Active',
      'intermediate-1 Retired',
    ]);
  });

  it('come back under the published root when the one that signed has ended meanwhile', () => {
    const slots = [aSlot({ kind: 'Root', notAfter: NOW }), aSlot({ notAfter: NOW }), newRoot];
    const { active: signing } = rebuilt(aDocument({ slots }));
    expect(signing.id).toBe('root-2');
  });

  it('name the root that has ended where nothing follows it', () => {
    const slots = [aSlot({ kind: 'Root', notAfter: NOW }), aSlot({ notAfter: NOW })];
    expect(rebuilt(aDocument({ slots })).active).toMatchObject({ id: 'root-1', notAfter: NOW });
  });

  it('never come back under a root that an operator gave up', () => {
    const given = aDocument({ slots: [aSlot({ kind: 'Root' }), { ...newRoot, compromised: true, state: 'Retired' }] });
    const slots = rebuiltSlots(
      found(given, ['root-1']),
      { recorded: recorded(given).authorities ?? [], maxTTL: DAY },
      NOW,
    );
    expect(slots).toEqual({ problem: 'does not hold the key of root-1' });
  });

  it('never publish a root that was not published before', () => {
    const { value } = rebuilt(aDocument(), found(published));
    expect(value.map(({ id }) => id)).toEqual(['root-1', 'intermediate-1']);
  });

  it('begin with the root that can sign where status says nothing', () => {
    const slots = rebuiltSlots(found(aDocument()), { recorded: [], maxTTL: DAY }, NOW);
    expect('value' in slots ? slots.value.map(({ id, state }) => `${id} ${state}`) : slots).toEqual(['root-1 Active']);
  });

  it.each<[string, readonly FoundRoot[], readonly AuthorityStatus[] | undefined, RegExp]>([
    ['there is no root', [], undefined, /does not hold the key of root-1/],
    ['its key is gone', found(aDocument(), ['root-1']), undefined, /does not hold the key of root-1/],
    ['it is of somebody else', found(aDocument({ slots: [newRoot] })), undefined, /does not hold the key of root-1/],
    ['nothing can sign and nothing is recorded', found(aDocument(), ['root-1']), [], /no root that can sign/],
  ])('are not made up when %s', (_, roots, authorities = recorded(aDocument()).authorities ?? [], problem) => {
    expect(rebuiltSlots(roots, { recorded: authorities, maxTTL: DAY }, NOW)).toEqual({
      problem: expect.stringMatching(problem),
    });
  });
});

describe('the record of its rotation', () => {
  it.each<[string, AuthorityDocument]>([
    ['by schedule', published],
    ['asked for', condemned],
    [
      'refused',
      {
        ...aDocument(),
        rotation: {
          id: 'x',
          action: 'RotateRoot',
          reason: 'r',
          state: 'Refused',
          message: 'no',
          startedAt: NOW,
          completedAt: NOW,
        },
      },
    ],
    [
      'complete',
      {
        ...aDocument(),
        rotation: {
          id: 'x',
          action: 'RotateRoot',
          state: 'Completed',
          startedAt: NOW,
          completedAt: NOW + SECOND,
          quarantined: 2,
        },
      },
    ],
  ])('comes back: %s', (_, document) => {
    expect(rebuiltRotation(recorded(document).rotation)).toEqual(document.rotation);
  });

  it.each<[string, RotationStatus | undefined]>([
    ['there was none', undefined],
    ['it is garbled', { action: 'RotateRoot', state: 'InProgress', message: '', startedAt: 'soon' }],
  ])('is left out when %s', (_, status) => {
    expect(rebuiltRotation(status)).toBeUndefined();
  });
});
