// SPDX-License-Identifier: Apache-2.0
/**
 * The calls of the ServiceIdentity reconciler over the API transport. Every write carries its precondition and asks for
 * metadata back, so no key is echoed.
 * @module
 */

import type { ServiceIdentity, ServiceIdentityStatus } from '../../api/service-identity.ts';
import { createObject, deleteObject, getObject, patchObject, updateObject } from '../../kube/resource-calls.ts';
import { type KubeObject, SECRETS } from '../../kube/resources.ts';
import { getKeySecret, getSecret } from '../../kube/secret-data.ts';
import { writeStatus } from '../../kube/status.ts';
import type { Transport } from '../../kube/transport.ts';
import { undefinedOn } from '../../kube/undefined-on.ts';
import type { IdentityCalls } from './cluster.ts';
import { secretMeta } from './secret-meta.ts';

/** The calls over a transport; for a run that can be canceled, over one with the run's signal. */
export function identityCalls(transport: Transport): IdentityCalls {
  return {
    headSecret: (namespace, name) =>
      undefinedOn(
        'ERR_KUBE_NOT_FOUND',
        getObject<KubeObject>(transport, SECRETS, { namespace, name, metadataOnly: true }).then(secretMeta),
      ),
    getSecret: (namespace, name) =>
      undefinedOn(
        'ERR_KUBE_NOT_FOUND',
        getSecret(transport, { namespace, name }).then((secret) => ({ meta: secretMeta(secret), secret })),
      ),
    getPasswordSecret: (namespace, name) =>
      undefinedOn(
        'ERR_KUBE_NOT_FOUND',
        getKeySecret(transport, { namespace, name }).then((secret) => ({ meta: secretMeta(secret), secret })),
      ),
    createSecret: (namespace, body) =>
      createObject<KubeObject>(transport, SECRETS, { namespace, body, metadataOnly: true }).then(secretMeta),
    replaceSecret: (namespace, name, body) =>
      updateObject<KubeObject>(transport, SECRETS, { namespace, name, body, metadataOnly: true }).then(secretMeta),
    patchSecret: (
      { namespace, name, uid, resourceVersion },
      { labels, annotations, ownerReferences, files },
      stores,
    ) => {
      const owners = ownerReferences === undefined ? {} : { ownerReferences };
      const metadata = { uid, resourceVersion, labels, annotations, ...owners };
      const data = encoded({ ...files, ...stores });
      const body = Object.keys(data).length === 0 ? { metadata } : { metadata, data };
      return patchObject<KubeObject>(transport, SECRETS, { namespace, name, body, metadataOnly: true }).then(
        secretMeta,
      );
    },
    deleteSecret: async ({ namespace, name, uid, resourceVersion }) => {
      await undefinedOn(
        'ERR_KUBE_NOT_FOUND',
        deleteObject(transport, SECRETS, { namespace, name, preconditions: { uid, resourceVersion } }),
      );
    },
    writeStatus: (identity, status) => writeIdentityStatus(transport, identity, status),
  };
}

async function writeIdentityStatus(
  transport: Transport,
  identity: ServiceIdentity,
  status: ServiceIdentityStatus,
): Promise<ServiceIdentity> {
  const { resourceVersion } = await writeStatus(transport, 'ServiceIdentity', identity, status);
  return { ...identity, metadata: { ...identity.metadata, resourceVersion }, status };
}

function encoded(files: Readonly<Record<string, string | Buffer | null>>): Record<string, string | null> {
  const entries = Object.entries(files);
  return Object.fromEntries(
    entries.map(([key, file]) => [key, file === null ? null : Buffer.from(file).toString('base64')]),
  );
}
