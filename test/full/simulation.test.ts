// SPDX-License-Identifier: Apache-2.0
/**
 * A million identities in simulated time: what one signer in front of one API server carries, and how long mass events
 * take.
 * @module
 */
import { expect, it, vi } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/time.ts';
import { issuanceTakes, measuredCosts } from '../support/scale/costs.ts';
import { describeStory, expectRecorded, live, recordOf } from '../support/scale/story.ts';

vi.mock('../../src/reconcilers/authority/signing.ts', () => import('../property/authority/model/fake-signing.ts'));
vi.mock('../../src/reconcilers/authority/load.ts', () => import('../property/authority/model/fake-storage.ts'));
vi.mock('../../src/reconcilers/authority/roots.ts', () => import('../property/authority/model/fake-storage.ts'));

const SIZE = 1_000_000;

it('a million identities of a day outlive every mass event', async () => {
  const options = { size: SIZE, ttl: DAY, calm: 10 * HOUR, slow: 12 * HOUR };
  const story = await live(options);
  console.log(describeStory(options, story));
  const { created, renewed, afterOutage, compromised, slow, heapBytes } = story;
  const costs = measuredCosts();
  expect(created.drained).toBeLessThan(1.05 * SIZE * issuanceTakes(costs, 'create'));
  expect(compromised.drained).toBeLessThan(1.15 * SIZE * issuanceTakes(costs, 'replace'));
  for (const phase of [renewed, afterOutage, slow]) expect(phase.expired, phase.name).toBe(0);
  expect(renewed.worstLateness).toBeLessThan(MINUTE);
  expect(heapBytes / SIZE).toBeLessThan(1200);
  await expectRecorded('day-1000000', recordOf(options, story));
});
