// SPDX-License-Identifier: Apache-2.0
/**
 * What becomes of the controller's replicas: gone, without the Lease, with a wrong clock, cut off from the API server and
 * sure of what they heard last.
 * @module
 */
import type { Case } from './cases.ts';
import { HEALTHY } from './healthy.ts';
import { BEGIN, both, FAILING, NO_SIGNER } from './troubles.ts';

/** What is read off caches, in a replica that has heard nothing of hours of renewals, and whose calls hang. */
const CUT_OFF = {
  'signet_svids{instance="b",validity="current",renewable="true"}': 0,
  'signet_svids{instance="b",validity="overdue",renewable="true"}': 20,
  'signet_svids{instance="b",validity="expired",renewable="true"}': 80,
  'signet_survival_ratio{instance="b"}': 0,
  'signet_identities{instance="b",state="ServiceAccountNotFound"}': 5,
  'signet_identities_forbidden{instance="b"}': 5,
  'signet_policy_identities{instance="b",policy="p",enforcement="Enforce",verdict="broken"}': 50,
  'signet_root_key_lost{instance="b",trust_domain="default"}': 1,
  'signet_authority_unavailable{instance="b",trust_domain="default"}': 1,
  'signet_authorities_overdue{instance="b",trust_domain="default",kind="Root"}': 1,
  'signet_compromised_roots{instance="b",trust_domain="default"}': 1,
  'signet_rotation_step{instance="b",trust_domain="default",step="PublishingRoot"}': 1,
  'signet_rotation_start_timestamp_seconds{instance="b",trust_domain="default"}': BEGIN,
  'signet_rotation_stale_targets{instance="b",trust_domain="default"}': 5,
  'signet_rotation_quarantined_targets{instance="b",trust_domain="default"}': 1,
  'signet_bundle_stale_config_maps{instance="b",trust_domain="default"}': 1,
  'signet_api_request_duration_seconds_bucket{instance="b",verb="get",le="0.1"}': { perMinute: 0 },
  'signet_api_request_duration_seconds_bucket{instance="b",verb="get",le="5"}': { perMinute: 120 },
  'signet_api_request_duration_seconds_bucket{instance="b",verb="get",le="+Inf"}': { perMinute: 120 },
};

export const REPLICA_CASES: Readonly<Record<string, Case>> = {
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
  'the controller may not write status any more': {
    trouble: {
      'signet_api_requests_total{instance="a",verb="update",resource="serviceidentities",code="403"}': { perMinute: 6 },
    },
    after: 15,
    fires: ['SignetRightsMissing'],
    quietAt: 9,
  },
  'a namespace that is served by name was deleted': {
    trouble: {
      'signet_api_requests_total{instance="a",verb="list",resource="secrets",code="403"}': { perMinute: 3 },
      'signet_api_requests_total{instance="a",verb="list",resource="serviceaccounts",code="403"}': { perMinute: 3 },
      'signet_api_requests_total{instance="a",verb="list",resource="serviceidentities",code="403"}': { perMinute: 3 },
      'signet_api_requests_total{instance="a",verb="list",resource="configmaps",code="403"}': { perMinute: 3 },
    },
    after: 30,
    fires: [],
    quietAt: 15,
  },
  'the token of a standby has expired': {
    trouble: { 'signet_api_requests_total{instance="b",verb="get",resource="leases",code="401"}': { perMinute: 25 } },
    after: 15,
    fires: ['SignetRightsMissing'],
    quietAt: 9,
  },
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
    after: 20,
    // What is missing on the standby when it takes over is not known.
    fires: ['SignetNoWarmStandby', 'SignetWatchStale'],
    quietAt: 8,
  },
  'a watch of the webhook is silent': {
    trouble: { 'signet_reflector_last_activity_timestamp_seconds{instance="w",resource="namespaces"}': BEGIN },
    after: 15,
    fires: ['SignetWatchStale'],
    quietAt: 8,
  },
  'a standby hears nothing': {
    trouble: { ...CUT_OFF, 'signet_reflector_last_activity_timestamp_seconds{instance="b",resource="secrets"}': BEGIN },
    after: 90,
    fires: ['SignetNoWarmStandby', 'SignetWatchStale'],
    quietAt: 4,
  },
  'nobody signs, and SVIDs have expired as one replica has it': {
    trouble: { ...NO_SIGNER, 'signet_svids{instance="b",validity="expired",renewable="true"}': 3 },
    after: 10,
    fires: ['SignetNoSigner', 'SignetSvidsExpired'],
    quietAt: 0,
  },
};
