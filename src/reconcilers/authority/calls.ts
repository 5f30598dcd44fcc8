// SPDX-License-Identifier: Apache-2.0
/**
 * The calls of the authority reconciler over the API transport: two named Secrets in the controller's own namespace,
 * and TrustDomain status.
 * @module
 */
import { type ObjectVersion, versionOf } from '../../api/object-version.ts';
import type { TrustDomain } from '../../api/trust-domain.ts';
import { MANAGED_LABEL } from '../../api/well-known.ts';
import {
  createObject,
  getObject,
  type KubeObject,
  type ObjectCall,
  patchObject,
  SECRETS,
  TRUST_DOMAINS,
  updateObject,
} from '../../kube/resources.ts';
import { secretBody } from '../../kube/secret-body.ts';
import { getKeySecret, headKeySecret } from '../../kube/secret-data.ts';
import type { Transport } from '../../kube/transport.ts';
import { undefinedOn } from '../../kube/undefined-on.ts';
import type { AuthoritySecret, AuthoritySecrets, StoredSecret } from './secrets.ts';

/** The authority's Secrets in the given namespace; for a run that can be canceled, over a transport with its signal. */
export function authoritySecrets(transport: Transport, namespace: string): AuthoritySecrets {
  const write = async (secret: AuthoritySecret, precondition: ObjectVersion | undefined): Promise<ObjectVersion> => {
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

/** A quorum read of a TrustDomain. */
export function readTrustDomain(transport: Transport, name: string): Promise<TrustDomain | undefined> {
  return undefinedOn('ERR_KUBE_NOT_FOUND', getObject<TrustDomain>(transport, TRUST_DOMAINS, { name }));
}

/** Version and data, and whether it is one of ours; the other facts of a Secret are of no use here. */
async function readSecret(transport: Transport, call: ObjectCall): Promise<StoredSecret> {
  const { metadata, data, applied } = await getKeySecret(transport, call);
  const ours = metadata.labels?.[MANAGED_LABEL] !== undefined;
  return { ...versionOf(metadata), data, ...(ours ? { managed: true } : {}), ...(applied ? { applied } : {}) };
}
