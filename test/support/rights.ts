// SPDX-License-Identifier: Apache-2.0
/**
 * What roles grant, right by right, held against what was asked for by the API server's own record. A right is one verb on
 * one resource, in one namespace where a Role grants it, on one name where a rule has names.
 * @module
 */
import type { AuditedRequest } from './audit-log.ts';

/** A Role or ClusterRole as the API server has it. */
export interface RoleObject {
  readonly metadata: { readonly namespace?: string };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

/** Rights that nobody has made use of, such as `get secrets "a" in b`. */
export function unusedRights(roles: readonly RoleObject[], requests: readonly AuditedRequest[]): string[] {
  const allowed = requests.filter((request) => !wasRefused(request));
  const unused = roles.flatMap(rightsOf).filter((right) => !allowed.some((request) => isUse(right, request)));
  return [...new Set(unused.map(textOf))].sort();
}

/** What was refused for want of a right. What a probe asks for in a dry run is meant to be refused, by a webhook. */
export function refusedRequests(requests: readonly AuditedRequest[]): string[] {
  return requests.filter(wasRefused).map(({ verb, resource, name = '' }) => `${verb} ${resource} ${name}`.trim());
}

/** What somebody asked for and never had the right to. An API server that begins knows of no role for a moment. */
export function ungrantedRequests(requests: readonly AuditedRequest[]): string[] {
  const granted = new Set(requests.filter(({ forbidden }) => !forbidden).map(kindOf));
  const forbidden = new Set(requests.filter((request) => request.forbidden).map(kindOf));
  return [...forbidden].filter((kind) => !granted.has(kind)).sort();
}

/** Wherever it is: who is told of a right late is refused in one namespace and then served in it, or in the next. */
function kindOf({ verb, group, resource }: AuditedRequest): string {
  const read = verb === 'list' ? 'watch' : verb;
  return textOf({ verb: read, group, resource, name: undefined, namespace: undefined });
}

function wasRefused({ code, dryRun }: AuditedRequest): boolean {
  return !dryRun && (code === 401 || code === 403);
}

function rightsOf({ metadata: { namespace }, rules }: RoleObject): Right[] {
  return rules.flatMap(({ apiGroups, resources, resourceNames, verbs }) => {
    const names: readonly (string | undefined)[] = resourceNames ?? [undefined];
    const targets = apiGroups.flatMap((group) => resources.map((resource) => ({ group, resource, namespace })));
    return targets.flatMap((target) => names.flatMap((name) => verbs.map((verb) => ({ ...target, name, verb }))));
  });
}

function isUse({ verb, group, resource, name, namespace }: Right, request: AuditedRequest): boolean {
  if (resource === 'signers') return attests(name ?? '', request);
  return (
    // A watch begins with what is there, and takes a list only of API servers that cannot do that.
    (request.verb === verb || (verb === 'list' && request.verb === 'watch')) &&
    request.group === group &&
    request.resource === resource &&
    (name === undefined || request.name === name) &&
    (namespace === undefined || request.namespace === namespace)
  );
}

/** The API server asks for it by itself, without a record, when a bundle of that signer is written. */
function attests(signer: string, { verb, resource, name = '', code = 0 }: AuditedRequest): boolean {
  const written = verb === 'create' && resource === 'clustertrustbundles' && code < 300;
  return written && name.startsWith(`${signer.replace('/', ':')}:`);
}

function textOf({ verb, group, resource, name, namespace }: Right): string {
  const target = `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
  return `${target}${name === undefined ? '' : ` "${name}"`}${namespace === undefined ? '' : ` in ${namespace}`}`;
}
