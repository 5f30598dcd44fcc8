// SPDX-License-Identifier: Apache-2.0
/**
 * The kinds of objects that user stories handle: their types and where the API server has them.
 * @module
 */
import type { IdentityPolicy } from '../../src/api/identity-policy.ts';
import type { ObjectMeta } from '../../src/api/object-meta.ts';
import type { ServiceIdentity } from '../../src/api/service-identity.ts';
import type { TrustDomain } from '../../src/api/trust-domain.ts';

export interface AnyObject {
  readonly metadata: ObjectMeta;
  readonly [more: string]: unknown;
}

export interface SecretObject {
  readonly metadata: ObjectMeta;
  readonly type?: string;
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, string>>;
}

export interface EventObject extends AnyObject {
  readonly regarding?: { readonly name?: string; readonly uid?: string };
}

/** What each kind looks like. */
export interface Kinds {
  Secret: SecretObject;
  ServiceIdentity: ServiceIdentity;
  TrustDomain: TrustDomain;
  IdentityPolicy: IdentityPolicy;
  Namespace: AnyObject;
  ServiceAccount: AnyObject;
  ConfigMap: AnyObject & { readonly data?: Readonly<Record<string, string>> };
  ClusterTrustBundle: AnyObject & { readonly spec: { readonly signerName?: string; readonly trustBundle: string } };
  ResourceQuota: AnyObject;
  Role: AnyObject;
  Event: EventObject;
  Lease: AnyObject & { readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number } };
  ValidatingAdmissionPolicy: AnyObject;
  ValidatingAdmissionPolicyBinding: AnyObject;
  ValidatingWebhookConfiguration: AnyObject & {
    readonly webhooks: readonly { readonly name: string; readonly clientConfig: { readonly caBundle?: string } }[];
  };
  Pod: AnyObject;
  Deployment: AnyObject;
  StatefulSet: AnyObject;
  DaemonSet: AnyObject;
  Job: AnyObject;
  CronJob: AnyObject;
}
export type Kind = keyof Kinds;

export const RESOURCES: { readonly [K in Kind]: readonly [apiVersion: string, plural: string] } = {
  Secret: ['v1', 'secrets'],
  ServiceIdentity: ['signet.dev/v1alpha1', 'serviceidentities'],
  IdentityPolicy: ['signet.dev/v1alpha1', 'identitypolicies'],
  TrustDomain: ['signet.dev/v1alpha1', 'trustdomains'],
  Namespace: ['v1', 'namespaces'],
  ServiceAccount: ['v1', 'serviceaccounts'],
  ConfigMap: ['v1', 'configmaps'],
  ClusterTrustBundle: ['certificates.k8s.io/v1', 'clustertrustbundles'],
  ResourceQuota: ['v1', 'resourcequotas'],
  Role: ['rbac.authorization.k8s.io/v1', 'roles'],
  Event: ['events.k8s.io/v1', 'events'],
  Lease: ['coordination.k8s.io/v1', 'leases'],
  ValidatingAdmissionPolicy: ['admissionregistration.k8s.io/v1', 'validatingadmissionpolicies'],
  ValidatingAdmissionPolicyBinding: ['admissionregistration.k8s.io/v1', 'validatingadmissionpolicybindings'],
  ValidatingWebhookConfiguration: ['admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations'],
  Pod: ['v1', 'pods'],
  Deployment: ['apps/v1', 'deployments'],
  StatefulSet: ['apps/v1', 'statefulsets'],
  DaemonSet: ['apps/v1', 'daemonsets'],
  Job: ['batch/v1', 'jobs'],
  CronJob: ['batch/v1', 'cronjobs'],
};

export interface Ref<K extends Kind> {
  readonly kind: K;
  /** Absent for cluster-wide kinds. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

export function collectionPath(kind: Kind, namespace: string | undefined): string {
  const [apiVersion, plural] = RESOURCES[kind];
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}

export function pathOf({ kind, namespace, name }: Ref<Kind>): string {
  return `${collectionPath(kind, namespace)}/${name}`;
}
