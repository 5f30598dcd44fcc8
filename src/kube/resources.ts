// SPDX-License-Identifier: Apache-2.0
/**
 * The resources Signet talks to, their paths, and the plain calls on them. Which calls make sense when is for
 * the reconcilers.
 * @module
 */

import type { ObjectMeta } from '../api/object-meta.ts';
import { GROUP, VERSION } from '../api/well-known.ts';
import { isSignetError } from '../errors.ts';
import { protocolError } from './kube-error.ts';
import type { KubeRequest, Transport } from './transport.ts';

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

/** Accept headers that make the API server leave out everything but metadata, so that no Secret data comes back. */
export const ACCEPT_METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
export const ACCEPT_METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
export const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';
export const LIST_LIMIT = 500;

export interface CallOptions extends Pick<KubeRequest, 'query' | 'deadline' | 'lane' | 'signal'> {
  /** Asks for metadata only; in the answer to a write as well. */
  readonly metadataOnly?: boolean;
}

/** One object; `namespace` for a namespaced resource only. */
export interface ObjectCall extends CallOptions {
  readonly namespace?: string | undefined;
  readonly name: string;
  /** For example `status`. */
  readonly subresource?: string;
}

export interface CreateCall extends CallOptions {
  readonly namespace?: string | undefined;
  /** The object, or its JSON as bytes that the caller wipes afterwards. */
  readonly body: unknown;
}

export interface WriteCall extends ObjectCall {
  /** As in CreateCall. For a patch, put `metadata.resourceVersion` in it so that it fails on a changed object. */
  readonly body: unknown;
}

export interface DeleteCall extends ObjectCall {
  /** What must still be there; ERR_KUBE_CONFLICT otherwise. */
  readonly preconditions: { readonly uid: string; readonly resourceVersion?: string };
}

export interface ListCall extends CallOptions {
  /** All namespaces when absent. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Objects a page; LIST_LIMIT by default, 0 for everything at once. */
  readonly limit?: number;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

/** Path of a collection; of all namespaces when a namespaced resource is given none. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${resource.plural}`;
}

export function objectPath(resource: Resource, object: Pick<ObjectCall, 'namespace' | 'name' | 'subresource'>): string {
  const path = `${collectionPath(resource, object.namespace)}/${encodeURIComponent(object.name)}`;
  return object.subresource === undefined ? path : `${path}/${object.subresource}`;
}

/** A quorum read of one object. */
export function getObject<T>(transport: Transport, resource: Resource, call: ObjectCall): Promise<T> {
  return transport.request<T>({ ...common('get', resource, call), path: objectPath(resource, call) });
}

export function createObject<T>(transport: Transport, resource: Resource, call: CreateCall): Promise<T> {
  return transport.request<T>({
    ...common('create', resource, call),
    path: collectionPath(resource, call.namespace),
    body: call.body,
  });
}

/** As getObject, with the JSON as it came; the caller wipes it. */
export function getObjectBytes(transport: Transport, resource: Resource, call: ObjectCall): Promise<Buffer> {
  return transport.requestBytes({ ...common('get', resource, call), path: objectPath(resource, call) });
}

/** Replaces an object (PUT). */
export function updateObject<T>(transport: Transport, resource: Resource, call: WriteCall): Promise<T> {
  return transport.request<T>({
    ...common('update', resource, call),
    path: objectPath(resource, call),
    body: call.body,
  });
}

export interface ApplyCall extends WriteCall {
  /** Who owns the fields of `body`, which are taken from whoever else has them. */
  readonly fieldManager: string;
}

/** Server-side apply: the fields of `body` and no others; `body` is JSON, which is YAML as well. */
export function applyObject<T>(transport: Transport, resource: Resource, call: ApplyCall): Promise<T> {
  const query = { ...call.query, fieldManager: call.fieldManager, force: 'true' };
  return transport.request<T>({
    ...common('patch', resource, { ...call, query }),
    path: objectPath(resource, call),
    contentType: APPLY_PATCH,
    body: call.body,
  });
}

/** JSON merge patch (RFC 7396): null removes a key, lists are replaced whole. */
export function patchObject<T>(transport: Transport, resource: Resource, call: WriteCall): Promise<T> {
  return transport.request<T>({
    ...common('patch', resource, call),
    path: objectPath(resource, call),
    contentType: MERGE_PATCH,
    body: call.body,
  });
}

/** Deletes in the background what `preconditions` describe. */
export async function deleteObject(transport: Transport, resource: Resource, call: DeleteCall): Promise<void> {
  await transport.request({
    ...common('delete', resource, { ...call, metadataOnly: true }),
    path: objectPath(resource, call),
    body: {
      apiVersion: 'meta.k8s.io/v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      preconditions: call.preconditions,
    },
  });
}

/** The pages of a consistent list. Throws ERR_KUBE_GONE when the API server forgot the list between two pages. */
export async function* listPages<T>(
  transport: Transport,
  resource: Resource,
  call: ListCall,
): AsyncGenerator<ListPage<T>, void, void> {
  const base = common('list', resource, call);
  const path = collectionPath(resource, call.namespace);
  const limit = call.limit ?? LIST_LIMIT;
  let next: string | undefined = '';
  while (next !== undefined) {
    const query: Record<string, string> = { ...call.query, ...selectors(call) };
    if (limit > 0) query['limit'] = String(limit);
    if (next !== '') query['continue'] = next;
    const request: KubeRequest = { ...base, path, query };
    const page: ListPage<T> = pageOf(request, await transport.request<Partial<ListPage<T>> | undefined>(request));
    yield page;
    next = page.metadata.continue || undefined;
  }
}

/** Every object of a consistent list. */
export function listObjects<T>(transport: Transport, resource: Resource, call: ListCall = {}): Promise<T[]> {
  return listKept(transport, resource, call, (object) => object as T);
}

/** What is kept of every object of a consistent list; of the objects themselves no more than a page is in memory. */
export async function listKept<Kept>(
  transport: Transport,
  resource: Resource,
  call: ListCall,
  kept: (object: unknown) => Kept,
): Promise<Kept[]> {
  try {
    return await collect(listPages<unknown>(transport, resource, call), kept);
  } catch (error) {
    if (!isSignetError(error, 'ERR_KUBE_GONE')) throw error;
    return collect(listPages<unknown>(transport, resource, { ...call, limit: 0 }), kept);
  }
}

/** The selector parameters of a list or watch. */
export function selectors(call: Pick<ListCall, 'labelSelector' | 'fieldSelector'>): Record<string, string> {
  return {
    ...(call.labelSelector === undefined ? {} : { labelSelector: call.labelSelector }),
    ...(call.fieldSelector === undefined ? {} : { fieldSelector: call.fieldSelector }),
  };
}

/** A list of metadata that is empty comes with `items: null`. */
function pageOf<T>(request: KubeRequest, answer: Partial<ListPage<T>> | null | undefined): ListPage<T> {
  if (!answer?.metadata?.resourceVersion) throw protocolError(request, 'the answer is not a list');
  return { items: answer.items ?? [], metadata: answer.metadata };
}

async function collect<T, Kept>(pages: AsyncIterable<ListPage<T>>, kept: (object: T) => Kept): Promise<Kept[]> {
  const all: Kept[] = [];
  for await (const page of pages) for (const item of page.items) all.push(kept(item));
  return all;
}

function common(verb: KubeRequest['verb'], resource: Resource, options: CallOptions): Omit<KubeRequest, 'path'> {
  const { query, deadline, lane, signal, metadataOnly } = options;
  return {
    verb,
    resource: resource.plural,
    ...(query === undefined ? {} : { query }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(lane === undefined ? {} : { lane }),
    ...(signal === undefined ? {} : { signal }),
    ...(metadataOnly === true ? { accept: verb === 'list' ? ACCEPT_METADATA_LIST : ACCEPT_METADATA } : {}),
  };
}
