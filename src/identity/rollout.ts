// SPDX-License-Identifier: Apache-2.0
/**
 * The decision about the workloads that are restarted for a new SVID: which one, when, and when none. Pure. It can't
 * loop: a restart takes a new SVID and an interval since the last one, both held against records in our own status that
 * are written before the restart; who loses a record loses a restart, and never gains one.
 * @module
 */

import type { IdentityReason } from '../api/conditions.ts';
import type { RolloutStatus, WorkloadRef } from '../api/service-identity.ts';
import { formatTimestamp, parseTimestamp } from '../api/timestamp.ts';
import { type Duration, type Instant, MINUTE, SECOND } from '../time.ts';
import type { IdentityProblem } from './problem.ts';

/** A workload as it is now. */
export interface LiveWorkload {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  /** Whether its pods mount the Secret of the SVID: no other is ever restarted. */
  readonly mounts: boolean;
  /** Fingerprint that its pod template names. */
  readonly restartedFor: string | undefined;
  /** Whether all its pods are of this generation and available. */
  readonly ready: boolean;
  /** Whether its own controller gave up on the present rollout. */
  readonly stuck: boolean;
}

export interface ObservedWorkload extends WorkloadRef {
  /** Undefined: it does not exist. */
  readonly live: LiveWorkload | undefined;
}

export interface RolloutInput {
  /** Of the SVID that is stored. */
  readonly fingerprint: string;
  /** In the order of the spec. */
  readonly workloads: readonly ObservedWorkload[];
  /** From status. */
  readonly records: readonly RolloutStatus[];
  /** Of all other identities of the namespace. */
  readonly others: readonly RolloutStatus[];
  readonly minInterval: Duration;
}

interface PlannedRestart extends WorkloadRef {
  readonly live: LiveWorkload;
  /** Its record where the restart is known not to have happened. */
  readonly undone: RolloutStatus;
}

export interface RolloutPlan {
  /** What has to be in status before anything is restarted. */
  readonly records: readonly RolloutStatus[];
  readonly restart?: PlannedRestart;
  readonly problem?: IdentityProblem;
  /** When to look again; absent: at the next SVID. */
  readonly requeueAfter?: Duration;
}

/** How long a restarted workload may take to become ready. */
const ROLLOUT_DEADLINE: Duration = 10 * MINUTE;
const PROGRESS_RECHECK: Duration = 5 * SECOND;
const PROBLEM_RECHECK: Duration = MINUTE;
/** Of the sixteen records that status has room for, eight are the spec's. */
const MAX_LEFT_BEHIND = 8;

/** Whether there is nothing to do, as far as status alone tells: then no workload is even read. */
export function rolloutSettled(
  fingerprint: string,
  workloads: readonly WorkloadRef[],
  records: readonly RolloutStatus[],
): boolean {
  return workloads.every((ref) => records.some((record) => isSame(record, ref) && isCurrent(record, fingerprint)));
}

/** Decides about the workloads now: at most one restart, and none while any of them is not ready. */
export function planRollout(input: RolloutInput, now: Instant): RolloutPlan {
  const records: RolloutStatus[] = [];
  let stopped: Step | undefined;
  for (const workload of input.workloads) {
    const known = input.records.find((record) => isSame(record, workload));
    const step = stopped === undefined ? stepOf(workload, known, input, now) : { record: known };
    if (step.record !== undefined) records.push(step.record);
    if (stopped === undefined && step.next !== undefined) stopped = step;
  }
  return { records: [...records, ...leftBehind(input, now)], ...stopped?.next };
}

/** The records after the API server refused the restart: whatever happens to the workload, nothing takes it for done. */
export function recordsUndone({ records, restart }: RolloutPlan): readonly RolloutStatus[] {
  return records.map((record) => (restart !== undefined && isSame(record, restart) ? restart.undone : record));
}

/** Workloads that the spec no longer names, until their interval is over: naming one again restarts it no earlier. */
function leftBehind({ records, workloads, minInterval }: RolloutInput, now: Instant): RolloutStatus[] {
  const gone = records.filter((record) => !workloads.some((workload) => isSame(record, workload)));
  return gone.filter((record) => restWait(record, minInterval, now) > 0).slice(0, MAX_LEFT_BEHIND);
}

/** How long a workload is left alone since its last restart; a clock that went back changes little. */
function restWait({ restartTime = '' }: RolloutStatus, minInterval: Duration, now: Instant): Duration {
  const last = parseTimestamp(restartTime);
  return last === undefined ? 0 : Math.min(last + minInterval - now, minInterval);
}

/** The same since its last restart for whichever identity: the interval is the workload's. */
function sharedWait(record: RolloutStatus, { others, minInterval }: RolloutInput, now: Instant): Duration {
  const same = others.filter((other) => isSame(other, record));
  return Math.max(...[record, ...same].map((one) => restWait(one, minInterval, now)));
}

interface Step {
  readonly record: RolloutStatus | undefined;
  /** Absent: the next workload is looked at. */
  readonly next?: Omit<RolloutPlan, 'records'>;
}

function stepOf(workload: ObservedWorkload, known: RolloutStatus | undefined, input: RolloutInput, now: Instant): Step {
  const { kind, name, live } = workload;
  if (live === undefined)
    return stopAt(known, 'WorkloadNotFound', `${kind} ${name} does not exist; create it, or take it off spec.reload`);
  if (!live.mounts)
    return stopAt(
      known,
      'WorkloadNotFound',
      `${kind} ${name} does not mount the Secret, so it is not restarted; mount it, or take the workload off spec.reload`,
    );
  // Its pods are younger than the SVID, or nobody asked for a restart when they began.
  if (known?.uid !== live.uid) return { record: firstSeen(workload, live, known, input.fingerprint) };
  const record = judged(known, live, now);
  if (record.state === 'Failed') return stopAt(record, 'RolloutFailed', failureOf(workload, record));
  if (record.state === 'Restarting' && wasRestarted(record, live))
    return { record, next: { requeueAfter: PROGRESS_RECHECK } };
  // Recorded, and then something came between: it is recorded and tried anew, for whatever is the newest now.
  if (record.state === 'Restarting') return restartStep(workload, live, record, { input, now });
  if (record.fingerprint === input.fingerprint) return { record };
  const wait = sharedWait(record, input, now);
  return wait > 0 ? { record, next: { requeueAfter: wait } } : restartStep(workload, live, record, { input, now });
}

/** A restart is due. */
function restartStep(
  { kind, name }: WorkloadRef,
  live: LiveWorkload,
  record: RolloutStatus,
  { input, now }: { readonly input: RolloutInput; readonly now: Instant },
): Step {
  const waiting = unready(record, input);
  if (waiting !== undefined) return waiting;
  const restarting: RolloutStatus = {
    kind,
    name,
    uid: live.uid,
    state: 'Restarting',
    fingerprint: input.fingerprint,
    generation: live.generation,
    // Whole seconds, and never the second before.
    restartTime: formatTimestamp(now + SECOND - 1),
  };
  const restart: PlannedRestart = { kind, name, live, undone: undoneFrom(record) };
  return { record: restarting, next: { restart, requeueAfter: PROGRESS_RECHECK } };
}

/** What was current before a restart that was recorded and never made is not on record any more: no SVID is that one. */
function undoneFrom(record: RolloutStatus): RolloutStatus {
  return record.state === 'Restarting' ? { ...record, state: 'Current', fingerprint: '' } : record;
}

/** Nothing is restarted while any workload of the list is not ready. */
function unready(record: RolloutStatus, { workloads }: RolloutInput): Step | undefined {
  const other = workloads.find(({ live }) => live?.ready !== true);
  if (other === undefined) return undefined;
  const message = `${other.kind} ${other.name} is not ready, and nothing is restarted until it is; look at its events`;
  return stopAt(record, 'RolloutWaiting', message);
}

/** What has become of a restart. */
function judged(record: RolloutStatus, live: LiveWorkload, now: Instant): RolloutStatus {
  if (record.state === 'Current' || !wasRestarted(record, live)) return record;
  if (live.ready) return { ...record, state: 'Current' };
  const started = parseTimestamp(record.restartTime ?? '') ?? now;
  return live.stuck || now >= started + ROLLOUT_DEADLINE ? { ...record, state: 'Failed' } : record;
}

/**
 * Whether the restart that was recorded did happen. A template that was changed by somebody else since counts as well:
 * it started new pods, and putting our annotation back would start them again, and again.
 */
function wasRestarted(record: RolloutStatus, live: LiveWorkload): boolean {
  return live.generation !== record.generation || live.restartedFor === record.fingerprint;
}

/** A new workload of a known name keeps the time of the last restart: the interval is the name's. */
function firstSeen(
  { kind, name }: WorkloadRef,
  { uid, generation }: LiveWorkload,
  known: RolloutStatus | undefined,
  fingerprint: string,
): RolloutStatus {
  const restartTime = known?.restartTime === undefined ? {} : { restartTime: known.restartTime };
  return { kind, name, uid, state: 'Current', fingerprint, generation, ...restartTime };
}

function stopAt(record: RolloutStatus | undefined, reason: IdentityReason, message: string): Step {
  return { record, next: { problem: { reason, message }, requeueAfter: PROBLEM_RECHECK } };
}

function failureOf({ kind, name }: WorkloadRef, { restartTime = '' }: RolloutStatus): string {
  return `${kind} ${name} did not become ready after its restart at ${restartTime}, and no other is restarted until it is; look at its events`;
}

function isCurrent(record: RolloutStatus, fingerprint: string): boolean {
  return record.state === 'Current' && record.fingerprint === fingerprint;
}

function isSame(a: WorkloadRef, b: WorkloadRef): boolean {
  return a.kind === b.kind && a.name === b.name;
}
