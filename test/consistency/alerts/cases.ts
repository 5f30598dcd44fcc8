// SPDX-License-Identifier: Apache-2.0
/**
 * What happens in a cluster, as the series that Prometheus would see a minute apart, and which alerts fire then: those
 * named and no others. Everything is well until the trouble begins.
 * @module
 */

import { GUARD_CASES } from './guard-cases.ts';
import { BORROWED, type World } from './healthy.ts';
import { REPLICA_CASES } from './replica-cases.ts';
import { SVID_CASES } from './svid-cases.ts';
import { TELEMETRY_CASES } from './telemetry-cases.ts';
import { BEGIN, both, FAILING } from './troubles.ts';
import { TRUST_CASES } from './trust-cases.ts';

export interface Case {
  /** What differs from the healthy world from minute 10 on; undefined: the series is gone. */
  readonly trouble: Readonly<Record<string, World[string] | undefined>>;
  /** Minutes after the beginning of the trouble when exactly these alerts fire. */
  readonly after: number;
  /** By name, and where two have it, with the severity after a space. */
  readonly fires: readonly string[];
  /** Minutes after the beginning when nothing fires yet, or any more. */
  readonly quietAt: number;
  /** When the trouble ends, in minutes after its beginning; undefined: it stays. */
  readonly ends?: number;
}

const SLOW_CALLS = {
  'signet_api_request_duration_seconds_bucket{instance="a",verb="update",le="0.1"}': { perMinute: 60 },
};
const SLOW_ISSUANCES = {
  'signet_issuance_latency_seconds_bucket{instance="a",le="0.1"}': { perMinute: 10 },
  'signet_issuance_latency_seconds_bucket{instance="a",le="1"}': { perMinute: 20 },
};
const HOUR = 3600;
/** Made at the beginning of the trouble, to live for so many seconds. */
const certificate = (lifetime: number, ...instances: readonly string[]): Case['trouble'] =>
  Object.fromEntries(
    instances.flatMap((instance) => [
      [`signet_webhook_certificate_start_timestamp_seconds{instance="${instance}"}`, BEGIN],
      [`signet_webhook_certificate_expiry_timestamp_seconds{instance="${instance}"}`, BEGIN + lifetime],
    ]),
  );

export const CASES: Readonly<Record<string, Case>> = {
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
    trouble: {
      'signet_issuance_failures_total{instance="a",code="ERR_KUBE_FORBIDDEN"}': { perMinute: 60 },
      'signet_api_requests_total{instance="a",verb="update",resource="secrets",code="403"}': { perMinute: 60 },
      // The probe of admission.
      'signet_api_requests_total{instance="a",verb="create",resource="trustdomains",code="403"}': { perMinute: 1 },
    },
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
    trouble: {
      ...both('signet_policy_identities{policy="p",enforcement="Enforce",verdict="broken"}', 3),
      ...both('signet_identities_forbidden{}', 3),
    },
    after: 20,
    fires: ['SignetIdentitiesHeld'],
    quietAt: 14,
  },
  'a policy forbids three that are suspended': {
    trouble: both('signet_policy_identities{policy="p",enforcement="Enforce",verdict="broken"}', 3),
    after: 90,
    fires: [],
    quietAt: 80,
  },
  'a policy forbids half of everything for hours': {
    trouble: {
      ...both('signet_policy_identities{policy="p",enforcement="Enforce",verdict="broken"}', 50),
      ...both('signet_identities{state="Issued"}', 50),
      ...both('signet_identities_forbidden{}', 50),
    },
    after: 90,
    fires: ['SignetPolicyBlocksMany'],
    quietAt: 4,
  },
  'a tenant forgot the service account': {
    trouble: both('signet_identities{state="ServiceAccountNotFound"}', 1),
    after: 20,
    fires: ['SignetIdentitiesHeld'],
    quietAt: 14,
  },
  'somebody writes to Secrets': {
    trouble: { 'signet_foreign_writes_total{instance="a"}': { perMinute: 2 } },
    after: 15,
    fires: ['SignetSecretsTampered'],
    quietAt: 1,
  },
  'somebody deletes a Secret whenever it is there': {
    trouble: both('signet_identities{state="RepeatedEdits"}', 1),
    after: 5,
    fires: ['SignetSecretsTampered'],
    quietAt: -1,
  },
  'one Secret was edited': {
    trouble: { 'signet_foreign_writes_total{instance="a"}': { perMinute: 1 } },
    after: 5,
    fires: [],
    quietAt: 40,
    ends: 2,
  },
  'a pod wanted the SVID of another': {
    trouble: {
      'signet_admission_reviews_total{instance="w",kind="Pod",outcome="denied"}': { perMinute: 1 },
      [BORROWED]: { perMinute: 1 },
    },
    after: 5,
    fires: ['SignetMountsRefused'],
    quietAt: 60,
    ends: 3,
  },
  'pods without an SVID are refused where every pod must have one': {
    trouble: {
      'signet_admission_reviews_total{instance="w",kind="Pod",outcome="denied"}': { perMinute: 5 },
      'signet_admission_policy_violations_total{instance="w",policy="strict",rule="mtls.mode",effect="deny",judged="true"}':
        { perMinute: 5 },
    },
    after: 5,
    fires: [],
    quietAt: 40,
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
  'the certificate of the webhook, which lives three hours, is not replaced': {
    trouble: certificate(3 * HOUR, 'a', 'w'),
    after: 140,
    fires: ['SignetWebhookCertificateExpiring'],
    quietAt: 135,
  },
  'the certificate of the webhook, which lives half an hour, is not replaced': {
    trouble: certificate(HOUR / 2, 'a', 'w'),
    after: 25,
    fires: ['SignetWebhookCertificateExpiring'],
    quietAt: 21,
  },
  'a replica of the webhook does not take up the new certificate': {
    trouble: certificate(HOUR, 'w'),
    after: 50,
    fires: ['SignetWebhookCertificateExpiring'],
    quietAt: 43,
  },
  ...GUARD_CASES,
  ...REPLICA_CASES,
  ...SVID_CASES,
  ...TRUST_CASES,
  ...TELEMETRY_CASES,
};
