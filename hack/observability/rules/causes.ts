// SPDX-License-Identifier: Apache-2.0
/**
 * What the alerts share: the rules that say which great trouble there is, so that a symptom of it does not page once
 * more on its own.
 * @module
 */
import type { Recording } from './rule.ts';

export const CAUSES: readonly Recording[] = [
  { record: 'signet:signers:sum', expr: 'sum(signet_lease_held)' },
  { record: 'signet:warm_standbys:count', expr: 'sum(signet_ready * on (instance) (1 - signet_lease_held))' },
  { record: 'signet:clock_skew_seconds:max', expr: 'max(abs(signet_clock_skew_seconds))' },
  { record: 'signet:clock_skew_seconds:min', expr: 'min(abs(signet_clock_skew_seconds))' },
  {
    record: 'signet:authorities_unavailable:sum',
    expr: 'sum(max by (state) (signet_trust_domains{state=~"Authority(Lost|WentBack|Expired|Mismatch)"}))',
  },
  { record: 'signet:admission_works:max', expr: 'max(signet_admission_works)' },
];

/** Replicas may sign again within this much of the API server's time (design rule 15), with some room. */
export const SKEW_LIMIT = 25;

/** Without a signer, or without an authority, everything else is a consequence. */
export const UNLESS_DOWN =
  'unless on () (signet:signers:sum == 0) unless on () (signet:authorities_unavailable:sum > 0)';
