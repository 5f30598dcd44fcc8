// SPDX-License-Identifier: Apache-2.0
/**
 * Pods and what makes pods, reduced to what a judge reads of them: whose service account they run under and which
 * Secrets they take in, by whatever way.
 * @module
 */
import { type GroupVersionKind, type JSONObject, kindName } from './admission.ts';

export type SecretUseKind = 'volume' | 'projected' | 'csi' | 'storage' | 'env' | 'envFrom';

/** One place where a pod takes in a Secret. */
export interface SecretUse {
  readonly secret: string;
  readonly how: SecretUseKind;
  /** As the API server spells it: `spec.volumes[0].secret.secretName`. */
  readonly path: string;
}

export interface Workload {
  /** Undefined for a pod; else the kind whose template this is. */
  readonly template: string | undefined;
  /** Where the pod's spec is: `spec`, `spec.template.spec`. */
  readonly path: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccountName: string;
  readonly secrets: readonly SecretUse[];
}

/** Where each kind keeps the pod that it is or makes. */
const POD_PATHS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Pod', []],
  ['Deployment.apps', ['spec', 'template']],
  ['StatefulSet.apps', ['spec', 'template']],
  ['DaemonSet.apps', ['spec', 'template']],
  ['Job.batch', ['spec', 'template']],
  ['CronJob.batch', ['spec', 'jobTemplate', 'spec', 'template']],
]);

export const WORKLOAD_KINDS: readonly string[] = [...POD_PATHS.keys()];

/** Volumes that name a Secret in a member of theirs, for the storage behind them. */
const STORAGE: readonly (readonly string[])[] = [
  ['azureFile', 'secretName'],
  ['cephfs', 'secretRef', 'name'],
  ['cinder', 'secretRef', 'name'],
  ['flexVolume', 'secretRef', 'name'],
  ['iscsi', 'secretRef', 'name'],
  ['rbd', 'secretRef', 'name'],
  ['scaleIO', 'secretRef', 'name'],
  ['storageos', 'secretRef', 'name'],
];
const CONTAINERS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** The pod of an object, or undefined for a kind that is and makes none. Never throws; what is malformed is not there. */
export function workloadOf(kind: GroupVersionKind, object: JSONObject | undefined): Workload | undefined {
  const steps = POD_PATHS.get(kindName(kind));
  if (steps === undefined) return undefined;
  const pod = at(object, steps);
  const path = [...steps, 'spec'].join('.');
  const spec = at(pod, ['spec']);
  return {
    template: steps.length === 0 ? undefined : kind.kind,
    path,
    labels: texts(at(pod, ['metadata', 'labels'])),
    // The deprecated name is what API servers keep equal to it.
    serviceAccountName: text(at(spec, ['serviceAccountName'])) ?? text(at(spec, ['serviceAccount'])) ?? 'default',
    secrets: [...volumeUses(spec, path), ...containerUses(spec, path)],
  };
}

function* volumeUses(spec: unknown, path: string): Generator<SecretUse> {
  for (const [index, volume] of items(spec, 'volumes')) {
    const place = `${path}.volumes[${index}]`;
    yield* use(volume, ['secret', 'secretName'], 'volume', place);
    yield* use(volume, ['csi', 'nodePublishSecretRef', 'name'], 'csi', place);
    for (const steps of STORAGE) yield* use(volume, steps, 'storage', place);
    for (const [source, projected] of items(at(volume, ['projected']), 'sources'))
      yield* use(projected, ['secret', 'name'], 'projected', `${place}.projected.sources[${source}]`);
  }
}

function* containerUses(spec: unknown, path: string): Generator<SecretUse> {
  for (const list of CONTAINERS) {
    for (const [index, container] of items(spec, list)) {
      const place = `${path}.${list}[${index}]`;
      for (const [variable, env] of items(container, 'env'))
        yield* use(env, ['valueFrom', 'secretKeyRef', 'name'], 'env', `${place}.env[${variable}]`);
      for (const [source, from] of items(container, 'envFrom'))
        yield* use(from, ['secretRef', 'name'], 'envFrom', `${place}.envFrom[${source}]`);
    }
  }
}

function* use(value: unknown, steps: readonly string[], how: SecretUseKind, place: string): Generator<SecretUse> {
  const secret = text(at(value, steps));
  if (secret !== undefined) yield { secret, how, path: `${place}.${steps.join('.')}` };
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

function items(value: unknown, list: string): IterableIterator<[number, unknown]> {
  const found = at(value, [list]);
  return (Array.isArray(found) ? (found as unknown[]) : []).entries();
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
