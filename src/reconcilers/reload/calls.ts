// SPDX-License-Identifier: Apache-2.0
/**
 * The calls of a reload over the API transport: each writes one annotation and nothing else.
 * @module
 */

import type { WorkloadKind, WorkloadRef } from '../../api/service-identity.ts';
import { POD_ANNOTATION, RESTART_ANNOTATION } from '../../api/well-known.ts';
import type { LiveWorkload } from '../../identity/rollout.ts';
import { getObject, patchObject } from '../../kube/resource-calls.ts';
import { listPages } from '../../kube/resource-lists.ts';
import { DAEMON_SETS, DEPLOYMENTS, type KubeObject, PODS, type Resource, STATEFUL_SETS } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { undefinedOn } from '../../kube/undefined-on.ts';
import type { PodSpec } from '../../policy/pod-spec.ts';
import { hasVolumeOf, type WorkloadObject } from './workloads.ts';

/** A pod, as much as a patch names of it. */
export interface PodRef {
  readonly name: string;
  readonly uid: string;
}

interface LiveRef extends WorkloadRef {
  readonly live: LiveWorkload;
}

/** They throw SignetError ERR_KUBE_*. */
export interface ReloadCalls {
  /** Running pods that mount the Secret and do not carry this version of it. */
  staleMounters(namespace: string, secret: { readonly name: string; readonly version: string }): Promise<PodRef[]>;
  /** False: the pod is gone. */
  annotatePod(namespace: string, pod: PodRef, version: string): Promise<boolean>;
  /** Undefined: it does not exist. */
  workload(namespace: string, ref: WorkloadRef): Promise<WorkloadObject | undefined>;
  /** ERR_KUBE_CONFLICT when it is not as it was. */
  restart(namespace: string, workload: LiveRef, fingerprint: string): Promise<void>;
  /** The same for nothing but its answer. */
  rehearseRestart(namespace: string, workload: LiveRef, fingerprint: string): Promise<void>;
}

const WORKLOADS: Readonly<Record<WorkloadKind, Resource>> = {
  Deployment: DEPLOYMENTS,
  StatefulSet: STATEFUL_SETS,
  DaemonSet: DAEMON_SETS,
};

/** Volumes are in no metadata, so pods come whole, and some are large. */
const POD_PAGE = 50;

export function reloadCalls(transport: Transport): ReloadCalls {
  return {
    staleMounters: async (namespace, { name, version }) => {
      const found: PodRef[] = [];
      const call = { namespace, fieldSelector: 'status.phase=Running', limit: POD_PAGE };
      for await (const { items } of listPages<KubeObject & { readonly spec: PodSpec }>(transport, PODS, call)) {
        for (const { metadata, spec } of items) {
          const current = metadata.annotations?.[POD_ANNOTATION] === version;
          if (!current && metadata.deletionTimestamp === undefined && hasVolumeOf(spec, name))
            found.push({ name: metadata.name, uid: metadata.uid });
        }
      }
      return found;
    },
    annotatePod: async (namespace, { name, uid }, version) => {
      const body = { metadata: { uid, annotations: { [POD_ANNOTATION]: version } } };
      const call = { namespace, name, body, metadataOnly: true };
      return (await undefinedOn('ERR_KUBE_NOT_FOUND', patchObject<KubeObject>(transport, PODS, call))) !== undefined;
    },
    workload: (namespace, { kind, name }) =>
      undefinedOn('ERR_KUBE_NOT_FOUND', getObject<WorkloadObject>(transport, WORKLOADS[kind], { namespace, name })),
    restart: async (namespace, workload, fingerprint) => {
      const call = { namespace, ...restartOf(workload, fingerprint), metadataOnly: true };
      await patchObject<KubeObject>(transport, WORKLOADS[workload.kind], call);
    },
    rehearseRestart: async (namespace, workload, fingerprint) => {
      const query = { dryRun: 'All' };
      const call = { namespace, ...restartOf(workload, fingerprint), metadataOnly: true, query };
      await patchObject<KubeObject>(transport, WORKLOADS[workload.kind], call);
    },
  };
}

function restartOf({ name, live }: LiveRef, fingerprint: string): { readonly name: string; readonly body: unknown } {
  const { uid, resourceVersion } = live;
  const template = { metadata: { annotations: { [RESTART_ANNOTATION]: fingerprint } } };
  return { name, body: { metadata: { uid, resourceVersion }, spec: { template } } };
}
