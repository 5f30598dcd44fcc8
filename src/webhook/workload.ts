// SPDX-License-Identifier: Apache-2.0
/**
 * Pods and what makes Pods, reduced to what a judge reads of them.
 * @module
 */
import { type PodSpec, REFERRING_VOLUMES } from '../policy/pod-spec.ts';
import { type GroupVersionKind, type JSONObject, kindName } from './admission.ts';
import { fitting, type Shape } from './shape.ts';

export interface Workload {
  /** It makes Pods, and is none. */
  readonly template: boolean;
  /** Where the Pod's spec is: `spec`, `spec.template.spec`. */
  readonly path: string;
  readonly spec: PodSpec;
}

/** Where each kind keeps the Pod that it is or makes. */
const POD_PATHS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Pod', []],
  ['Deployment.apps', ['spec', 'template']],
  ['StatefulSet.apps', ['spec', 'template']],
  ['DaemonSet.apps', ['spec', 'template']],
  ['Job.batch', ['spec', 'template']],
  ['CronJob.batch', ['spec', 'jobTemplate', 'spec', 'template']],
]);

export const WORKLOAD_KINDS: readonly string[] = [...POD_PATHS.keys()];

const NAMED: Shape = { fields: { name: 'string' } };
const SECRET_REF: Shape = { fields: { secretRef: NAMED } };
const CONTAINERS: Shape = {
  list: {
    fields: {
      name: 'string',
      env: { list: { fields: { valueFrom: { fields: { secretKeyRef: NAMED } } } } },
      envFrom: { list: SECRET_REF },
      volumeMounts: { list: NAMED },
    },
  },
};
const VOLUMES: Shape = {
  list: {
    fields: {
      name: 'string',
      secret: { fields: { secretName: 'string' } },
      projected: { fields: { sources: { list: { fields: { secret: NAMED } } } } },
      csi: { fields: { nodePublishSecretRef: NAMED } },
      azureFile: { fields: { secretName: 'string' } },
      ...Object.fromEntries(REFERRING_VOLUMES.map((driver) => [driver, SECRET_REF])),
    },
  },
};
const POD_SPEC: Shape = {
  fields: {
    serviceAccountName: 'string',
    serviceAccount: 'string',
    volumes: VOLUMES,
    initContainers: CONTAINERS,
    containers: CONTAINERS,
    ephemeralContainers: CONTAINERS,
  },
};

/** The Pod of an object, or undefined for a kind that is and makes none. Never throws; what is malformed is not there. */
export function workloadOf(kind: GroupVersionKind, object: JSONObject | undefined): Workload | undefined {
  const steps = POD_PATHS.get(kindName(kind));
  if (steps === undefined) return undefined;
  const path = [...steps, 'spec'];
  const spec = fitting(at(object, path), POD_SPEC) as PodSpec | undefined;
  return { template: steps.length > 0, path: path.join('.'), spec: spec ?? {} };
}

/**
 * The same spec without what its old ephemeral containers say: they were judged when they were added. The API server knows
 * them by name, and takes them in any order.
 */
export function withoutOldContainers(spec: PodSpec, before: PodSpec): PodSpec {
  const { ephemeralContainers = [] } = spec;
  const old = new Set(before.ephemeralContainers?.map(({ name }) => name));
  const judged = ephemeralContainers.map((each) => (each.name !== undefined && old.has(each.name) ? {} : each));
  return { ...spec, ephemeralContainers: judged };
}

/** What is at the end of the steps; undefined where one of them leads nowhere. */
function at(value: unknown, steps: readonly string[]): unknown {
  let here = value;
  for (const step of steps) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as JSONObject)[step];
  }
  return here;
}
