// SPDX-License-Identifier: Apache-2.0
/**
 * What happens in a cluster, as the series that Prometheus would see a minute apart, and which alerts fire then: those
 * named and no others. Everything is well until the trouble begins.
 * @module
 */
import { HEALTHY, onBoth, type World } from './healthy.ts';
import { SVID_CASES } from './svid-cases.ts';
import { TELEMETRY_CASES } from './telemetry-cases.ts';

export interface Case {
  /** What differs from the healthy world from minute 10 on; undefined: the series is gone. */
  readonly trouble: Readonly<Record<string, World[string] | undefined>>;
  /** Minutes after the beginning of the trouble when exactly these alerts fire. */
  readonly after: number;
  readonly fires: readonly string[];
  /** Minutes after the beginning when nothing fires yet, or any more. */
  readonly quietAt: number;
  /** When the trouble ends, in minutes after its beginning; undefined: it stays. */
  readonly ends?: number;
}

const NO_SIGNER = { 'signet_lease_held{instance="a"}': 0, 'signet_admission_works{instance="a"}': undefined };
const FAILING = {
  'signet_issuance_failures_total{instance="a",code="ERR_KUBE_UNAVAILABLE"}': { perMinute: 20 },
  'signet_issuances_total{instance="a",reason="RenewalDue",result="success"}': { perMinute: 40 },
};
const SLOW_CALLS = {
  'signet_api_request_duration_seconds_bucket{instance="a",verb="update",le="0.1"}': { perMinute: 60 },
};
const SLOW_ISSUANCES = {
  'signet_issuance_latency_seconds_bucket{instance="a",le="0.1"}': { perMinute: 10 },
  'signet_issuance_latency_seconds_bucket{instance="a",le="1"}': { perMinute: 20 },
};
/** The beginning of the trouble, as a time. */
const BEGIN = 600;

const both = (series: string, value: World[string] | undefined): Case['trouble'] => onBoth({ [series]: value });

export const CASES: Readonly<Record<string, Case>> = {
  'no controller is left': {
    trouble: Object.fromEntries(Object.keys(HEALTHY).map((series) => [series, undefined])),
    after: 12,
    fires: ['SignetDown'],
    quietAt: 4,
  },
  'nobody holds the Lease, and everything that follows from it': {
    trouble: {
      ...NO_SIGNER,
      ...FAILING,
      ...both('signet_survival_ratio{}', 0.1),
      ...both('signet_svids{validity="overdue",renewable="true"}', 50),
    },
    after: 20,
    fires: ['SignetNoSigner'],
    quietAt: 1,
  },
  'a hand-over of half a minute': { trouble: NO_SIGNER, after: 2, fires: [], quietAt: 5, ends: 1 },
  'the standby is gone': {
    trouble: { 'signet_ready{instance="b"}': 0 },
    after: 12,
    fires: ['SignetNoWarmStandby'],
    quietAt: 9,
  },
  'the clock of the standby runs away': {
    trouble: { 'signet_clock_skew_seconds{instance="b"}': -40, 'signet_ready{instance="b"}': 0 },
    after: 15,
    fires: ['SignetClockSkew'],
    quietAt: 1,
  },
  'every clock is wrong': {
    trouble: { ...NO_SIGNER, ...both('signet_clock_skew_seconds{}', 60), ...both('signet_ready{}', 0) },
    after: 15,
    fires: ['SignetClockSkew'],
    quietAt: 1,
  },
  'a watch is silent': {
    trouble: both('signet_reflector_last_activity_timestamp_seconds{resource="secrets"}', BEGIN),
    after: 15,
    fires: ['SignetWatchStale'],
    quietAt: 8,
  },
  'a watch of the webhook is silent': {
    trouble: { 'signet_reflector_last_activity_timestamp_seconds{instance="w",resource="namespaces"}': BEGIN },
    after: 15,
    fires: ['SignetWatchStale'],
    quietAt: 8,
  },
  'the API server is slow, and issuances with it': {
    trouble: { ...SLOW_CALLS, ...SLOW_ISSUANCES },
    after: 40,
    fires: ['SignetAPIServerSlow'],
    quietAt: 8,
  },
  'the API server throttles': {
    trouble: { 'signet_api_throttled_total{instance="a"}': { perMinute: 30 } },
    after: 15,
    fires: ['SignetAPIThrottled'],
    quietAt: 8,
  },
  'thousands of identities at once, and issuances that wait for them': {
    trouble: { ...both('signet_workqueue_oldest_wait_seconds{controller="service-identity"}', 90), ...SLOW_ISSUANCES },
    after: 40,
    fires: ['SignetQueueBacklog'],
    quietAt: 9,
  },
  'thousands of identities at once, issued in minutes': {
    trouble: both('signet_workqueue_oldest_wait_seconds{controller="service-identity"}', 90),
    after: 9,
    fires: [],
    quietAt: 15,
    ends: 9,
  },
  'a burst of new identities is issued slowly': {
    trouble: SLOW_ISSUANCES,
    after: 12,
    fires: [],
    quietAt: 30,
    ends: 8,
  },
  'issuances are slow for no reason outside': {
    trouble: SLOW_ISSUANCES,
    after: 30,
    fires: ['SignetIssuanceSlow'],
    quietAt: 14,
  },
  'a third of the issuances fail': { trouble: FAILING, after: 20, fires: ['SignetIssuanceFailing'], quietAt: 1 },
  'tenants without quota': {
    trouble: { 'signet_issuance_failures_total{instance="a",code="ERR_KUBE_FORBIDDEN"}': { perMinute: 60 } },
    after: 40,
    fires: [],
    quietAt: 20,
  },
  'one issuance in two hundred fails': {
    trouble: { 'signet_issuance_failures_total{instance="a",code="ERR_KUBE_UNAVAILABLE"}': { perMinute: 0.3 } },
    after: 60,
    fires: ['SignetIssuanceDegraded'],
    quietAt: 20,
  },
  'a policy forbids half of everything': {
    trouble: {
      ...both('signet_policy_identities{policy="p",enforcement="Enforce",verdict="broken"}', 50),
      ...both('signet_identities{state="Issued"}', 50),
    },
    after: 10,
    fires: ['SignetPolicyBlocksMany'],
    quietAt: 4,
  },
  'a policy forbids three': {
    trouble: both('signet_policy_identities{policy="p",enforcement="Enforce",verdict="broken"}', 3),
    after: 40,
    fires: [],
    quietAt: 20,
  },
  'a tenant forgot the service account': {
    trouble: both('signet_identities{state="ServiceAccountNotFound"}', 1),
    after: 65,
    fires: ['SignetIdentitiesHeld'],
    quietAt: 55,
  },
  'somebody writes to Secrets': {
    trouble: { 'signet_foreign_writes_total{instance="a"}': { perMinute: 2 } },
    after: 15,
    fires: ['SignetSecretsTampered'],
    quietAt: 1,
  },
  'one Secret was edited': {
    trouble: { 'signet_foreign_writes_total{instance="a"}': { perMinute: 1 } },
    after: 5,
    fires: [],
    quietAt: 40,
    ends: 2,
  },
  'a pod wanted the SVID of another': {
    trouble: { 'signet_admission_reviews_total{instance="w",kind="Pod",outcome="denied"}': { perMinute: 1 } },
    after: 5,
    fires: ['SignetMountsRefused'],
    quietAt: 60,
    ends: 3,
  },
  'an authority is lost': {
    trouble: {
      ...both('signet_trust_domains{state="AuthorityLost"}', 1),
      ...FAILING,
      ...both('signet_survival_ratio{}', 0.2),
    },
    after: 20,
    fires: ['SignetAuthorityUnavailable'],
    quietAt: 1,
  },
  'the key of a root is lost': {
    trouble: both('signet_trust_domains{state="RootKeyLost"}', 1),
    after: 10,
    fires: ['SignetRootKeyLost'],
    quietAt: 4,
  },
  'an intermediate is overdue': {
    trouble: both('signet_authorities_overdue{trust_domain="default",kind="Intermediate"}', 1),
    after: 20,
    fires: ['SignetAuthorityOverdue'],
    quietAt: 14,
  },
  'a root is compromised, and its rotation takes long': {
    trouble: {
      ...both('signet_compromised_roots{trust_domain="default"}', 1),
      ...both('signet_rotation_step{trust_domain="default",step="PublishingRoot"}', 1),
      ...both('signet_rotation_start_timestamp_seconds{trust_domain="default"}', BEGIN),
      ...both('signet_rotation_stale_targets{trust_domain="default"}', 5),
    },
    after: 90,
    fires: ['SignetRootCompromised'],
    quietAt: -1,
  },
  'a rotation waits for Secrets': {
    trouble: {
      ...both('signet_rotation_step{trust_domain="default",step="PublishingRoot"}', 1),
      ...both('signet_rotation_start_timestamp_seconds{trust_domain="default"}', BEGIN),
      ...both('signet_rotation_stale_targets{trust_domain="default"}', 5),
    },
    after: 70,
    fires: ['SignetRotationStuck'],
    quietAt: 55,
  },
  'a rotation does not take its step': {
    trouble: {
      ...both('signet_rotation_step{trust_domain="default",step="PublishingRoot"}', 1),
      ...both('signet_rotation_next_step_timestamp_seconds{trust_domain="default"}', BEGIN),
    },
    after: 20,
    fires: ['SignetRotationStuck'],
    quietAt: 8,
  },
  'a rotation gave up on a Secret': {
    trouble: {
      ...both('signet_rotation_step{trust_domain="default",step="PublishingRoot"}', 1),
      ...both('signet_rotation_quarantined_targets{trust_domain="default"}', 1),
    },
    after: 5,
    fires: ['SignetTargetsQuarantined'],
    quietAt: -1,
  },
  'a namespace does not get the bundle': {
    trouble: both('signet_bundle_stale_config_maps{trust_domain="default"}', 1),
    after: 20,
    fires: ['SignetBundleStale'],
    quietAt: 14,
  },
  'the webhook is down': {
    trouble: { 'signet_admission_works{instance="a"}': 0 },
    after: 10,
    fires: ['SignetAdmissionNotProven'],
    quietAt: 4,
  },
  'the webhook cannot judge': {
    trouble: { 'signet_admission_reviews_total{instance="w",kind="Pod",outcome="error"}': { perMinute: 30 } },
    after: 20,
    fires: ['SignetAdmissionFailing'],
    quietAt: 1,
  },
  'the webhook is slow': {
    trouble: { 'signet_admission_duration_seconds_bucket{instance="w",kind="Pod",le="0.01"}': { perMinute: 10 } },
    after: 30,
    fires: ['SignetAdmissionSlow'],
    quietAt: 12,
  },
  'the certificate of the webhook is not replaced': {
    trouble: {
      'signet_webhook_certificate_expiry_timestamp_seconds{instance="a"}': BEGIN + 4 * 3600,
      'signet_webhook_certificate_expiry_timestamp_seconds{instance="w"}': BEGIN + 4 * 3600,
    },
    after: 15,
    fires: ['SignetWebhookCertificateExpiring'],
    quietAt: 9,
  },
  ...SVID_CASES,
  ...TELEMETRY_CASES,
};
