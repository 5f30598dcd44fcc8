// SPDX-License-Identifier: Apache-2.0
/**
 * The metrics of TrustDomains, as in metric-catalog.ts: authorities, rotations and bundles. None has a series for each
 * identity or namespace.
 * @module
 */

export const TRUST_DOMAIN_METRICS = {
  trustDomains: {
    type: 'gauge',
    name: 'signet_trust_domains',
    labels: ['state'],
    help: 'TrustDomains by the reason of their Ready condition',
  },
  authorityUnavailable: {
    type: 'gauge',
    name: 'signet_authority_unavailable',
    labels: ['trust_domain'],
    help: '1 while a TrustDomain cannot sign because its authority is lost, went back, has expired or belongs to another name, else 0',
  },
  rootKeyLost: {
    type: 'gauge',
    name: 'signet_root_key_lost',
    labels: ['trust_domain'],
    help: '1 while the key of the root of a TrustDomain is gone or damaged, whose intermediate still signs, else 0',
  },
  authorities: {
    type: 'gauge',
    name: 'signet_authorities',
    labels: ['trust_domain', 'kind', 'state'],
    help: 'Roots and intermediates whose SVIDs are or may become valid, by what they do',
  },
  authorityExpiry: {
    type: 'gauge',
    name: 'signet_authority_expiry_timestamp_seconds',
    labels: ['trust_domain', 'kind'],
    help: 'When the active root or intermediate ends, in Unix time; absent when there is none',
  },
  authoritiesOverdue: {
    type: 'gauge',
    name: 'signet_authorities_overdue',
    labels: ['trust_domain', 'kind'],
    help: '1 for an active root or intermediate whose successor should have taken over already, else 0',
  },
  latestSVIDExpiry: {
    type: 'gauge',
    name: 'signet_authority_latest_svid_expiry_timestamp_seconds',
    labels: ['trust_domain', 'kind', 'authority'],
    help: 'When the last SVID under an authority ends at the latest, in Unix time; absent for one that has signed none',
  },
  compromisedRoots: {
    type: 'gauge',
    name: 'signet_compromised_roots',
    labels: ['trust_domain'],
    help: 'Roots that were reported as compromised and are still trusted',
  },
  rotationRequests: {
    type: 'counter',
    name: 'signet_rotation_requests_total',
    labels: ['action', 'result'],
    help: 'Requests in spec.rotation by what was asked for and the answer: accepted or refused',
  },
  rotationStep: {
    type: 'gauge',
    name: 'signet_rotation_step',
    labels: ['trust_domain', 'step'],
    help: '1 for the step that the rotation in progress is in, 0 for every other',
  },
  rotationStart: {
    type: 'gauge',
    name: 'signet_rotation_start_timestamp_seconds',
    labels: ['trust_domain'],
    help: 'When the rotation in progress began, in Unix time; absent when there is none',
  },
  rotationNextStep: {
    type: 'gauge',
    name: 'signet_rotation_next_step_timestamp_seconds',
    labels: ['trust_domain'],
    help: 'When the rotation in progress goes on at the latest, in Unix time; absent when no time is known',
  },
  rotationTargets: {
    type: 'gauge',
    name: 'signet_rotation_targets',
    labels: ['trust_domain'],
    help: 'Secrets and bundles that the rotation in progress counts; 0 without one, absent while it counts nothing',
  },
  rotationStale: {
    type: 'gauge',
    name: 'signet_rotation_stale_targets',
    labels: ['trust_domain'],
    help: 'Of these, those that do not hold the present trust anchors yet',
  },
  rotationExposed: {
    type: 'gauge',
    name: 'signet_rotation_exposed_svids',
    labels: ['trust_domain'],
    help: 'SVIDs in use that a compromised authority has signed; absent as the targets are',
  },
  rotationQuarantined: {
    type: 'gauge',
    name: 'signet_rotation_quarantined_targets',
    labels: ['trust_domain'],
    help: 'Secrets and bundles that the rotation in progress, or the last one, gave up at its deadline; 0 again when all of them hold the present trust anchors or their SVIDs have ended',
  },
  bundleSequence: {
    type: 'gauge',
    name: 'signet_bundle_sequence',
    labels: ['trust_domain'],
    help: 'The spiffe_sequence of the published bundle; it rises with every change of the trust anchors and never falls',
  },
  bundleConfigMaps: {
    type: 'gauge',
    name: 'signet_bundle_config_maps',
    labels: ['trust_domain'],
    help: 'Namespaces that have to hold the ConfigMap of the bundle',
  },
  bundleStale: {
    type: 'gauge',
    name: 'signet_bundle_stale_config_maps',
    labels: ['trust_domain'],
    help: 'Of these, those where it is missing or not the present one',
  },
} as const;
