// SPDX-License-Identifier: Apache-2.0
/**
 * The shell of spec.reload around one identity: tells the pods that mount a new Secret, or restarts the workloads that do.
 * What is restarted is decided in identity/rollout.ts.
 * @module
 */

import { sameJSON } from '../../api/equality.ts';
import type { ResolvedReload } from '../../api/resolved.ts';
import type { ReloadType, RolloutStatus, ServiceIdentity, ServiceIdentityStatus } from '../../api/service-identity.ts';
import { parseServiceIdentitySpec } from '../../api/service-identity-validation.ts';
import { parseTimestamp } from '../../api/timestamp.ts';
import type { Clock } from '../../controller/clock.ts';
import type { Result } from '../../controller/result.ts';
import { SignetError } from '../../errors.ts';
import type { IdentityProblem } from '../../identity/problem.ts';
import { planRollout, type RolloutPlan, recordsUndone, rolloutSettled } from '../../identity/rollout.ts';
import { withRollouts } from '../../identity/status.ts';
import { isRefusal, webhookUnreachable } from '../../kube/kube-error.ts';
import { type Pace, paced, pacedUntil, type Rate, UNPACED } from '../../rates/pacing.ts';
import { BACKDATE } from '../../spiffe/svid.ts';
import { type Duration, MINUTE, SECOND } from '../../time.ts';
import type { Expiring } from '../expiring.ts';
import { assertMaySign, type SigningGate } from '../signing-gate.ts';
import type { ReloadCalls } from './calls.ts';
import { liveWorkload } from './workloads.ts';

export interface ReloadDeps {
  readonly calls: ReloadCalls;
  readonly clock: Clock;
  readonly gate: SigningGate;
  /** What the operator switched on. */
  readonly enabled: ReadonlySet<ReloadType>;
  /** The newest that is known; undefined: it is gone. */
  readonly identity: (key: string) => ServiceIdentity | undefined;
  /** Keys of the identities of a namespace. */
  readonly identitiesIn: (namespace: string) => Iterable<string>;
  /** Writes a status on what `change` makes of the newest one, alone with it; undefined: nothing is to be written. */
  readonly writeStatus: (
    key: string,
    change: (identity: ServiceIdentity) => ServiceIdentityStatus | undefined,
  ) => Promise<void>;
  /** By identity: the version of the Secret that its pods were told of. */
  readonly told: Map<string, string>;
  /** By identity: how often its pods were told. Not every version is an SVID: whoever edits a spec has us write, too. */
  readonly paces: Expiring<Told>;
}

/** The newest version that pods were told of, or are to be, and the pace since. */
export interface Told {
  readonly version: string;
  readonly pace: Pace;
}

/** Kubelets look at every volume within this time by themselves. */
const KUBELET_SYNC: Duration = 3 * MINUTE;
/** Pods of one identity. */
const TOLD_AT_ONCE = 8;
/** How often they are told. */
const TELLINGS: Rate = { burst: 5, interval: 30 * SECOND };

/** Reloads for the identity behind `namespace/name`. Throws SignetError when an effect fails. */
export async function reconcileReload(key: string, deps: ReloadDeps): Promise<Result> {
  const identity = deps.identity(key);
  if (identity?.spec.reload === undefined || identity.metadata.deletionTimestamp !== undefined) {
    deps.told.delete(key);
    return {};
  }
  // Nothing is stored yet, and the first status is not ours to write.
  if (identity.status === undefined) return {};
  const parsed = parseServiceIdentitySpec(identity.spec, identity.metadata.name, identity.metadata.namespace ?? '');
  // Its own reconciler says what is wrong with it.
  if ('errors' in parsed || parsed.value.reload === undefined) return {};
  const { reload } = parsed.value;
  assertMaySign(deps.gate);
  if (!deps.enabled.has(reload.type)) {
    const message = `spec.reload.type ${reload.type} is not switched on; ask the operator of Signet for it, or remove spec.reload`;
    await record(key, identity, { ...untouched(identity), problem: { reason: 'ReloadDisabled', message } }, deps);
    return {};
  }
  if (reload.type === 'Rollout') return restartWorkloads(key, identity, reload, deps);
  await record(key, identity, untouched(identity), deps);
  return tellPods(key, identity, deps);
}

/** Once for each version of the Secret. After a restart of ours only what is so new that kubelets may not know it. */
async function tellPods(key: string, identity: ServiceIdentity, deps: ReloadDeps): Promise<Result> {
  const { namespace = '' } = identity.metadata;
  const { secret, notBefore = '' } = identity.status ?? {};
  if (secret === undefined || deps.told.get(key) === secret.resourceVersion) return {};
  const issued = (parseTimestamp(notBefore) ?? 0) + BACKDATE;
  if (!deps.told.has(key) && deps.clock.now() > issued + KUBELET_SYNC) {
    deps.told.set(key, secret.resourceVersion);
    return {};
  }
  const version = secret.resourceVersion;
  const wait = untilTold(key, version, deps);
  if (wait !== undefined) return { requeueAfter: wait };
  const pods = await deps.calls.staleMounters(namespace, { name: secret.name, version });
  let failed: PromiseRejectedResult | undefined;
  for (let next = 0; next < pods.length; next += TOLD_AT_ONCE) {
    assertMaySign(deps.gate);
    const some = pods.slice(next, next + TOLD_AT_ONCE);
    const outcomes = await Promise.allSettled(some.map((pod) => deps.calls.annotatePod(namespace, pod, version)));
    failed ??= outcomes.find((outcome) => outcome.status === 'rejected');
  }
  if (failed !== undefined) throw failed.reason;
  deps.told.set(key, version);
  return {};
}

/** How long a version has to wait; undefined: it is its turn. One whose pods could not be told is held back by back-off. */
function untilTold(key: string, version: string, { paces, clock }: ReloadDeps): Duration | undefined {
  const last = paces.get(key);
  if (last?.version === version) return undefined;
  const pace = last?.pace ?? UNPACED;
  const now = clock.now();
  const until = pacedUntil(pace, now, TELLINGS);
  if (until !== undefined) return until - now;
  paces.set(key, { version, pace: paced(pace, now, TELLINGS) }, (other) => other.pace <= now);
  return undefined;
}

async function restartWorkloads(
  key: string,
  identity: ServiceIdentity,
  reload: Extract<ResolvedReload, { type: 'Rollout' }>,
  deps: ReloadDeps,
): Promise<Result> {
  const { namespace = '' } = identity.metadata;
  const { secret, fingerprint, rollouts: records = [] } = identity.status ?? {};
  if (secret === undefined || fingerprint === undefined) return {};
  const { workloads: refs, minInterval } = reload;
  if (rolloutSettled(fingerprint, refs, records)) {
    await record(key, identity, { records }, deps);
    return {};
  }
  const workloads = await Promise.all(
    refs.map(async (ref) => {
      const object = await deps.calls.workload(namespace, ref);
      return { ...ref, live: object && liveWorkload(ref.kind, object, secret.name) };
    }),
  );
  const others = otherRecords(key, namespace, deps);
  const plan = planRollout({ fingerprint, workloads, records, others, minInterval }, deps.clock.now());
  // Nothing is recorded, and taken back again, for a restart that is still refused.
  if (wasRefused(identity)) await attempt('rehearseRestart', key, { identity, plan }, deps);
  await record(key, identity, plan, deps);
  // The record is in status by now, so that a crash between the two costs a restart at most.
  await attempt('restart', key, { identity: withRecords(identity, plan.records), plan }, deps);
  return plan.requeueAfter === undefined ? {} : { requeueAfter: plan.requeueAfter };
}

/** Several identities may name one workload. */
function otherRecords(key: string, namespace: string, deps: ReloadDeps): readonly RolloutStatus[] {
  const others = [...deps.identitiesIn(namespace)].filter((other) => other !== key);
  return others.flatMap((other) => deps.identity(other)?.status?.rollouts ?? []);
}

/** Makes the planned restart, if any, or asks whether it would be accepted. Where it is refused, none is on record. */
async function attempt(
  how: 'restart' | 'rehearseRestart',
  key: string,
  { identity, plan }: { readonly identity: ServiceIdentity; readonly plan: RolloutPlan },
  deps: ReloadDeps,
): Promise<void> {
  const { restart: chosen, records } = plan;
  const fingerprint = records.find(({ kind, name }) => kind === chosen?.kind && name === chosen.name)?.fingerprint;
  if (chosen === undefined || fingerprint === undefined) return;
  assertMaySign(deps.gate);
  try {
    await deps.calls[how](identity.metadata.namespace ?? '', chosen, fingerprint);
  } catch (error) {
    const problem = refusalOf(error);
    if (problem !== undefined) await record(key, identity, { records: recordsUndone(plan), problem }, deps);
    throw error;
  }
}

function wasRefused({ status }: ServiceIdentity): boolean {
  return status?.conditions?.some(({ reason }) => reason === REFUSED) === true;
}

const REFUSED = 'RestartRefused';
const CALLED = /failed calling webhook(?: "[^"]*")?/u;
const UNREACHABLE = 'see that this webhook runs, or remove its configuration';

function refusalOf(error: unknown): IdentityProblem | undefined {
  // What comes after its name differs from try to try (a port, the time), and status is no log.
  const called = webhookUnreachable(error) ? CALLED.exec(error.message)?.[0] : undefined;
  if (called !== undefined) return { reason: REFUSED, message: `${called}; ${UNREACHABLE}` };
  return isRefusal(error) ? { reason: REFUSED, message: error.message } : undefined;
}

function untouched({ status }: ServiceIdentity): Pick<RolloutPlan, 'records'> {
  return { records: status?.rollouts ?? [] };
}

function withRecords(identity: ServiceIdentity, rollouts: RolloutPlan['records']): ServiceIdentity {
  return { ...identity, status: { ...identity.status, rollouts } };
}

/** Writes what was found out, where it is new. Refused where other records are there than it was decided on. */
async function record(
  key: string,
  { metadata, status: basis }: ServiceIdentity,
  found: Pick<RolloutPlan, 'records' | 'problem'>,
  deps: ReloadDeps,
): Promise<void> {
  await deps.writeStatus(key, (identity) => {
    if (identity.metadata.uid !== metadata.uid || !sameJSON(identity.status?.rollouts, basis?.rollouts))
      throw new SignetError('ERR_KUBE_CONFLICT', 'the records of restarts changed meanwhile');
    const status = withRollouts(identity, found, deps.clock.now());
    return sameJSON(identity.status, status) ? undefined : status;
  });
}
