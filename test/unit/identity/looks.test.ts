// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { looked, lookHeld, NO_LOOKS } from '../../../src/identity/looks.ts';
import type { Looks, Observed } from '../../../src/identity/observed.ts';
import { planIdentity } from '../../../src/identity/plan.ts';
import { renewalTime } from '../../../src/identity/renewal.ts';
import { type Instant, MINUTE, SECOND } from '../../../src/time.ts';
import { anIssued, anObserved, NOW } from '../../support/builders.ts';

function after(count: number, now: Instant = NOW): Looks {
  let looks = NO_LOOKS;
  for (let i = 0; i < count; i += 1) looks = looked(looks, now);
  return looks;
}

/** Somebody else wrote its Secret, and it was not read since. */
function unread(looks: Looks, observed: Observed = anIssued()): Observed {
  const { secret } = observed;
  if (secret === undefined) throw new Error('there is no Secret');
  return { ...observed, looks, secret: { meta: { ...secret.meta, resourceVersion: '101' }, content: undefined } };
}

describe('the budget of looks', () => {
  const { identity } = anObserved();

  it('lets ten through at once, then one every half minute', () => {
    for (const count of [0, 1, 9]) expect(lookHeld({ identity, looks: after(count) }, NOW)).toBeUndefined();
    const looks = after(10);
    expect(lookHeld({ identity, looks }, NOW)).toBe(30 * SECOND);
    expect(lookHeld({ identity, looks }, NOW + 20 * SECOND)).toBe(10 * SECOND);
    expect(lookHeld({ identity, looks }, NOW + 30 * SECOND)).toBeUndefined();
    expect(lookHeld({ identity, looks: looked(looks, NOW + 30 * SECOND) }, NOW + 30 * SECOND)).toBe(30 * SECOND);
  });

  it('is not given again because of free looks beyond it', () => {
    for (const count of [11, 12, 13, 40]) expect(lookHeld({ identity, looks: after(count) }, NOW)).toBeGreaterThan(0);
    expect(lookHeld({ identity, looks: after(40) }, NOW + 6 * MINUTE)).toBeUndefined();
  });

  it('is whole again after five minutes without a look', () => {
    expect(lookHeld({ identity, looks: after(10) }, NOW + 5 * MINUTE)).toBeUndefined();
    let looks = after(10);
    for (let i = 0; i < 9; i += 1) looks = looked(looks, NOW + 5 * MINUTE);
    expect(lookHeld({ identity, looks }, NOW + 5 * MINUTE)).toBeUndefined();
    expect(lookHeld({ identity, looks: looked(looks, NOW + 5 * MINUTE) }, NOW + 5 * MINUTE)).toBe(30 * SECOND);
  });
});

describe('a look at a Secret that somebody edits again and again', () => {
  const issued = anIssued();
  const [start, end] = [issued.identity.status?.notBefore, issued.identity.status?.notAfter].map((time = '') =>
    Date.parse(time),
  ) as [Instant, Instant];
  // Status tells it in whole seconds.
  const renewal = renewalTime(start, end, issued.identity.metadata.uid);

  it('waits, and nothing is decided or said without it', () => {
    expect(planIdentity(unread(after(9)), NOW)).toMatchObject({ read: 'content' });
    expect(planIdentity(unread(after(10)), NOW)).toEqual({ actions: [], undecided: true, requeueAfter: 30 * SECOND });
  });

  it('waits likewise where the Secret is gone and comes back', () => {
    const gone = { ...issued, secret: undefined, looks: after(10) };
    expect(planIdentity(gone, NOW)).toEqual({ actions: [], undecided: true, requeueAfter: 30 * SECOND });
    expect(planIdentity({ ...gone, looks: after(9) }, NOW)).toMatchObject({ read: 'absence' });
  });

  it.each([
    ['the renewal', renewal],
    ['the end of the SVID', end],
  ])('is free once %s has come, and waits no longer than for that', (_what, at) => {
    const before = unread(after(10, at - SECOND));
    expect(planIdentity(before, at - SECOND)).toMatchObject({ undecided: true, requeueAfter: SECOND });
    expect(planIdentity(before, at)).toMatchObject({ read: 'content' });
    expect(planIdentity(unread(looked(after(10, at - SECOND), at)), at)).toMatchObject({ undecided: true });
  });

  it('is not what holds up a Secret that nobody else wrote', () => {
    const calm = { ...issued, looks: after(10) };
    expect(planIdentity(calm, NOW)).toMatchObject({ intact: true, actions: [] });
    expect(planIdentity(calm, renewal).actions).toMatchObject([{ kind: 'IssueSVID', reason: 'RenewalDue' }]);
  });
});
