// SPDX-License-Identifier: Apache-2.0
/**
 * Never late: a stored SVID is replaced in the middle of its life, whatever else goes on; and where it cannot be, Ready
 * turns False at the very moment it ends. Timers are the controller's own.
 * @module
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planIdentity } from '../../../src/identity/plan.ts';
import { lifetime, renewalTime } from '../../../src/identity/renewal.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { anIssued, NOW, respecified, touched } from '../../support/builders.ts';
import { type ModelWorld, SPEC_EDITS, SURROUNDINGS, TENANT_EDITS, TIME } from '../../support/model-world.ts';
import { issuances, live, stories } from '../../support/stories.ts';

const { touch, stripLabels, stripAnnotations, stripOwner, rogueAnchors } = TENANT_EDITS;
/** Edits that leave the SVID as it is. */
const MILD_EDITS = { touch, stripLabels, stripAnnotations, stripOwner, rogueAnchors };

function expectFresh(world: ModelWorld): void {
  const svid = world.cluster.secrets.get(world.secretName())?.svid;
  if (svid !== undefined) expect(svid.notAfter).toBeGreaterThan(world.cluster.now);
}

describe('an SVID that nothing stands in the way of', () => {
  it('never ends while the controller runs', () => {
    fc.assert(
      fc.property(stories({ ...SPEC_EDITS, ...MILD_EDITS, ...TIME }), (story) => {
        const world = live(story, expectFresh);
        world.advance(6 * HOUR);
      }),
      { numRuns: 200 },
    );
  });

  it('is renewed between 40 and 60 % of its life', () => {
    fc.assert(
      fc.property(stories({ ttl: SPEC_EDITS.ttl, touch, ...TIME }), (story) => {
        const world = live(story);
        world.advance(6 * HOUR);
        for (const { at, issued } of issuances(world).filter(({ issued }) => issued.reason === 'RenewalDue')) {
          const { notBefore = 0, notAfter = 0 } = issued.found?.svid ?? {};
          const part = (at - notBefore - MINUTE) / lifetime(notBefore, notAfter);
          expect(part).toBeGreaterThanOrEqual(0.4);
          expect(part).toBeLessThanOrEqual(0.601);
        }
      }),
      { numRuns: 200 },
    );
  });
});

it('turns Ready False when the SVID ends, and not before, while it cannot be renewed', () => {
  fc.assert(
    fc.property(stories({ ...SURROUNDINGS, ...TIME }), (story) => {
      live(story, ({ cluster }) => {
        const { status } = cluster.identities.get('checkout') ?? {};
        const [ready] = status?.conditions ?? [];
        if (status?.notAfter !== undefined && Date.parse(status.notAfter) <= cluster.now)
          expect(ready?.status).toBe('False');
        if (ready?.reason === 'Expired') expect(Date.parse(status?.notAfter ?? '')).toBeLessThanOrEqual(cluster.now);
      });
    }),
    { numRuns: 500 },
  );
});

it('asks to be looked at again before the SVID ends, whatever holds it up', () => {
  const situation = fc.record({
    age: fc.integer({ min: 0, max: 2 * HOUR }),
    account: fc.boolean(),
    suspend: fc.boolean(),
    edited: fc.boolean(),
    heals: fc.nat(6),
    changed: fc.boolean(),
    pace: fc.integer({ min: NOW - MINUTE, max: NOW + 3 * MINUTE }),
  });
  fc.assert(
    fc.property(situation, ({ age, account, suspend, edited, heals, changed, pace }) => {
      const issuedAt = Math.floor((NOW - age) / SECOND) * SECOND;
      const issued = anIssued({ issuedAt, identity: { spec: { suspend } } });
      const healing = Array.from({ length: heals }, (_, index) => NOW - index * MINUTE);
      const observed = {
        ...(edited ? touched(issued, { meta: { labels: {} } }) : issued),
        serviceAccountExists: account,
        healing,
        pace,
      };
      const plan = planIdentity(changed ? respecified(observed, { services: ['cart'] }) : observed, NOW);
      const end = issuedAt + HOUR;
      const renewal = renewalTime(issuedAt - MINUTE, end, issued.identity.metadata.uid);
      const issues = plan.actions.some(({ kind }) => kind === 'IssueSVID');
      if (NOW < end && !issues)
        expect(NOW + (plan.requeueAfter ?? DAY)).toBeLessThanOrEqual(NOW < renewal ? renewal : end);
      expect(plan.requeueAfter ?? 1).toBeGreaterThan(0);
    }),
    { numRuns: 2000 },
  );
});
