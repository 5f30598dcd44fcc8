// SPDX-License-Identifier: Apache-2.0
/**
 * What the controller asked the API server for, by the API server's own record.
 * @module
 */
import { type AuditedRequest, auditedRequests } from '../../support/audit-log.ts';
import { sharedControlPlane } from '../../support/control-plane.ts';

const BUNDLE_RESOURCE = / (configmaps|clustertrustbundles)$/;
const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Requests of a user so far, oldest first. */
export async function requestsOf(user: string): Promise<readonly AuditedRequest[]> {
  const { auditLog } = sharedControlPlane();
  if (auditLog === undefined) {
    throw new Error('This story reads the audit log of the API server: unset KUBECONFIG to run it on one of our own');
  }
  return auditedRequests(auditLog, user);
}

/** `verb resource` of ConfigMaps and ClusterTrustBundles, in which bundles are published. */
export function bundleWritesIn(requests: readonly AuditedRequest[], namespace?: string): string[] {
  return writes(requests, namespace).filter((write) => BUNDLE_RESOURCE.test(write));
}

/** `verb resource`, Leases, events and published bundles aside. */
export function writesIn(requests: readonly AuditedRequest[], namespace?: string): string[] {
  return writes(requests, namespace).filter((write) => !BUNDLE_RESOURCE.test(write));
}

function writes(requests: readonly AuditedRequest[], namespace?: string): string[] {
  return requests
    .filter(({ verb, group }) => WRITES.has(verb) && group !== 'coordination.k8s.io' && group !== 'events.k8s.io')
    .filter((request) => namespace === undefined || request.namespace === namespace)
    .map(({ verb, resource }) => `${verb} ${resource}`);
}

/** Single reads of Secrets of a namespace; lists and watches are not among them. */
export function secretReadsIn(requests: readonly AuditedRequest[], namespace: string): AuditedRequest[] {
  return requests.filter(
    (request) => request.verb === 'get' && request.resource === 'secrets' && request.namespace === namespace,
  );
}
