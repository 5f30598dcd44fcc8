// SPDX-License-Identifier: Apache-2.0
/**
 * The series of a healthy cluster: two controllers, of which `a` signs, and a webhook `w`.
 * @module
 */

/** Series by their name and labels; each is constant, or rises by so much a minute; `from`: from there, in a trouble. */
export type World = Readonly<Record<string, number | { readonly perMinute: number; readonly from?: number }>>;

/** Pods refused that would have taken in the SVID of another service account. */
export const BORROWED =
  'signet_admission_policy_violations_total{instance="w",policy="built-in",rule="own-svid",effect="deny",judged="true"}';

const RATES: World = {
  'signet_issuances_total{instance="a",reason="RenewalDue",result="success"}': { perMinute: 60 },
  'signet_issuance_failures_total{instance="a",code="ERR_KUBE_UNAVAILABLE"}': 0,
  'signet_issuance_failures_total{instance="a",code="ERR_KUBE_FORBIDDEN"}': 0,
  'signet_issuance_latency_seconds_bucket{instance="a",le="0.1"}': { perMinute: 59 },
  'signet_issuance_latency_seconds_bucket{instance="a",le="1"}': { perMinute: 60 },
  'signet_issuance_latency_seconds_bucket{instance="a",le="60"}': { perMinute: 60 },
  'signet_issuance_latency_seconds_bucket{instance="a",le="+Inf"}': { perMinute: 60 },
  'signet_admission_reviews_total{instance="w",kind="Pod",outcome="allowed"}': { perMinute: 100 },
  'signet_admission_reviews_total{instance="w",kind="Pod",outcome="denied"}': 0,
  'signet_admission_reviews_total{instance="w",kind="Pod",outcome="error"}': 0,
  [BORROWED]: 0,
  'signet_admission_duration_seconds_bucket{instance="w",kind="Pod",le="0.01"}': { perMinute: 100 },
  'signet_admission_duration_seconds_bucket{instance="w",kind="Pod",le="1"}': { perMinute: 100 },
  'signet_admission_duration_seconds_bucket{instance="w",kind="Pod",le="+Inf"}': { perMinute: 100 },
  'signet_api_request_duration_seconds_bucket{instance="a",verb="update",le="0.1"}': { perMinute: 120 },
  'signet_api_request_duration_seconds_bucket{instance="a",verb="update",le="5"}': { perMinute: 120 },
  'signet_api_request_duration_seconds_bucket{instance="a",verb="update",le="+Inf"}': { perMinute: 120 },
  'signet_api_throttled_total{instance="a"}': 0,
  'signet_foreign_writes_total{instance="a"}': 0,
  'signet_probe_handshakes_total{instance="a",result="success"}': { perMinute: 2 },
  'signet_probe_handshakes_total{instance="a",result="refused"}': 0,
  'signet_spans_total{instance="a",result="sent"}': { perMinute: 60 },
  'signet_spans_total{instance="a",result="dropped"}': 0,
};

/** Both replicas show what is read from caches. */
export function onBoth<T>(world: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(world).flatMap(([series, value]) =>
      ['a', 'b'].map((instance) => [series.replace('{', `{instance="${instance}",`).replace(',}', '}'), value]),
    ),
  );
}

/** Clocks of Prometheus in these tests begin at 0 and a minute is 60 s. */
const FAR = 90_000_000;

export const HEALTHY: World = {
  ...RATES,
  'signet_lease_held{instance="a"}': 1,
  'signet_lease_held{instance="b"}': 0,
  'signet_admission_works{instance="a"}': 1,
  // The signer tells of the stored one, the webhook of the one that it serves.
  'signet_webhook_certificate_start_timestamp_seconds{instance="a"}': 0,
  'signet_webhook_certificate_start_timestamp_seconds{instance="w"}': 0,
  'signet_webhook_certificate_expiry_timestamp_seconds{instance="a"}': FAR,
  'signet_webhook_certificate_expiry_timestamp_seconds{instance="w"}': FAR,
  'signet_scrape_source_success{instance="w",source="reflectors"}': 1,
  ...onBoth({
    'signet_ready{}': 1,
    'signet_scrape_source_success{source="identities"}': 1,
    'signet_scrape_source_success{source="counts"}': 1,
    'signet_clock_skew_seconds{}': 0.2,
    'signet_reflector_last_activity_timestamp_seconds{resource="secrets"}': { perMinute: 60 },
    'signet_workqueue_oldest_wait_seconds{controller="service-identity"}': 0,
    'signet_survival_ratio{}': 0.42,
    'signet_svids{validity="current",renewable="true"}': 100,
    'signet_svids{validity="overdue",renewable="true"}': 0,
    'signet_svids{validity="expired",renewable="true"}': 0,
    'signet_svids{validity="expired",renewable="false"}': 0,
    'signet_identities{state="Issued"}': 100,
    'signet_policy_identities{policy="p",enforcement="Enforce",verdict="broken"}': 0,
    'signet_identities{state="ServiceAccountNotFound"}': 0,
    'signet_identities_forbidden{}': 0,
    'signet_trust_domains{state="AuthorityReady"}': 1,
    'signet_root_key_lost{trust_domain="default"}': 0,
    'signet_authority_unavailable{trust_domain="default"}': 0,
    'signet_authorities_overdue{trust_domain="default",kind="Root"}': 0,
    'signet_authorities_overdue{trust_domain="default",kind="Intermediate"}': 0,
    'signet_compromised_roots{trust_domain="default"}': 0,
    'signet_rotation_step{trust_domain="default",step="PublishingRoot"}': 0,
    'signet_rotation_stale_targets{trust_domain="default"}': 0,
    'signet_rotation_quarantined_targets{trust_domain="default"}': 0,
    'signet_bundle_stale_config_maps{trust_domain="default"}': 0,
  }),
};
