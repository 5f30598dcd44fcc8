// SPDX-License-Identifier: Apache-2.0
/**
 * What of pods and workloads a reload looks at, read off the objects of the API server.
 * @module
 */

import type { WorkloadKind } from '../../api/service-identity.ts';
import { RESTART_ANNOTATION } from '../../api/well-known.ts';
import type { LiveWorkload } from '../../identity/rollout.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { type PodSpec, volumesWith } from '../../policy/pod-spec.ts';

/** A Deployment, StatefulSet or DaemonSet, as much of it as says how far its rollout is. */
export interface WorkloadObject extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
      readonly spec?: PodSpec;
    };
  };
  readonly status?: Readonly<Record<string, unknown>>;
}

/** Whether a volume of the pod is the Secret, or has a part of it. */
export function hasVolumeOf(spec: PodSpec, secretName: string): boolean {
  return volumesWith(spec, new Set([secretName])).length > 0;
}

/** The facts that a decision is made from. */
export function liveWorkload(kind: WorkloadKind, object: WorkloadObject, secretName: string): LiveWorkload {
  const { metadata, spec, status = {} } = object;
  const generation = metadata.generation ?? 0;
  return {
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation,
    mounts: hasVolumeOf(spec.template.spec ?? {}, secretName),
    restartedFor: spec.template.metadata?.annotations?.[RESTART_ANNOTATION],
    ready: count(status, 'observedGeneration') >= generation && isRolledOut(kind, object),
    stuck: kind === 'Deployment' && gaveUp(status['conditions']),
  };
}

function isRolledOut(kind: WorkloadKind, { spec, status = {} }: WorkloadObject): boolean {
  if (kind === 'DaemonSet') {
    const wanted = count(status, 'desiredNumberScheduled');
    return count(status, 'updatedNumberScheduled') >= wanted && count(status, 'numberAvailable') >= wanted;
  }
  const wanted = spec.replicas ?? 1;
  const old = kind === 'Deployment' && count(status, 'replicas') > count(status, 'updatedReplicas');
  return !old && count(status, 'updatedReplicas') >= wanted && count(status, 'availableReplicas') >= wanted;
}

function count(status: Readonly<Record<string, unknown>>, field: string): number {
  const value = status[field];
  return typeof value === 'number' ? value : 0;
}

/** The Deployment controller says so after spec.progressDeadlineSeconds. */
function gaveUp(conditions: unknown): boolean {
  const list: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  return list.some(
    (one) => typeof one === 'object' && one !== null && 'reason' in one && one.reason === 'ProgressDeadlineExceeded',
  );
}
