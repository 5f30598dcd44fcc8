// SPDX-License-Identifier: Apache-2.0
/**
 * The part of a Pod spec that names Secrets, and every place in it that does.
 * @module
 */

interface NamedRef {
  readonly name?: string;
}

interface Container {
  readonly name?: string;
  readonly env?: readonly { readonly valueFrom?: { readonly secretKeyRef?: NamedRef } }[];
  readonly envFrom?: readonly { readonly secretRef?: NamedRef }[];
  readonly volumeMounts?: readonly NamedRef[];
}

/** Volumes whose driver is handed a Secret. */
export const REFERRING_VOLUMES = ['cephfs', 'cinder', 'flexVolume', 'iscsi', 'rbd', 'scaleIO', 'storageos'] as const;

type ReferringVolumes = { readonly [Driver in (typeof REFERRING_VOLUMES)[number]]?: { readonly secretRef?: NamedRef } };

interface Volume extends ReferringVolumes {
  readonly name?: string;
  readonly secret?: { readonly secretName?: string };
  readonly projected?: { readonly sources?: readonly { readonly secret?: NamedRef }[] };
  readonly csi?: { readonly nodePublishSecretRef?: NamedRef };
  readonly azureFile?: { readonly secretName?: string };
}

/** As the API server sends it. */
export interface PodSpec {
  readonly serviceAccountName?: string;
  /** Deprecated alias. */
  readonly serviceAccount?: string;
  readonly volumes?: readonly Volume[];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
}

/** A place that names a Secret. */
export interface SecretReference {
  /** Below the Pod spec, such as `volumes[0].secret.secretName`. */
  readonly path: string;
  readonly secretName: string;
}

/** Every place of a Pod spec that gives the Pod a Secret of its namespace; `ephemeralOnly`: of its ephemeral containers. */
export function secretReferences(spec: PodSpec, ephemeralOnly = false): readonly SecretReference[] {
  const ephemeral = containerReferences('ephemeralContainers', spec.ephemeralContainers);
  if (ephemeralOnly) return ephemeral;
  return [
    ...(spec.volumes ?? []).flatMap((volume, index) => volumeReferences(`volumes[${index}]`, volume)),
    ...containerReferences('initContainers', spec.initContainers),
    ...containerReferences('containers', spec.containers),
    ...ephemeral,
  ];
}

/** The volumes that hold one of these Secrets, or a part of it, as files; whether a container mounts them or not. */
export function volumesWith(spec: PodSpec, secretNames: ReadonlySet<string>): readonly Volume[] {
  return (spec.volumes ?? []).filter((volume) =>
    fileReferences('', volume).some(({ secretName }) => secretNames.has(secretName)),
  );
}

/** Whether a container mounts a volume that holds one of these Secrets. */
export function mountsSecret(spec: PodSpec, secretNames: ReadonlySet<string>): boolean {
  const names = new Set(volumesWith(spec, secretNames).map(({ name }) => name));
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return containers.some(({ volumeMounts }) => volumeMounts?.some(({ name }) => names.has(name)) === true);
}

function volumeReferences(path: string, volume: Volume): readonly SecretReference[] {
  const drivers = REFERRING_VOLUMES.flatMap((driver) =>
    reference(`${path}.${driver}.secretRef.name`, volume[driver]?.secretRef?.name),
  );
  return [
    ...fileReferences(path, volume),
    ...reference(`${path}.csi.nodePublishSecretRef.name`, volume.csi?.nodePublishSecretRef?.name),
    ...reference(`${path}.azureFile.secretName`, volume.azureFile?.secretName),
    ...drivers,
  ];
}

/** Secrets that become files of the volume. */
function fileReferences(path: string, { secret, projected }: Volume): readonly SecretReference[] {
  return [
    ...reference(`${path}.secret.secretName`, secret?.secretName),
    ...(projected?.sources ?? []).flatMap((source, index) =>
      reference(`${path}.projected.sources[${index}].secret.name`, source.secret?.name),
    ),
  ];
}

function containerReferences(path: string, containers: readonly Container[] = []): readonly SecretReference[] {
  return containers.flatMap(({ env = [], envFrom = [] }, index) => [
    ...env.flatMap(({ valueFrom }, at) =>
      reference(`${path}[${index}].env[${at}].valueFrom.secretKeyRef.name`, valueFrom?.secretKeyRef?.name),
    ),
    ...envFrom.flatMap(({ secretRef }, at) =>
      reference(`${path}[${index}].envFrom[${at}].secretRef.name`, secretRef?.name),
    ),
  ]);
}

function reference(path: string, secretName: string | undefined): readonly SecretReference[] {
  return secretName ? [{ path, secretName }] : [];
}
