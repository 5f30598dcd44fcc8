// SPDX-License-Identifier: Apache-2.0
/** @module What becomes of authorities, rotations and bundles, in one TrustDomain and in two. */
import type { Case } from './cases.ts';
import { BEGIN, both, FAILING } from './troubles.ts';

const LOST = {
  ...both('signet_authority_unavailable{trust_domain="default"}', 1),
};
const STUCK = {
  ...both('signet_rotation_step{trust_domain="default",step="PublishingRoot"}', 1),
  ...both('signet_rotation_start_timestamp_seconds{trust_domain="default"}', BEGIN),
  ...both('signet_rotation_stale_targets{trust_domain="default"}', 5),
};

export const TRUST_CASES: Readonly<Record<string, Case>> = {
  'an authority is lost': {
    trouble: {
      ...LOST,
      ...FAILING,
      ...both('signet_survival_ratio{}', 0.2),
    },
    after: 20,
    fires: ['SignetAuthorityUnavailable'],
    quietAt: 1,
  },
  'what one TrustDomain lacks without its authority': {
    trouble: {
      ...LOST,
      ...both('signet_authority_unavailable{trust_domain="payments"}', 0),
      ...both('signet_authorities_overdue{trust_domain="default",kind="Intermediate"}', 1),
      ...both('signet_bundle_stale_config_maps{trust_domain="default"}', 1),
      ...STUCK,
    },
    after: 90,
    fires: ['SignetAuthorityUnavailable'],
    quietAt: 1,
  },
  'one of two authorities is lost, and the other TrustDomain is in trouble of its own': {
    trouble: {
      ...LOST,
      ...both('signet_authority_unavailable{trust_domain="payments"}', 0),
      ...both('signet_authorities_overdue{trust_domain="payments",kind="Intermediate"}', 1),
      ...both('signet_bundle_stale_config_maps{trust_domain="payments"}', 1),
    },
    after: 30,
    fires: ['SignetAuthorityOverdue', 'SignetAuthorityUnavailable', 'SignetBundleStale'],
    quietAt: 1,
  },
  'one of two authorities is lost, and SVIDs of the other run out': {
    trouble: {
      ...LOST,
      ...both('signet_authority_unavailable{trust_domain="payments"}', 0),
      ...both('signet_survival_ratio{}', 0.2),
      ...both('signet_svids{validity="overdue",renewable="true"}', 1),
    },
    after: 20,
    fires: ['SignetAuthorityUnavailable', 'SignetSurvivalLow'],
    quietAt: 0,
  },
  'an authority is lost, and a webhook hears nothing': {
    trouble: {
      ...LOST,
      'signet_reflector_last_activity_timestamp_seconds{instance="w",resource="namespaces"}': BEGIN,
    },
    after: 20,
    fires: ['SignetAuthorityUnavailable', 'SignetWatchStale'],
    quietAt: 1,
  },
  'the key of a root is lost': {
    trouble: both('signet_root_key_lost{trust_domain="default"}', 1),
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
      ...STUCK,
    },
    after: 90,
    fires: ['SignetRootCompromised'],
    quietAt: -1,
  },
  'a rotation waits for Secrets': {
    trouble: STUCK,
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
  'a rotation gave up on a Secret at its very end': {
    trouble: both('signet_rotation_quarantined_targets{trust_domain="default"}', 1),
    after: 60,
    fires: ['SignetTargetsQuarantined'],
    quietAt: -1,
  },
  'what a rotation gave up was mended': {
    trouble: both('signet_rotation_quarantined_targets{trust_domain="default"}', 1),
    after: 65,
    fires: [],
    quietAt: 62,
    ends: 60,
  },
  'a namespace does not get the bundle': {
    trouble: both('signet_bundle_stale_config_maps{trust_domain="default"}', 1),
    after: 20,
    fires: ['SignetBundleStale'],
    quietAt: 14,
  },
};
