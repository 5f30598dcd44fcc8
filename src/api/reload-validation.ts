// SPDX-License-Identifier: Apache-2.0
/**
 * The rules of `spec.reload`: who is told of a new SVID, and how often workloads may be restarted for it.
 * @module
 */
import { type Duration, MINUTE } from '../time.ts';
import { checkDuration, checkList, checkOneOf, checkText } from './checks.ts';
import { formatDuration } from './duration.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { MAX_NAME_LENGTH, objectNameProblem } from './grammar.ts';
import type { ResolvedReload } from './resolved.ts';
import { RELOAD_TYPES, type ReloadSpec, WORKLOAD_KINDS, type WorkloadRef } from './service-identity.ts';

/** No workload is ever restarted more often. */
export const RESTART_FLOOR: Duration = 5 * MINUTE;
const MAX_WORKLOADS = 8;

export interface ParsedReload {
  readonly value: ResolvedReload | undefined;
  readonly errors: readonly FieldError[];
}

/** Parses it, with its defaults; `ttl` as far as the spec names one. */
export function checkReload(reload: ReloadSpec | undefined, ttl: Duration | undefined): ParsedReload | undefined {
  if (reload === undefined) return undefined;
  const { type, rollout } = reload;
  const wrongType = checkOneOf('spec.reload.type', type, RELOAD_TYPES);
  if (wrongType.length > 0) return { value: undefined, errors: wrongType };
  if (type === 'PodAnnotation') {
    const message = 'rollout is only for type Rollout; remove it';
    const errors = rollout === undefined ? [] : [fieldError('spec.reload', undefined, message)];
    return { value: { type }, errors };
  }
  if (rollout === undefined) {
    const message = 'type Rollout needs rollout.workloads, which are restarted; add them';
    return { value: undefined, errors: [fieldError('spec.reload', undefined, message)] };
  }
  const path = 'spec.reload.rollout.minInterval';
  const interval = checkDuration(path, rollout.minInterval ?? '', RESTART_FLOOR);
  const { workloads } = rollout;
  const errors = [
    ...checkWorkloads('spec.reload.rollout.workloads', workloads),
    ...interval.errors,
    ...(interval.errors.length > 0 ? [] : intervalErrors(path, interval.value, ttl)),
  ];
  return { value: { type, workloads, minInterval: interval.value }, errors };
}

function checkWorkloads(path: string, workloads: readonly WorkloadRef[]): readonly FieldError[] {
  if (workloads.length === 0) return [fieldError(path, undefined, 'must name at least one workload')];
  const seen = new Set<string>();
  return checkList(path, workloads, MAX_WORKLOADS, (at, { kind, name }) => {
    if (seen.has(`${kind}/${name}`)) return [fieldError(at, `${kind}/${name}`, 'is in the list already; remove it')];
    seen.add(`${kind}/${name}`);
    return [
      ...checkOneOf(`${at}.kind`, kind, WORKLOAD_KINDS),
      ...checkText(`${at}.name`, name, MAX_NAME_LENGTH, objectNameProblem),
    ];
  });
}

/** An SVID is renewed at 40 % of its life at the earliest; a workload that waits longer may still hold it at its end. */
function intervalErrors(path: string, interval: Duration, ttl: Duration | undefined): readonly FieldError[] {
  if (ttl === undefined || !(interval * 5 > ttl * 2)) return [];
  const message = `is more than 40 % of spec.ttl ${formatDuration(ttl)}, so workloads could outlive their SVID; use a longer ttl or a shorter interval`;
  return [fieldError(path, formatDuration(interval), message)];
}
