// SPDX-License-Identifier: Apache-2.0
/**
 * What the caches keep of an object: what decisions read, and nothing else. Ten thousand identities fit in memory only
 * because of what is left out here.
 * @module
 */

import type { ObjectMeta } from '../api/object-meta.ts';
import type { ServiceIdentity } from '../api/service-identity.ts';
import type { TrustDomain } from '../api/trust-domain.ts';
import type { KubeObject } from '../kube/resources.ts';
import type { NamespaceFacts } from './service-identity/cluster.ts';

export function projectIdentity({ metadata, spec, status }: ServiceIdentity): ServiceIdentity {
  return { metadata: slim(metadata), spec, ...(status === undefined ? {} : { status }) };
}

export function projectTrustDomain({ metadata, spec, status }: TrustDomain): TrustDomain {
  return { metadata: slim(metadata), spec, ...(status === undefined ? {} : { status }) };
}

export function projectNamespace({ metadata }: KubeObject): NamespaceFacts {
  return { labels: metadata.labels ?? {}, terminating: metadata.deletionTimestamp !== undefined };
}

/** Of a ServiceAccount only its existence matters. */
export function projectExistence(): true {
  return true;
}

function slim(metadata: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } = metadata;
  return {
    name,
    uid,
    resourceVersion,
    creationTimestamp,
    ...(namespace === undefined ? {} : { namespace }),
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  };
}
