// SPDX-License-Identifier: Apache-2.0
/**
 * The Secrets with keys in the controller's own namespace, those of authorities and that of the webhook: how they are
 * read and written by name, uncached, each write with its precondition.
 * @module
 */
import { type ObjectVersion, versionOf } from '../api/object-version.ts';
import { MANAGED_LABEL } from '../api/well-known.ts';
import { createObject, type ObjectCall, patchObject, updateObject } from '../kube/resource-calls.ts';
import { type KubeObject, SECRETS } from '../kube/resources.ts';
import { secretBody } from '../kube/secret-body.ts';
import { getKeySecret, headKeySecret } from '../kube/secret-data.ts';
import type { Transport } from '../kube/transport.ts';
import { undefinedOn } from '../kube/undefined-on.ts';

export interface StoredSecret extends ObjectVersion {
  /** Decoded. The holder zeroes what is secret. */
  readonly data: ReadonlyMap<string, Buffer>;
  /** It carries our label. */
  readonly managed?: boolean;
  /** A copy of its data stands in an annotation, where `kubectl apply` put it. */
  readonly applied?: boolean;
}

/** One as it is to be written. */
export interface OwnSecret {
  readonly name: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly data: ReadonlyMap<string, Buffer>;
}

export type SecretFiles = ReadonlyMap<string, Buffer | null>;

/** The calls; none is answered from a cache, so that a get is a quorum read. */
export interface OwnSecrets {
  get(name: string): Promise<StoredSecret | undefined>;
  /** Metadata only: no key leaves the API server. */
  head(name: string): Promise<ObjectVersion | undefined>;
  /** Undefined: somebody else created it first. */
  create(secret: OwnSecret): Promise<ObjectVersion | undefined>;
  replace(secret: OwnSecret, precondition: ObjectVersion): Promise<ObjectVersion>;
  /** Changes these files and leaves the others alone, without reading them; null removes one. */
  patch(name: string, files: SecretFiles, precondition: ObjectVersion): Promise<ObjectVersion>;
}

/** The calls over the API transport; for a run that can be canceled, over one with its signal. */
export function ownSecrets(transport: Transport, namespace: string): OwnSecrets {
  const write = async (secret: OwnSecret, precondition: ObjectVersion | undefined): Promise<ObjectVersion> => {
    const { name, type, labels, data } = secret;
    const body = secretBody({ metadata: { name, namespace, labels, ...precondition }, type, data });
    const call = { namespace, name, body, metadataOnly: true };
    try {
      const stored =
        precondition === undefined
          ? await createObject<KubeObject>(transport, SECRETS, call)
          : await updateObject<KubeObject>(transport, SECRETS, call);
      return versionOf(stored.metadata);
    } finally {
      body.fill(0);
    }
  };
  return {
    get: (name) => undefinedOn('ERR_KUBE_NOT_FOUND', readSecret(transport, { namespace, name })),
    head: (name) => undefinedOn('ERR_KUBE_NOT_FOUND', headKeySecret(transport, { namespace, name }).then(versionOf)),
    create: (secret) => undefinedOn('ERR_KUBE_ALREADY_EXISTS', write(secret, undefined)),
    replace: write,
    patch: async (name, files, precondition) => {
      const body = secretBody({ metadata: precondition, data: files });
      try {
        const call = { namespace, name, body, metadataOnly: true };
        return versionOf((await patchObject<KubeObject>(transport, SECRETS, call)).metadata);
      } finally {
        body.fill(0);
      }
    },
  };
}

/** Version and data, and whether it is one of ours; the other facts of a Secret are of no use here. */
async function readSecret(transport: Transport, call: ObjectCall): Promise<StoredSecret> {
  const { metadata, data, applied } = await getKeySecret(transport, call);
  const ours = metadata.labels?.[MANAGED_LABEL] !== undefined;
  return { ...versionOf(metadata), data, ...(ours ? { managed: true } : {}), ...(applied ? { applied } : {}) };
}
