// SPDX-License-Identifier: Apache-2.0
/**
 * What of a TrustDomain is told to people: the events, and log lines, that follow from one written status and the one
 * before it. Derived from what is stored, so that a step that was tried twice is told once.
 * @module
 */
import { newReasons } from '../api/condition-list.ts';
import { CALM_REASONS, type TrustDomainReason } from '../api/conditions.ts';
import type { RotationAction, RotationStatus, TrustDomainStatus } from '../api/trust-domain.ts';

/** Reasons of events about rotations. docs/reference/events.md is held equal to it. */
export const ROTATION_EVENTS = {
  RotationAccepted: {
    type: 'Normal',
    message: 'Rotation was accepted',
    meaning: 'A rotation that `spec.rotation` asks for has begun.',
  },
  RotationRefused: {
    type: 'Warning',
    message: 'Rotation was refused',
    meaning: 'What `spec.rotation` asks for cannot be done; nothing was changed. The note says why.',
  },
  RotationScheduled: {
    type: 'Normal',
    message: 'Rotation is due and has begun',
    meaning: 'A rotation of the root has begun by itself.',
  },
  CompromiseBegun: {
    type: 'Warning',
    message: 'Authority was reported as compromised',
    meaning:
      'Everything the authority consists of counts as compromised; every SVID is replaced under a new root. Look at status.rotation for what it waits for.',
  },
  RotationOvertaken: {
    type: 'Normal',
    message: 'Rotation was overtaken by a compromise',
    meaning: 'A compromise takes the place of a rotation that was in progress; that one gets no further answer.',
  },
  RootPublished: {
    type: 'Normal',
    message: 'New root is published',
    meaning: 'A new root goes into every Secret and bundle.',
  },
  RootActivated: {
    type: 'Normal',
    message: 'New root signs',
    meaning: 'The new root signs from now on, through a new intermediate.',
  },
  SVIDsReplaced: {
    type: 'Normal',
    message: 'Every compromised SVID was replaced',
    meaning:
      'No SVID of a compromised authority is in use any more. Its root is withdrawn when the propagation margin has passed.',
  },
  TargetsQuarantined: {
    type: 'Warning',
    message: 'Targets of a rotation were given up',
    meaning:
      'Secrets or bundles could not be written by the deadline; the rotation goes on without them. Their workloads fail when the old root is withdrawn: mend them before.',
  },
  RootWithdrawn: {
    type: 'Normal',
    message: 'Old root was withdrawn',
    meaning: 'A root is no longer a trust anchor.',
  },
  RootWithdrawnEarly: {
    type: 'Warning',
    message: 'Compromised root was withdrawn before its time',
    meaning:
      'A compromised root is no longer a trust anchor although workloads may still depend on it: `acknowledgeBroken` allows that. Look for workloads that fail, and restart them.',
  },
  RotationCompleted: {
    type: 'Normal',
    message: 'Rotation is complete',
    meaning: 'The rotation has come to its end.',
  },
} as const;

export type RotationEventReason = keyof typeof ROTATION_EVENTS;

export interface TrustDomainEvent {
  readonly reason: RotationEventReason | TrustDomainReason;
  readonly type: 'Normal' | 'Warning';
  /** Static, for the log. */
  readonly message: string;
  /** For people. */
  readonly note: string;
  /** For the log. */
  readonly fields: Readonly<Record<string, string | number>>;
}

/** Trouble that is new: a condition that says so now, and did not say it for this reason before. */
export function conditionEvents(previous: TrustDomainStatus | undefined, next: TrustDomainStatus): TrustDomainEvent[] {
  return newReasons(previous?.conditions, next.conditions)
    .filter(({ type, reason }) => !(type === 'Ready' && CALM_REASONS.has(reason)))
    .map(({ type, reason, message }) => ({
      reason,
      type: 'Warning',
      message: 'TrustDomain needs attention',
      note: message,
      fields: { condition: type },
    }));
}

/** What happened to a rotation, in order. The first status of an authority tells of nothing. */
export function rotationEvents(previous: TrustDomainStatus | undefined, next: TrustDomainStatus): TrustDomainEvent[] {
  if (previous === undefined) return [];
  const before = isSame(previous.rotation, next.rotation) ? previous.rotation : undefined;
  const now = next.rotation;
  return [
    ...(now === undefined || before !== undefined ? [] : [...overtaken(previous.rotation, now), ...beginning(now)]),
    ...aside(previous, next),
    ...newRoots(previous, next),
    ...(now === undefined ? [] : milestones(before, now)),
    ...withdrawals(previous, next, before),
    ...(now === undefined ? [] : completion(before, now)),
  ];
}

/** The request that was answered by this status, and how; undefined: none. */
export function answeredRequest(
  previous: TrustDomainStatus | undefined,
  next: TrustDomainStatus,
): { readonly action: RotationAction; readonly result: 'accepted' | 'refused' } | undefined {
  const { rotation, lastRequest } = next;
  if (previous === undefined) return undefined;
  if (lastRequest !== undefined && lastRequest.id !== previous.lastRequest?.id)
    return { action: lastRequest.action, result: lastRequest.state === 'Refused' ? 'refused' : 'accepted' };
  if (rotation?.id === undefined || isSame(previous.rotation, rotation)) return undefined;
  return { action: rotation.action, result: rotation.state === 'Refused' ? 'refused' : 'accepted' };
}

function isSame(a: RotationStatus | undefined, b: RotationStatus | undefined): boolean {
  return a?.id === b?.id && a?.action === b?.action && a?.startedAt === b?.startedAt;
}

/** What was over at once while a rotation was in progress. */
function aside(
  { lastRequest: before }: TrustDomainStatus,
  { lastRequest: now }: TrustDomainStatus,
): TrustDomainEvent[] {
  if (now === undefined || now.id === before?.id) return [];
  const { id, action, state, message } = now;
  const fields = { request: id, action };
  if (state === 'Refused')
    return [event('RotationRefused', `${action} (request ${id}) is refused: ${message}`, fields)];
  return [completed(now)];
}

/** What never came to its end. */
function overtaken(before: RotationStatus | undefined, now: RotationStatus): TrustDomainEvent[] {
  if (before?.state !== 'InProgress' || !isCompromise(now)) return [];
  const note = `${named(before)} is overtaken by ${named(now)}: a new root replaces every other`;
  return [event('RotationOvertaken', note, fieldsOf(before))];
}

function beginning({ id, action, reason, state, message }: RotationStatus): TrustDomainEvent[] {
  if (id === undefined) return [event('RotationScheduled', `${action} is due`, { action })];
  const why = reason === undefined ? '' : `: ${reason}`;
  const fields = { request: id, action };
  if (state === 'Refused')
    return [event('RotationRefused', `${action} (request ${id}) is refused: ${message}`, fields)];
  if (action !== 'Compromise') return [event('RotationAccepted', `${action} (request ${id}) has begun${why}`, fields)];
  const note = `every SVID is replaced under a new root (request ${id})${why}`;
  return [event('CompromiseBegun', note, fields)];
}

function newRoots(previous: TrustDomainStatus, next: TrustDomainStatus): TrustDomainEvent[] {
  const before = rootsOf(previous);
  if (before.length === 0) return [];
  return rootsOf(next).flatMap(({ id, state, notAfter }) => {
    const known = before.find((root) => root.id === id);
    const fields = { root: id };
    return [
      ...(known === undefined && state !== 'Retired'
        ? [event('RootPublished', `root ${id} is published; it expires at ${notAfter}`, fields)]
        : []),
      ...(known?.state !== 'Active' && state === 'Active'
        ? [event('RootActivated', `root ${id} signs from now on`, fields)]
        : []),
    ];
  });
}

function milestones(before: RotationStatus | undefined, now: RotationStatus): TrustDomainEvent[] {
  const { action, step, quarantined = 0 } = now;
  if (quarantined > (before?.quarantined ?? 0)) {
    const samples = (before?.blockers ?? now.blockers ?? []).map(({ kind, namespace, name, reason }) => {
      const place = namespace === undefined ? name : `${namespace}/${name}`;
      return `${kind} ${place} (${reason})`;
    });
    const which = samples.length === 0 ? '' : `, among them ${samples.slice(0, MAX_SAMPLES).join(', ')}`;
    return [event('TargetsQuarantined', `${quarantined} Secrets and bundles are given up${which}`, { quarantined })];
  }
  const replaced = action === 'Compromise' && step === 'WaitingForMargin' && before?.step !== step;
  return replaced ? [event('SVIDsReplaced', 'no SVID of the compromised authority is in use any more', {})] : [];
}

/** In an event of 1 kB. */
const MAX_SAMPLES = 3;

function withdrawals(
  previous: TrustDomainStatus,
  next: TrustDomainStatus,
  before: RotationStatus | undefined,
): TrustDomainEvent[] {
  const kept = new Set(rootsOf(next).map(({ id }) => id));
  const gone = rootsOf(previous).filter(({ id }) => !kept.has(id));
  const early = isCompromise(next.rotation) && before?.state !== 'Completed' && before?.step !== 'WaitingForMargin';
  if (!early)
    return gone.map(({ id }) => event('RootWithdrawn', `root ${id} is no longer a trust anchor`, { root: id }));
  const dependents = Math.max(before?.stale ?? 0, before?.exposed ?? 0);
  const counted = dependents === 0 ? '' : `; ${dependents} Secrets and bundles still depended on it when last counted`;
  return gone.map(({ id }) =>
    event('RootWithdrawnEarly', `root ${id} is no longer a trust anchor${counted}`, { root: id, dependents }),
  );
}

/** Whose withdrawal waits for the margin, unless an operator does not want to wait. */
function isCompromise(rotation: RotationStatus | undefined): boolean {
  return rotation?.action === 'Compromise' && rotation.state !== 'Refused';
}

function completion(before: RotationStatus | undefined, now: RotationStatus): TrustDomainEvent[] {
  return now.state !== 'Completed' || before?.state === 'Completed' ? [] : [completed(now)];
}

function completed(rotation: Asked & Pick<RotationStatus, 'message'>): TrustDomainEvent {
  return event('RotationCompleted', `${named(rotation)} is ${rotation.message}`, fieldsOf(rotation));
}

/** What a rotation is named by: the request, where there was one, and its action. */
type Asked = Pick<RotationStatus, 'id' | 'action'>;

function named({ id, action }: Asked): string {
  return id === undefined ? action : `${action} (request ${id})`;
}

function fieldsOf({ id, action }: Asked): TrustDomainEvent['fields'] {
  return { action, ...(id === undefined ? {} : { request: id }) };
}

function rootsOf({ authorities = [] }: TrustDomainStatus): NonNullable<TrustDomainStatus['authorities']> {
  return authorities.filter(({ kind }) => kind === 'Root');
}

function event(reason: RotationEventReason, note: string, fields: TrustDomainEvent['fields']): TrustDomainEvent {
  const { type, message } = ROTATION_EVENTS[reason];
  return { reason, type, message, note, fields };
}
