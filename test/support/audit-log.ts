// SPDX-License-Identifier: Apache-2.0
/**
 * The API server's own record of who asked for what: for tests that hold the requests of a program against its rules.
 * @module
 */
import { readFile } from 'node:fs/promises';

/** One finished request. */
export interface AuditedRequest {
  /** As in RBAC: get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string;
  readonly group: string;
  /** With its subresource, for example `serviceidentities/status`; for other paths the path itself. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** The HTTP status of the answer. */
  readonly code: number | undefined;
  readonly userAgent: string | undefined;
  /** It was to change nothing, whatever was answered. */
  readonly dryRun: boolean;
  /** Refused for want of a right, not by a policy, a webhook or a quota. */
  readonly forbidden: boolean;
}

interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The finished requests of one user, for example `system:serviceaccount:signet-system:signet-controller`. */
export async function auditedRequests(file: string, user: string): Promise<AuditedRequest[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  // The last piece is empty, or a line that is being written.
  const own = lines.slice(0, -1).filter((line) => line.includes(user));
  const events = own.map((line) => JSON.parse(line) as AuditEvent);
  return events.filter((event) => event.user.username === user).map(toRequest);
}

function toRequest(event: AuditEvent): AuditedRequest {
  const { apiGroup = '', resource, subresource, namespace, name } = event.objectRef ?? {};
  const target = subresource === undefined ? resource : `${resource}/${subresource}`;
  return {
    verb: event.verb,
    group: apiGroup,
    resource: target ?? event.requestURI,
    namespace,
    name,
    code: event.responseStatus?.code,
    userAgent: event.userAgent,
    dryRun: new URL(event.requestURI, 'https://localhost').searchParams.has('dryRun'),
    forbidden: event.annotations?.['authorization.k8s.io/decision'] === 'forbid',
  };
}
