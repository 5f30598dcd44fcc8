// SPDX-License-Identifier: Apache-2.0
/**
 * How admission is counted: reviews, serving certificates, probes.
 * @module
 */
import { type Duration, type Instant, SECOND } from '../time.ts';
import { MAX_POLICIES } from './metric-catalog.ts';
import type { MetricRegistry } from './metric-registry.ts';

const REVIEW_OUTCOMES = ['allowed', 'warned', 'denied', 'passed', 'unknown', 'error'] as const;
export type ReviewOutcome = (typeof REVIEW_OUTCOMES)[number];
const LOAD_RESULTS = ['success', 'error'] as const;
type ServingStep = (typeof SERVING_STEPS)[number];
const SERVING_STEPS = ['Prepare', 'Promote', 'Forget', 'Publish'] as const;

const BUILT_IN = 'built-in';
/** Its first refusal is news to somebody: a Pod that would have taken the SVID of another service account. */
const FIRST_COUNTS = { policy: BUILT_IN, rule: 'own-svid', effect: 'deny', judged: 'true' } as const;

interface CountedViolation {
  /** Undefined: a built-in rule. */
  readonly policy: string | undefined;
  readonly rule: string;
  readonly effect: string;
  readonly unjudged?: true;
}

export interface WebhookMetrics {
  review(review: { kind: string; outcome: ReviewOutcome; dryRun: boolean; duration: Duration }): void;
  /** A broken rule. */
  violation(violation: CountedViolation): void;
  /** A request that was no review, by HTTP status. */
  refusedRequest(code: number): void;
  servingCertificate(validity: { readonly notBefore: Instant; readonly notAfter: Instant } | undefined): void;
  servingStep(step: ServingStep): void;
  servingLoaded(result: (typeof LOAD_RESULTS)[number]): void;
  admissionProbed(result: string, works: boolean): void;
  /** This replica does not probe any more. */
  admissionUnknown(): void;
}

export function webhookMetrics({ counters, gauges, histograms }: MetricRegistry): WebhookMetrics {
  /** Those with series of their own. */
  const policies = new Set<string>();
  const labelOf = (policy: string | undefined): string => {
    if (policy === undefined) return BUILT_IN;
    if (policies.size < MAX_POLICIES) policies.add(policy);
    return policies.has(policy) ? policy : 'other';
  };
  return {
    review: ({ kind, outcome, dryRun, duration }) => {
      counters.admissionReviews.inc({ kind, outcome, dry_run: String(dryRun) });
      histograms.admissionDuration.observe({ kind }, duration / SECOND);
    },
    violation: ({ policy, rule, effect, unjudged }) => {
      counters.policyViolations.inc({
        policy: labelOf(policy),
        rule: rule.replace(/\[.*$/, ''),
        effect: effect.toLowerCase(),
        judged: String(unjudged !== true),
      });
    },
    refusedRequest: (code) => counters.admissionRefusals.inc({ code: String(code) }),
    servingCertificate: (validity) => {
      if (validity === undefined) {
        gauges.servingStart.remove({});
        gauges.servingExpiry.remove({});
      } else {
        gauges.servingStart.set(validity.notBefore / SECOND);
        gauges.servingExpiry.set(validity.notAfter / SECOND);
      }
    },
    servingStep: (step) => counters.servingSteps.inc({ step }),
    servingLoaded: (result) => counters.servingLoads.inc({ result }),
    admissionProbed: (result, works) => {
      counters.admissionProbes.inc({ result });
      gauges.admissionWorks.set(works ? 1 : 0);
    },
    admissionUnknown: () => gauges.admissionWorks.remove({}),
  };
}

/** Series that are there from the start, at zero, in the role that counts them. */
export function initializeWebhookMetrics(
  { counters, gauges, histograms }: MetricRegistry,
  known: { readonly reviewedKinds?: readonly string[]; readonly probeResults?: readonly string[] },
): void {
  gauges.servingStart.remove({});
  gauges.servingExpiry.remove({});
  gauges.admissionWorks.remove({});
  for (const kind of known.reviewedKinds ?? []) {
    histograms.admissionDuration.zero({ kind });
    for (const outcome of REVIEW_OUTCOMES) counters.admissionReviews.inc({ kind, outcome, dry_run: 'false' }, 0);
  }
  if (known.reviewedKinds?.includes('Pod') === true) counters.policyViolations.inc(FIRST_COUNTS, 0);
  if (known.reviewedKinds !== undefined) for (const result of LOAD_RESULTS) counters.servingLoads.inc({ result }, 0);
  for (const result of known.probeResults ?? []) counters.admissionProbes.inc({ result }, 0);
  if (known.probeResults !== undefined) for (const step of SERVING_STEPS) counters.servingSteps.inc({ step }, 0);
}
