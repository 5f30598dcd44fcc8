// SPDX-License-Identifier: Apache-2.0
/**
 * What the caches keep of an object: what decisions read, and nothing else; what many objects say alike once. Ten
 * thousand identities fit in memory only because of what is left out here.
 * @module
 */

import type { IdentityPolicy } from '../../api/identity-policy.ts';
import type { ObjectMeta } from '../../api/object-meta.ts';
import type { ServiceIdentity, ServiceIdentitySpec, ServiceIdentityStatus } from '../../api/service-identity.ts';
import type { TrustDomain } from '../../api/trust-domain.ts';
import type { SecretMeta } from '../../identity/observed.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { judgedAnnotations } from '../../policy/subject.ts';
import type { NamespaceFacts } from '../namespace-facts.ts';
import { keepable, secretMeta } from '../service-identity/secret-meta.ts';
import { sharedPart, sharedText } from './intern.ts';

export function projectIdentity({ metadata, spec, status }: ServiceIdentity): ServiceIdentity {
  return {
    metadata: slim(metadata),
    spec: slimSpec(spec),
    ...(status === undefined ? {} : { status: slimStatus(status) }),
  };
}

export function projectPolicy({ metadata, spec, status }: IdentityPolicy): IdentityPolicy {
  return { metadata: slim(metadata), spec, ...(status === undefined ? {} : { status }) };
}

export function projectTrustDomain({ metadata, spec, status }: TrustDomain): TrustDomain {
  return { metadata: slim(metadata), spec, ...(status === undefined ? {} : { status }) };
}

/** The metadata of a Secret, as much of it as may stay in memory. */
export function projectSecret(object: KubeObject): SecretMeta {
  const meta = keepable(secretMeta(object));
  return {
    ...meta,
    namespace: sharedText(meta.namespace),
    labels: sharedTexts(meta.labels),
    annotations: sharedTexts(meta.annotations),
    ownerReferences: meta.ownerReferences.map((owner) => ({
      ...owner,
      apiVersion: sharedText(owner.apiVersion),
      kind: sharedText(owner.kind),
      name: sharedText(owner.name),
    })),
  };
}

export function projectNamespace({ metadata }: KubeObject): NamespaceFacts {
  const annotations = judgedAnnotations(metadata.annotations);
  return { labels: metadata.labels ?? {}, annotations, terminating: metadata.deletionTimestamp !== undefined };
}

/** Of a ServiceAccount only its existence matters. */
export function projectExistence(): true {
  return true;
}

// The two objects below are copied field by field where it pays: texts that other fields or objects repeat.

function slimSpec(spec: ServiceIdentitySpec): ServiceIdentitySpec {
  const { serviceAccountName, services, trustDomainRef, privateKey, secret, mtls } = spec;
  return {
    ...spec,
    serviceAccountName: sharedText(serviceAccountName),
    ...(services === undefined ? {} : { services: services.map(sharedText) }),
    ...(trustDomainRef === undefined ? {} : { trustDomainRef: sharedPart(trustDomainRef) }),
    ...(privateKey === undefined ? {} : { privateKey: sharedPart(privateKey) }),
    ...(secret === undefined ? {} : { secret: sharedPart(secret) }),
    ...(mtls === undefined ? {} : { mtls: sharedPart(mtls) }),
  };
}

function slimStatus(status: ServiceIdentityStatus): ServiceIdentityStatus {
  const { authorityID, notBefore, notAfter, renewalTime } = status;
  return {
    ...status,
    ...(authorityID === undefined ? {} : { authorityID: sharedText(authorityID) }),
    ...(notBefore === undefined ? {} : { notBefore: sharedText(notBefore) }),
    ...(notAfter === undefined ? {} : { notAfter: sharedText(notAfter) }),
    ...(renewalTime === undefined ? {} : { renewalTime: sharedText(renewalTime) }),
  };
}

function sharedTexts(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  // A copy that is filled anew takes less room than an object that grows key by key.
  const shared: Record<string, string> = { ...map };
  for (const [key, value] of Object.entries(map)) shared[key] = sharedText(value);
  return shared;
}

function slim(metadata: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } = metadata;
  return {
    name: sharedText(name),
    uid,
    resourceVersion,
    creationTimestamp: sharedText(creationTimestamp),
    ...(namespace === undefined ? {} : { namespace: sharedText(namespace) }),
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  };
}
