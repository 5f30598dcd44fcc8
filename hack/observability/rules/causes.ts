// SPDX-License-Identifier: Apache-2.0
/**
 * What the alerts share: whose word counts, and the rules that say which great trouble there is, so that a symptom of it
 * does not page once more on its own.
 * @module
 */
import type { Recording } from './rule.ts';

/**
 * What replicas read off their caches, as the signer has it: a standby that is cut off goes on showing what it heard last.
 * Where nobody signs, as all of them have it; webhooks are believed anyway.
 */
export function bySigner(series: string): string {
  return `${series} unless on (instance) (signet_lease_held == 0 and on () (sum(signet_lease_held) > 0))`;
}

/** Watches hear something every minute or two, also where nothing happens, and are opened anew after 150 s of silence. */
export const STALE_AFTER = 300;

/** Standbys that could take over now: ready, and not knowing less than the signer without having noticed. */
export const WARM_STANDBYS = `sum(signet_ready * on (instance) (1 - signet_lease_held) * on (instance) (max by (instance) (time() - signet_reflector_last_activity_timestamp_seconds) <= bool ${STALE_AFTER}))`;

export const CAUSES: readonly Recording[] = [
  { record: 'signet:signers:sum', expr: 'sum(signet_lease_held)' },
  { record: 'signet:warm_standbys:count', expr: WARM_STANDBYS },
  { record: 'signet:clock_skew_seconds:max', expr: 'max(abs(signet_clock_skew_seconds))' },
  { record: 'signet:clock_skew_seconds:min', expr: 'min(abs(signet_clock_skew_seconds))' },
  {
    record: 'signet:authority_unavailable:max',
    expr: `max by (trust_domain) (${bySigner('signet_authority_unavailable')})`,
  },
  { record: 'signet:admission_works:max', expr: 'max(signet_admission_works)' },
];

/** Replicas may sign again within this much of the API server's time (design rule 15), with some room. */
export const SKEW_LIMIT = 25;

export const EXPIRED = `max(${bySigner('signet_svids{validity="expired",renewable="true"}')}) > 0`;
export const OLD = `min(${bySigner('signet_survival_ratio')}) < 0.3`;

/** Without a signer everything else is a consequence. */
export const UNLESS_UNSIGNED = 'unless on () (signet:signers:sum == 0)';

/** Of a TrustDomain, so is what it lacks without its authority. */
export const UNLESS_DOMAIN_DOWN = `${UNLESS_UNSIGNED} unless on (trust_domain) (signet:authority_unavailable:max == 1)`;

/** What is counted of all TrustDomains together follows from lost authorities only where none is left that signs. */
export const UNLESS_DOWN = `${UNLESS_UNSIGNED} unless on () (min(signet:authority_unavailable:max) == 1)`;
