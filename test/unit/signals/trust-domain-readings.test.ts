// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { AuthorityStatus, RotationStatus, TrustDomainStatus } from '../../../src/api/trust-domain.ts';
import { ROTATION_STEPS } from '../../../src/api/trust-domain.ts';
import { trustDomainReading } from '../../../src/signals/trust-domain-readings.ts';
import { aTrustDomain } from '../../support/builders.ts';

const at = (time: string) => Date.parse(time);

function anAuthority(changes: Partial<AuthorityStatus>): AuthorityStatus {
  return {
    id: 'a',
    kind: 'Intermediate',
    state: 'Active',
    notBefore: '2026-06-01T00:00:00Z',
    notAfter: '2026-06-08T00:00:00Z',
    ...changes,
  };
}

function aRotation(changes: Partial<RotationStatus> = {}): RotationStatus {
  return { action: 'RotateRoot', state: 'InProgress', message: '', startedAt: '2026-06-01T00:00:00Z', ...changes };
}

function readingOf(status?: TrustDomainStatus, now = at('2026-06-01T00:00:00Z')) {
  return trustDomainReading(aTrustDomain(status === undefined ? {} : { status }), now);
}

function countsOf(status: TrustDomainStatus): string[] {
  const { authorities } = readingOf(status);
  return authorities.filter(({ count }) => count > 0).map(({ kind, state, count }) => `${count} ${state} ${kind}`);
}

describe('what metrics read of authorities', () => {
  const root = anAuthority({ id: 'r1', kind: 'Root', state: 'Retired', leavesUntil: '2026-06-08T00:00:00Z' });
  const next = anAuthority({ id: 'r2', kind: 'Root', notAfter: '2027-06-01T00:00:00Z' });
  const old = anAuthority({ id: 'i1', state: 'Retired', leavesUntil: '2026-06-08T00:00:00Z' });
  const signing = anAuthority({ id: 'i2', notAfter: '2026-06-12T00:00:00Z' });
  const authorities = [root, next, old, signing];

  it('is a count for every kind and state, known from the start', () => {
    expect(readingOf().authorities).toHaveLength(6);
    expect(readingOf().authorities.every(({ count }) => count === 0)).toBe(true);
    expect(countsOf({ authorities })).toEqual([
      '1 Active Root',
      '1 Retired Root',
      '1 Active Intermediate',
      '1 Retired Intermediate',
    ]);
  });

  it('is the end of those that sign', () => {
    expect(readingOf({ authorities }).active).toEqual([
      { kind: 'Root', notAfter: at('2027-06-01T00:00:00Z'), overdue: false },
      { kind: 'Intermediate', notAfter: at('2026-06-12T00:00:00Z'), overdue: false },
    ]);
  });

  it.each([
    ['2026-06-05T23:00:00Z', false],
    // It may sign until 7 June, a day (svid.maxTTL) before its end, and is replaced with a third of that left.
    ['2026-06-06T01:00:00Z', true],
  ])('says at %s whether the next intermediate is overdue: %s', (now, overdue) => {
    const [active] = readingOf({ authorities: [anAuthority({})] }, at(now)).active;
    expect(active?.overdue).toBe(overdue);
  });

  it('bounds the last SVID under each: recorded for the retired, by the last intermediate for a root that signs', () => {
    const ends = readingOf({ authorities }).latestSVIDs.map(({ id, notAfter }) => [id, notAfter]);
    expect(Object.fromEntries(ends)).toEqual({
      r1: at('2026-06-08T00:00:00Z'),
      r2: at('2026-06-12T00:00:00Z'),
      i1: at('2026-06-08T00:00:00Z'),
      i2: at('2026-06-12T00:00:00Z'),
    });
  });

  it.each([
    ['a root bounds what its intermediates would outlive', [{ ...next, notAfter: '2026-06-10T00:00:00Z' }, signing]],
    ['a root without a known intermediate stands for itself', [{ ...next, notAfter: '2026-06-10T00:00:00Z' }]],
    [
      'a retired one without a record stands for itself',
      [anAuthority({ state: 'Retired', notAfter: '2026-06-10T00:00:00Z' })],
    ],
  ])('never claims too early an end: %s', (_, list) => {
    expect(readingOf({ authorities: list }).latestSVIDs[0]?.notAfter).toBe(at('2026-06-10T00:00:00Z'));
  });

  it('bounds a root by what its intermediates have signed, not by how long they could have', () => {
    const imported = anAuthority({
      state: 'Retired',
      notAfter: '2030-01-01T00:00:00Z',
      leavesUntil: '2026-06-09T00:00:00Z',
    });
    const waiting = anAuthority({ state: 'Prepared', notAfter: '2031-01-01T00:00:00Z' });
    const [bound] = readingOf({ authorities: [next, imported, waiting] }).latestSVIDs;
    expect(bound).toEqual({ kind: 'Root', id: 'r2', notAfter: at('2026-06-09T00:00:00Z') });
  });

  it('has no last SVID under one that never signed', () => {
    expect(readingOf({ authorities: [anAuthority({ kind: 'Root', state: 'Prepared' })] }).latestSVIDs).toEqual([]);
  });

  it('counts compromised roots; their intermediates go with them', () => {
    const compromised = { compromised: true } as const;
    expect(readingOf({ authorities }).compromisedRoots).toBe(0);
    const condemned = [{ ...root, ...compromised }, next, { ...old, ...compromised }, signing];
    expect(readingOf({ authorities: condemned }).compromisedRoots).toBe(1);
  });

  it('leaves out a time that cannot be read', () => {
    const reading = readingOf({ authorities: [anAuthority({ notAfter: 'soon' })] });
    expect([reading.active, reading.latestSVIDs]).toEqual([[], []]);
  });
});

function presentSteps(status?: TrustDomainStatus): string[] {
  return Object.entries(readingOf(status).rotation.steps).flatMap(([step, present]) => (present ? [step] : []));
}

describe('what metrics read of a rotation', () => {
  it('is nothing to wait for where there is none', () => {
    const { rotation } = readingOf();
    expect(rotation).toMatchObject({ targets: 0, stale: 0, exposed: 0, quarantined: 0 });
    expect([rotation.startedAt, rotation.nextStepTime]).toEqual([undefined, undefined]);
    expect(Object.keys(rotation.steps)).toEqual(ROTATION_STEPS);
    expect(presentSteps()).toEqual([]);
  });

  it('is where it is, and what it waits for', () => {
    const counts = { targets: 9, stale: 4, exposed: 1, quarantined: 2 };
    const rotation = aRotation({ step: 'PublishingRoot', nextStepTime: '2026-06-02T00:00:00Z', ...counts });
    expect(presentSteps({ rotation })).toEqual(['PublishingRoot']);
    expect(readingOf({ rotation }).rotation).toMatchObject({
      startedAt: at('2026-06-01T00:00:00Z'),
      nextStepTime: at('2026-06-02T00:00:00Z'),
      ...counts,
    });
  });

  it('is not zero while it is not counted', () => {
    const { targets, stale, exposed } = readingOf({ rotation: aRotation({ step: 'PublishingRoot' }) }).rotation;
    expect([targets, stale, exposed]).toEqual([undefined, undefined, undefined]);
  });

  it.each(['Completed', 'Refused'] as const)('is over when it is %s; what was given up is kept', (state) => {
    const rotation = aRotation({ state, step: 'PublishingRoot', targets: 9, stale: 4, quarantined: 2 });
    expect(presentSteps({ rotation })).toEqual([]);
    expect(readingOf({ rotation }).rotation).toMatchObject({
      startedAt: undefined,
      targets: 0,
      stale: 0,
      quarantined: 2,
    });
  });
});

it('reads the state and the bundle where status has them', () => {
  const condition = {
    type: 'Ready',
    status: 'False',
    reason: 'AuthorityLost',
    message: '',
    lastTransitionTime: '',
  } as const;
  const bundle = { sequence: 7, configMaps: { total: 5, current: 3 } };
  expect(readingOf({ conditions: [condition], bundle })).toMatchObject({
    state: 'AuthorityLost',
    bundle: { sequence: 7, configMaps: 5, stale: 2 },
  });
  expect(readingOf()).toMatchObject({ name: 'default', state: 'Pending', bundle: undefined });
});
