// SPDX-License-Identifier: Apache-2.0
/**
 * The metrics of admission: what the webhook decides, what it is served with, and the controller's proof that it works.
 * @module
 */

export const WEBHOOK_METRICS = {
  admissionReviews: {
    type: 'counter',
    name: 'signet_admission_reviews_total',
    labels: ['kind', 'outcome', 'dry_run'],
    help: 'Answered admission reviews by kind of object (other: one we do not judge) and outcome: allowed, warned, denied, passed (nothing to judge), unknown (a kind nobody should send) or error (allowed to nobody)',
  },
  admissionDuration: {
    type: 'histogram',
    name: 'signet_admission_duration_seconds',
    labels: ['kind'],
    help: 'Time from the whole request of an admission review until its answer',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  },
  policyViolations: {
    type: 'counter',
    name: 'signet_admission_policy_violations_total',
    labels: ['policy', 'rule', 'effect', 'judged'],
    help: 'Broken rules of policies at admission, dry runs aside, by policy (built-in: none; other: one beyond the first hundred), rule (validations: one in CEL), effect (deny, warn or audit) and whether the rule could be judged at all',
  },
  admissionRefusals: {
    type: 'counter',
    name: 'signet_admission_refused_requests_total',
    labels: ['code'],
    help: 'HTTP requests to the webhook that were no proper admission review, by HTTP status',
  },
  servingExpiry: {
    type: 'gauge',
    name: 'signet_webhook_certificate_expiry_timestamp_seconds',
    labels: [],
    help: 'When the serving certificate of the webhook ends, in Unix time: in the webhook the one it serves, in the controller that signs the stored one; absent elsewhere, and when there is none',
  },
  servingStart: {
    type: 'gauge',
    name: 'signet_webhook_certificate_start_timestamp_seconds',
    labels: [],
    help: 'When that certificate began to be valid, in Unix time; it is replaced at half of its lifetime',
  },
  servingSteps: {
    type: 'counter',
    name: 'signet_webhook_certificate_steps_total',
    labels: ['step'],
    help: 'Steps of the controller with the serving certificate of the webhook: Prepare, Promote and Forget are writes of its Secret, Publish one of a caBundle',
  },
  servingLoads: {
    type: 'counter',
    name: 'signet_webhook_certificate_loads_total',
    labels: ['result'],
    help: 'Times the webhook took up a serving certificate (success) or could not (error)',
  },
  admissionProbes: {
    type: 'counter',
    name: 'signet_admission_probes_total',
    labels: ['result'],
    help: 'Dry runs by which the controller proves that admission works, by result; Refused is the good one',
  },
  admissionWorks: {
    type: 'gauge',
    name: 'signet_admission_works',
    labels: [],
    help: '1 while the last probe was refused by our webhook, else 0; absent in a replica that does not probe',
  },
} as const;
