// SPDX-License-Identifier: Apache-2.0
/**
 * No storm: whatever happens to an identity and its Secret, nothing is issued without a reason that is really there,
 * and heals and changes stay within their budgets.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { FAULTS, SPEC_EDITS, TENANT_EDITS, TIME } from '../../support/model-world.ts';
import { EVERYTHING, issuances, justified, live, stories, without } from '../../support/stories.ts';

/** What is counted in memory begins anew with a process. */
const STEADY_FAULTS = without(FAULTS, 'restart', 'handOver');

it('issues only for a reason that is really there, and never writes a Secret of somebody else', () => {
  fc.assert(
    fc.property(stories(EVERYTHING), (story) => {
      const world = live(story);
      for (const { at, issued } of issuances(world)) {
        expect([issued.reason, justified(issued, at)]).toEqual([issued.reason, true]);
        expect(world.foreign).not.toContain(issued.found?.meta.uid);
      }
      for (const { secretUID = '' } of world.cluster.log) expect(world.foreign).not.toContain(secretUID);
    }),
    { numRuns: 700 },
  );
});

it('answers a renewRequest once, whatever fails, lags or takes over', () => {
  fc.assert(
    fc.property(stories({ ...SPEC_EDITS, ...FAULTS, ...TIME }), (story) => {
      const asked = story.filter(([happening]) => happening === 'renew').length;
      const answered = issuances(live(story)).filter(({ issued }) => issued.reason === 'RenewRequested').length;
      expect(answered).toBeLessThanOrEqual(asked);
    }),
    { numRuns: 500 },
  );
});

it('heals at most five times in ten minutes', () => {
  const happenings = { ...TENANT_EDITS, ...SPEC_EDITS, ...STEADY_FAULTS, ...without(TIME, 'hours') };
  fc.assert(
    fc.property(stories(happenings), (story) => {
      const { log } = live([...story, ...story, ...story]).cluster;
      const heals = log.filter((entry) => entry.heals === true).map(({ at }) => at);
      for (const [index, at] of heals.entries()) {
        const sixth = heals[index + 5] ?? Number.MAX_SAFE_INTEGER;
        expect(sixth - at).toBeGreaterThanOrEqual(10 * MINUTE);
      }
    }),
    { numRuns: 300 },
  );
});

it('keeps tenants from causing issuances by the dozen, whatever they do to the Secret', () => {
  fc.assert(
    fc.property(stories({ ...TENANT_EDITS, ...STEADY_FAULTS, moment: TIME.moment }), (story) => {
      const world = live([...story, ...story, ...story]);
      const span = world.cluster.now - (world.cluster.log[0]?.at ?? world.cluster.now);
      // The first one, a renewal where time allows, and heals.
      expect(issuances(world).length).toBeLessThanOrEqual(2 + 5 * (1 + Math.ceil(span / (10 * MINUTE))));
    }),
    { numRuns: 300 },
  );
});

it('follows changes of a spec five times at once, then every half minute', () => {
  const happenings = { ...SPEC_EDITS, ...STEADY_FAULTS, moment: TIME.moment };
  fc.assert(
    fc.property(stories(happenings), (story) => {
      const { log } = live([...story, ...story, ...story]).cluster;
      const times = log.filter((entry) => entry.follows === true).map(({ at }) => at);
      for (const [index, at] of times.entries()) {
        for (let later = index + 5; later < times.length; later += 1)
          expect((times[later] ?? 0) - at).toBeGreaterThanOrEqual((later - index - 4) * 30 * SECOND);
      }
      const first = log.filter(({ issued }) => issued?.reason === 'FirstIssuance');
      expect(first.every((entry) => entry.follows !== true)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
