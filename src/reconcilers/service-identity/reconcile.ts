// SPDX-License-Identifier: Apache-2.0
/**
 * The imperative shell around one ServiceIdentity: observe, plan, apply, write status. Everything it decides is decided
 * in identity/.
 * @module
 */

import { sameJSON } from '../../api/equality.ts';
import type { ServiceIdentity, ServiceIdentityStatus } from '../../api/service-identity.ts';
import { FILES_DIGEST_ANNOTATION } from '../../api/well-known.ts';
import type { Result } from '../../controller/result.ts';
import { isSignetError, SignetError } from '../../errors.ts';
import { NO_LOOKS } from '../../identity/looks.ts';
import type { Observed, SecretMeta } from '../../identity/observed.ts';
import type { Outcome } from '../../identity/outcome.ts';
import { formatProblem } from '../../identity/password.ts';
import { type Action, type Plan, planIdentity } from '../../identity/plan.ts';
import { nextStatus } from '../../identity/status.ts';
import { factsInStatus, turningPoints } from '../../identity/stored.ts';
import { isLastingRefusal } from '../../kube/kube-error.ts';
import { healed } from '../../rates/healing.ts';
import type { Instant } from '../../time.ts';
import { assertMaySign } from '../signing-gate.ts';
import { type Applied, type ApplyDeps, applyAction, type Issued } from './apply.ts';
import { type ObserveDeps, observe, passwordOf, withLiveSecret, withMissing } from './observe.ts';
import { settledAfter } from './settled.ts';

/** Told about what came of a run; for metrics, events and the log. */
export interface IdentityObserver {
  issued(identity: ServiceIdentity, issued: Issued): void;
  /** Not told of a run that was canceled: nothing is known to have failed. */
  failed(identity: ServiceIdentity, action: Action, error: unknown): void;
  /** Its Secret is not as the controller left it, and is read. */
  foreignWrite(identity: ServiceIdentity): void;
  statusWritten(identity: ServiceIdentity, before: ServiceIdentityStatus | undefined): void;
}

export interface IdentityReconcilerDeps extends ObserveDeps, ApplyDeps {
  readonly observer: IdentityObserver;
}

/** A plan that keeps asking to read disagrees with what it reads. */
const MAX_READS = 3;

/**
 * Reconciles the identity behind `namespace/name`. `signal` is that of the calls in `deps`, too. A write that it cuts off
 * may have happened, or may yet: its bytes are zeroed, nothing of it is remembered, and whoever runs next finds it by
 * the watch or by being refused, since every write names what it was decided on. A Secret that is known to be written
 * while its status is not stays remembered as such.
 */
export async function reconcileIdentity(
  key: string,
  deps: IdentityReconcilerDeps,
  signal?: AbortSignal,
): Promise<Result> {
  const identity = deps.memory.identity(key, deps.caches.identities.get(key));
  if (identity === undefined || identity.metadata.deletionTimestamp !== undefined) {
    deps.memory.forget(key);
    return {};
  }
  const decided = deps.memory.decided(key, identity);
  const facts = observe(key, decided, deps);
  const answer = deps.memory.answer(key, facts, deps.clock.now());
  if (answer !== undefined) return answer;
  let { observed, plan } = await observeAndPlan(key, facts, deps);
  if (plan.undecided) return plan.requeueAfter === undefined ? {} : { requeueAfter: plan.requeueAfter };
  const run: Run = { key, deps, signal };
  let outcome = await applyPlan(observed, plan, run);
  if (isSignetError(outcome.failed?.error, 'ERR_KUBE_ALREADY_EXISTS')) {
    // The name is taken by a Secret that the label-selected cache does not show: look at it and decide again.
    const seen = await withLiveSecret(key, observed, plan.desired?.secret.name ?? '', deps);
    ({ observed, plan } = await observeAndPlan(key, { ...seen, looks: NO_LOOKS }, deps));
    outcome = await applyPlan(observed, plan, run);
  }
  const formats = formatProblem(decided, passwordOf(key, decided, deps).password);
  const told = formats === undefined ? outcome : { ...outcome, formats };
  const recorded = await recordStatus(key, { stored: identity, decided }, told, deps);
  if (outcome.failed !== undefined) throw outcome.failed.error;
  const now = deps.clock.now();
  const result = resultOf(recorded, plan, now);
  const { written: secret } = outcome;
  if (secret !== undefined)
    deps.memory.settled(key, settledAfter(observed, { identity: recorded, secret }, result, now), now);
  return result;
}

async function observeAndPlan(
  key: string,
  initial: Observed,
  deps: IdentityReconcilerDeps,
): Promise<{ readonly observed: Observed; readonly plan: Plan }> {
  let observed = initial;
  for (let reads = 0; reads <= MAX_READS; reads += 1) {
    const plan = planIdentity(observed, deps.clock.now());
    if (plan.read === undefined) {
      // What could not be read is held back by back-off, and makes no renewal wait.
      if (reads > 0) deps.memory.looked(key, deps.clock.now());
      return { observed, plan };
    }
    // Having begun, a run reads what it needs.
    observed = { ...(await withMissing(key, observed, plan, deps)), looks: NO_LOOKS };
    if (plan.read === 'content' && writtenByOthers(observed)) deps.observer.foreignWrite(observed.identity);
  }
  throw new SignetError('ERR_INVARIANT', 'the plan for an identity keeps asking for what was read');
}

/** A whole SVID that status does not tell of is one of ours, stored just before its signer was cut off. */
function writtenByOthers({ identity, secret }: Observed): boolean {
  const content = secret?.content;
  if (content === undefined) return false;
  const { svid, formatsComplete } = content;
  return svid === undefined || !formatsComplete || svid.fingerprint === identity.status?.fingerprint;
}

interface Run {
  readonly key: string;
  readonly deps: IdentityReconcilerDeps;
  readonly signal: AbortSignal | undefined;
}

interface PlanOutcome extends Outcome {
  readonly written?: SecretMeta;
  /** Whatever an action threw; the controller makes an error of ours of it. */
  readonly failed?: { readonly error: unknown };
}

async function applyPlan(observed: Observed, plan: Plan, { key, deps, signal }: Run): Promise<PlanOutcome> {
  let outcome: PlanOutcome = { plan, ...(observed.secret === undefined ? {} : { secret: observed.secret.meta }) };
  for (const action of plan.actions) {
    try {
      const applied = await applyAction(action, observed, deps);
      remember(key, action, applied, deps);
      if (applied.issued !== undefined) deps.observer.issued(observed.identity, applied.issued);
      outcome = merge(outcome, applied, action);
    } catch (error) {
      if (isSignetError(error, 'ERR_KUBE_CONFLICT', 'ERR_KUBE_NOT_FOUND')) await lookAgain(key, observed, action, deps);
      if (signal?.aborted !== true) deps.observer.failed(observed.identity, action, error);
      const failure = userFailure(error);
      return { ...outcome, failed: { error }, ...(failure === undefined ? {} : { failure }) };
    }
  }
  return outcome;
}

/**
 * What we know is not what is there, and a watch that hangs would not tell for minutes: one live look, so that the next
 * try decides on what is there now.
 */
async function lookAgain(key: string, observed: Observed, action: Action, deps: IdentityReconcilerDeps): Promise<void> {
  deps.memory.outrun(key, 'secrets');
  const name = action.kind === 'IssueSVID' ? action.desired.secret.name : action.secret.name;
  // The refused write is the error that counts; without this look the watch tells, later.
  await withLiveSecret(key, observed, name, deps).catch(() => undefined);
}

function remember(key: string, action: Action, applied: Applied, { memory, clock }: IdentityReconcilerDeps): void {
  const heals = (action.kind === 'IssueSVID' && action.heals) || (action.kind === 'PatchSecret' && action.patch.heals);
  if (heals) memory.healed(key, healed(memory.healing(key), clock.now()));
  if (action.kind === 'IssueSVID' && action.follows) memory.paced(key, clock.now());
  if (action.kind === 'IssueSVID') memory.issued(key);
  if (applied.password !== undefined) memory.readPassword(key, applied.password.version, applied.password.read);
  if (applied.secret === undefined) return;
  memory.sawSecret(key, applied.secret);
  if (applied.issued === undefined) return;
  const { authorityID } = applied.issued.facts;
  memory.wroteSecret(key, applied.secret, {
    filesDigest: applied.secret.annotations[FILES_DIGEST_ANNOTATION],
    authorityID,
  });
}

function merge(outcome: PlanOutcome, { secret, issued }: Applied, { kind }: Action): PlanOutcome {
  return {
    ...outcome,
    ...(secret === undefined ? {} : { written: secret }),
    ...(issued === undefined ? {} : { issued }),
    ...(kind === 'DeleteSecret' ? { released: true } : {}),
  };
}

/** The failures a person has to mend; the rest passes by itself and is only counted. */
function userFailure(error: unknown): Outcome['failure'] {
  if (isSignetError(error, 'ERR_ISSUANCE')) return { reason: 'IssuanceFailed', message: error.message };
  return isLastingRefusal(error) ? { reason: 'WriteRefused', message: error.message } : undefined;
}

async function recordStatus(
  key: string,
  identity: { readonly stored: ServiceIdentity; readonly decided: ServiceIdentity },
  outcome: PlanOutcome,
  deps: IdentityReconcilerDeps,
): Promise<ServiceIdentity> {
  const status = nextStatus(identity.decided, outcome, deps.clock.now());
  if (sameJSON(identity.stored.status, status)) return identity.stored;
  try {
    assertMaySign(deps.gate);
    const written = await deps.calls.writeStatus(identity.stored, status);
    deps.memory.wroteIdentity(key, written);
    deps.observer.statusWritten(written, identity.stored.status);
    return written;
  } catch (error) {
    if (isSignetError(error, 'ERR_KUBE_CONFLICT', 'ERR_KUBE_NOT_FOUND')) deps.memory.outrun(key, 'identity');
    if (outcome.written !== undefined) deps.memory.owesStatus(key, identity.stored, status);
    throw error;
  }
}

function resultOf(identity: ServiceIdentity, { requeueAfter }: Plan, now: Instant): Result {
  const facts = factsInStatus(identity.status);
  const points = facts === undefined ? [] : turningPoints(identity, facts).filter((at) => at > now);
  const times = [...(requeueAfter === undefined ? [] : [requeueAfter]), ...points.map((at) => at - now)];
  return times.length === 0 ? {} : { requeueAfter: Math.min(...times) };
}
