// SPDX-License-Identifier: Apache-2.0
/**
 * From the body of one request to its answer: read, pass or judge, count, log. What cannot be judged gets an error, so
 * that the failurePolicy decides; it never gets a guess.
 * @module
 */
import { correlationID } from '../api/correlation-id.ts';
import type { Clock } from '../controller/clock.ts';
import type { Span, Tracer } from '../controller/tracer.ts';
import type { Audit, AuditEvent } from '../observability/audit.ts';
import { type LineRates, withLeftOut } from '../observability/line-rates.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { ReviewOutcome } from '../observability/webhook-metrics.ts';
import { rulesOf } from '../policy/violation.ts';
import type { Rate } from '../rates/pacing.ts';
import { SECOND } from '../time.ts';
import { type AdmissionRequest, ALLOWED, type Judge, kindName, type Verdict } from './admission.ts';
import { passesBecause } from './passing.ts';
import { readReview, reviewAnswer } from './review.ts';

/** Callers are not authenticated: what looks like the refusal of a user may be anybody's. A folder causes fewer at once. */
export const REFUSALS: Rate = { burst: 100, interval: SECOND / 20 };
/** For what no API server causes. */
export const RARE: Rate = { burst: 1, interval: SECOND };

export interface HandlerDeps {
  readonly judge: Judge;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'review' | 'violation' | 'refusedRequest'>;
  readonly logger: Logger;
  /** Why nothing can be judged yet; undefined: it can. */
  readonly notReady: () => string | undefined;
  readonly audit: Audit;
  /** For what anybody who can connect can cause, at the rate RARE. */
  readonly rare: Pick<Logger, 'warn'>;
  /** For what looks like the refusal of a user, which they can cause as well; at the rate REFUSALS. */
  readonly lines: LineRates<'Refused' | 'Unjudged' | 'Audit'>;
  readonly tracer: Tracer;
}

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly type: 'application/json' | 'text/plain';
  readonly body: string;
}

const UNJUDGED = 'the review could not be judged; the log of the webhook says why';

interface Judged {
  readonly outcome: ReviewOutcome;
  readonly verdict?: Verdict;
  /** Why there is none. */
  readonly problem?: string;
}

/** Answers the review in the body. Never rejects. */
export async function answerReview(body: Uint8Array, deps: HandlerDeps): Promise<Answer> {
  const { clock, metrics, judge, tracer } = deps;
  const startedAt = clock.monotonic();
  const read = readReview(body);
  if ('problem' in read) return refuseRequest(400, read.problem, deps);
  const { request } = read;
  const known = kindName(request.kind);
  // Whoever sends reviews must not make up series.
  const kind = judge.kinds.has(known) ? known : 'other';
  const answer = await tracer.span('review', async (span) => {
    span.set('signet.object_kind', kind);
    const judgement = await judged(request, deps);
    describe(span, request, judgement);
    return judgement;
  });
  const { outcome, verdict, problem = UNJUDGED } = answer;
  metrics.review({ kind, outcome, dryRun: request.dryRun, duration: clock.monotonic() - startedAt });
  if (verdict === undefined) return plain(500, problem);
  if (!request.dryRun) for (const violation of verdict.violations ?? []) metrics.violation(violation);
  return { status: 200, type: 'application/json', body: JSON.stringify(reviewAnswer(request.uid, verdict)) };
}

/** The answer to what is no review. */
export function refuseRequest(
  status: number,
  problem: string,
  { metrics, rare }: Pick<HandlerDeps, 'metrics' | 'rare'>,
): Answer {
  metrics.refusedRequest(status);
  rare.warn('Refused a request that is not an admission review', { status, detail: problem });
  return plain(status, problem);
}

async function judged(request: AdmissionRequest, deps: HandlerDeps): Promise<Judged> {
  const { judge, logger, rare, notReady, lines } = deps;
  const fields = fieldsOf(request);
  try {
    if (!judge.kinds.has(fields.kind)) {
      rare.warn('Admitted an object of a kind that is not judged', fields);
      return { outcome: 'unknown', verdict: ALLOWED };
    }
    if (passesBecause(request) !== undefined) return { outcome: 'passed', verdict: ALLOWED };
    const missing = notReady();
    if (missing !== undefined) {
      rare.warn('Review could not be judged yet', { detail: missing });
      return { outcome: 'error', problem: `not ready: ${missing}` };
    }
    const verdict = await judge.review(request);
    if (!verdict.allowed) tellRefusal(request, verdict.message, deps);
    return { outcome: outcomeOf(verdict), verdict };
  } catch (error) {
    const leftOut = lines('Unjudged');
    if (leftOut !== undefined) {
      logger.error('Review could not be judged', withLeftOut({ ...fields, err: error }, leftOut));
    }
    return { outcome: 'error' };
  }
}

/** Who asked is for the audit stream alone. */
function describe(span: Span, request: AdmissionRequest, { outcome, verdict }: Judged): void {
  span.set('signet.review_uid', request.uid);
  span.set('signet.operation', request.operation);
  span.set('k8s.namespace.name', request.namespace);
  span.set('signet.object_name', request.name);
  span.set('signet.dry_run', request.dryRun);
  span.set('signet.correlation_id', markOf(request));
  span.set('signet.outcome', outcome);
  span.set('signet.allowed', verdict?.allowed);
  if (verdict?.violations !== undefined) span.set('signet.policies', rulesOf(verdict.violations).slice(0, MOST_RULES));
  if (outcome === 'error') span.fail('error');
}

/** On a span. */
const MOST_RULES = 16;

function tellRefusal(request: AdmissionRequest, detail: string | undefined, deps: HandlerDeps): void {
  const { logger, audit, lines } = deps;
  const id = markOf(request);
  const notLogged = lines('Refused');
  if (notLogged !== undefined) {
    logger.info('Refused', withLeftOut({ ...fieldsOf(request), correlationID: id, detail }, notLogged));
  }
  const notAudited = request.dryRun ? undefined : lines('Audit');
  if (notAudited === undefined) return;
  audit(withLeftOut(denial(request, id, detail), notAudited));
}

/** Whoever connects can have put anything there. */
function markOf({ object }: AdmissionRequest): string | undefined {
  const { metadata } = (object ?? {}) as { readonly metadata?: Readonly<Record<string, unknown>> | null };
  const { uid, generation } = metadata ?? {};
  if (typeof uid !== 'string' || uid.length > MAX_UID || typeof generation !== 'number') return undefined;
  return correlationID({ uid, generation });
}

/** Of any uid that an API server makes. */
const MAX_UID = 64;

function fieldsOf({ uid, kind, namespace, name, operation, dryRun, user }: AdmissionRequest) {
  return { uid, kind: kindName(kind), namespace, name, operation, dryRun, user: user.username };
}

function denial(request: AdmissionRequest, id: string | undefined, detail: string | undefined): AuditEvent {
  const { namespace, name, user } = request;
  return {
    code: 'ADMISSION_DENIED',
    outcome: 'refused',
    ...(id === undefined ? {} : { correlationID: id }),
    kind: kindName(request.kind),
    ...(namespace === undefined ? {} : { namespace }),
    name,
    user: user.username,
    ...(detail === undefined ? {} : { detail }),
  };
}

function outcomeOf({ allowed, warnings }: Verdict): ReviewOutcome {
  if (!allowed) return 'denied';
  return warnings.length > 0 ? 'warned' : 'allowed';
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain', body: `${text}\n` };
}
