// SPDX-License-Identifier: Apache-2.0
/**
 * The metrics behind the service levels, as in metric-catalog.ts: how long things take from the outside, and how long
 * everybody would be safe if the controller stopped now.
 * @module
 */

export const SERVICE_LEVEL_METRICS = {
  issuanceFailures: {
    type: 'counter',
    name: 'signet_issuance_failures_total',
    labels: ['code'],
    help: 'Failed tries to issue an SVID by error code; other for what is no error of ours',
  },
  issuanceLatency: {
    type: 'histogram',
    name: 'signet_issuance_latency_seconds',
    labels: [],
    help: 'Time from when the controller saw that an identity needs work until its SVID is stored, with the wait in the queue and tries that failed',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300],
  },
  mintDuration: {
    type: 'histogram',
    name: 'signet_mint_duration_seconds',
    labels: [],
    help: 'Time to make a key, sign the certificate and check its path: cryptography alone, no call to the API server',
    buckets: [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5],
  },
  svids: {
    type: 'gauge',
    name: 'signet_svids',
    labels: ['validity', 'renewable'],
    help: 'SVIDs in use: current, overdue (past their planned renewal by a minute or a tenth of their lifetime, whichever is less) or expired; renewable is false where a tenant or a policy keeps them from renewal',
  },
  identitiesForbidden: {
    type: 'gauge',
    name: 'signet_identities_forbidden',
    labels: [],
    help: 'ServiceIdentities that nothing but a policy keeps from renewal; those that are suspended or wait for something else are not among them',
  },
  survival: {
    type: 'gauge',
    name: 'signet_survival_seconds',
    labels: [],
    help: 'How long until the next renewable SVID ends if nothing were renewed from now on, those that have expired aside; absent when there is none',
  },
  survivalRatio: {
    type: 'gauge',
    name: 'signet_survival_ratio',
    labels: [],
    help: 'Least share of its lifetime that is left to a renewable SVID, those that have expired aside; planned renewals keep it above 0.4; absent when there is none',
  },
  identityExpiry: {
    type: 'gauge',
    name: 'signet_identity_expiry_timestamp_seconds',
    labels: ['namespace', 'name'],
    help: 'When the SVID of an identity ends, in Unix time, for as many identities as --identity-metrics-limit asks for, soonest first',
  },
  foreignWrites: {
    type: 'counter',
    name: 'signet_foreign_writes_total',
    labels: [],
    help: 'Times the Secret of an SVID was found changed by somebody else than the controller',
  },
  policyIdentities: {
    type: 'gauge',
    name: 'signet_policy_identities',
    labels: ['policy', 'enforcement', 'verdict'],
    help: 'Identities that an IdentityPolicy matches, by verdict (kept or broken); policies beyond the first hundred count as other',
  },
  bundlePropagation: {
    type: 'histogram',
    name: 'signet_bundle_propagation_seconds',
    labels: [],
    help: 'Time from a change of the trust anchors until every ConfigMap of the bundle holds them',
    buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900],
  },
  compromise: {
    type: 'histogram',
    name: 'signet_compromise_seconds',
    labels: ['phase'],
    help: 'Time from the request of a Compromise until the last SVID was replaced (svids_replaced) and until the anchor was gone everywhere (anchor_withdrawn)',
    buckets: [10, 30, 60, 120, 300, 600, 1200, 3600, 7200],
  },
  handshakes: {
    type: 'counter',
    name: 'signet_probe_handshakes_total',
    labels: ['result'],
    help: 'Handshakes of the prober by result: success, missing (something is not stored), refused (the handshake failed) or error (it could not be read)',
  },
  handshakeDuration: {
    type: 'histogram',
    name: 'signet_probe_handshake_duration_seconds',
    labels: [],
    help: 'Time of the prober to read two stored SVIDs and the bundle and to shake hands with them',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  },
  ready: {
    type: 'gauge',
    name: 'signet_ready',
    labels: [],
    help: '1 while /readyz passes, else 0; a standby that is ready can take over at once',
  },
  logLinesLeftOut: {
    type: 'counter',
    name: 'signet_log_lines_left_out_total',
    labels: [],
    help: 'Warnings of a kind that came too often to be written, so that a failing cluster does not flood the log',
  },
} as const;
