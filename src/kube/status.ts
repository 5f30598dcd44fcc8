// SPDX-License-Identifier: Apache-2.0
/**
 * The one way a status of our own kinds is written: whole, and decided on the version given.
 * @module
 */
import type { ObjectMeta } from '../api/object-meta.ts';
import { API_VERSION } from '../api/well-known.ts';
import { updateObject } from './resource-calls.ts';
import { IDENTITY_POLICIES, type Resource, SERVICE_IDENTITIES, TRUST_DOMAINS } from './resources.ts';
import type { Transport } from './transport.ts';

type OwnKind = 'ServiceIdentity' | 'TrustDomain' | 'IdentityPolicy';

const RESOURCES: Readonly<Record<OwnKind, Resource>> = {
  ServiceIdentity: SERVICE_IDENTITIES,
  TrustDomain: TRUST_DOMAINS,
  IdentityPolicy: IDENTITY_POLICIES,
};

/** Writes the status of an object, which is as it was read, and tells the metadata that are stored with it. */
export async function writeStatus(
  transport: Transport,
  kind: OwnKind,
  object: { readonly metadata: ObjectMeta; readonly spec: unknown },
  status: unknown,
): Promise<ObjectMeta> {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  const metadata = { namespace, name, uid, resourceVersion };
  const body = { apiVersion: API_VERSION, kind, metadata, spec: object.spec, status };
  const call = { namespace, name, subresource: 'status', body, metadataOnly: true };
  const stored = await updateObject<{ readonly metadata: ObjectMeta }>(transport, RESOURCES[kind], call);
  return stored.metadata;
}
