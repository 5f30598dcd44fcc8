// SPDX-License-Identifier: Apache-2.0
/**
 * The resources Signet talks to, and where the API server has them.
 * @module
 */

import type { ObjectMeta } from '../api/object-meta.ts';
import { GROUP, VERSION } from '../api/well-known.ts';

export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export const CONFIG_MAPS: Resource = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };
export const NAMESPACES: Resource = { group: '', version: 'v1', plural: 'namespaces', namespaced: false };
export const SECRETS: Resource = { group: '', version: 'v1', plural: 'secrets', namespaced: true };
export const SERVICE_ACCOUNTS: Resource = { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true };
export const PODS: Resource = { group: '', version: 'v1', plural: 'pods', namespaced: true };
export const DEPLOYMENTS: Resource = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true };
export const STATEFUL_SETS: Resource = { group: 'apps', version: 'v1', plural: 'statefulsets', namespaced: true };
export const DAEMON_SETS: Resource = { group: 'apps', version: 'v1', plural: 'daemonsets', namespaced: true };
export const LEASES: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespaced: true };
export const EVENTS: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events', namespaced: true };
export const TRUST_DOMAINS: Resource = { group: GROUP, version: VERSION, plural: 'trustdomains', namespaced: false };
export const VALIDATING_WEBHOOK_CONFIGURATIONS: Resource = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingwebhookconfigurations',
  namespaced: false,
};
export const IDENTITY_POLICIES: Resource = {
  group: GROUP,
  version: VERSION,
  plural: 'identitypolicies',
  namespaced: false,
};
export const SERVICE_IDENTITIES: Resource = {
  group: GROUP,
  version: VERSION,
  plural: 'serviceidentities',
  namespaced: true,
};

/** What every object has. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** Where one object is. */
export interface ObjectPlace {
  /** Of a namespaced resource only. */
  readonly namespace?: string | undefined;
  readonly name: string;
  /** For example `status`. */
  readonly subresource?: string;
}

/** Path of a collection; of all namespaces when a namespaced resource is given none. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${resource.plural}`;
}

export function objectPath(resource: Resource, { namespace, name, subresource }: ObjectPlace): string {
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}
