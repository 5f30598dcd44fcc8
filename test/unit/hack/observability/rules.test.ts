// SPDX-License-Identifier: Apache-2.0
/** @module How fast a rule is that a test has made faster: so that it can fire in the test, and not without a reason. */
import { expect, it } from 'vitest';
import { alertsOf, ruleGroups } from '../../../../hack/observability/rules/rules.ts';

/** Bookmarks of a CRD's watch come after 120 s, and a silent watch is opened anew after 150 s. */
it.each([
  [1, 300],
  [1.25, 240],
  [30, 180],
  [360, 180],
])('at a scale of %d a watch is stale after %d s of silence', (scale, seconds) => {
  const rule = alertsOf(ruleGroups(scale)).find(({ alert }) => alert === 'SignetWatchStale');
  expect(rule?.expr).toContain(`signet_reflector_last_activity_timestamp_seconds) > ${seconds} `);
});
