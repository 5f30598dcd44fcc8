// SPDX-License-Identifier: Apache-2.0
/**
 * The plain calls on one object, the way the API server wants them. Which make sense when is for the reconcilers.
 * @module
 */

import { collectionPath, type ObjectPlace, objectPath, type Resource } from './resources.ts';
import type { KubeRequest, Transport, Verb } from './transport.ts';

/** Accept headers that make the API server leave out everything but metadata, so that no Secret data comes back. */
export const ACCEPT_METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
export const ACCEPT_METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
export const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

export interface CallOptions extends Pick<KubeRequest, 'query' | 'deadline' | 'lane' | 'signal'> {
  /** Asks for metadata only; in the answer to a write as well. */
  readonly metadataOnly?: boolean;
}

export type ObjectCall = CallOptions & ObjectPlace;

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

export interface ApplyCall extends WriteCall {
  /** Who owns the fields of `body`, which are taken from whoever else has them. */
  readonly fieldManager: string;
}

/** A quorum read of one object. */
export function getObject<T>(transport: Transport, resource: Resource, call: ObjectCall): Promise<T> {
  return transport.request<T>({ ...requestOf('get', resource, call), path: objectPath(resource, call) });
}

/** As getObject, with the JSON as it came; the caller wipes it. */
export function getObjectBytes(transport: Transport, resource: Resource, call: ObjectCall): Promise<Buffer> {
  return transport.requestBytes({ ...requestOf('get', resource, call), path: objectPath(resource, call) });
}

export function createObject<T>(transport: Transport, resource: Resource, call: CreateCall): Promise<T> {
  return transport.request<T>({
    ...requestOf('create', resource, call),
    path: collectionPath(resource, call.namespace),
    body: call.body,
  });
}

/** Replaces an object (PUT). */
export function updateObject<T>(transport: Transport, resource: Resource, call: WriteCall): Promise<T> {
  return transport.request<T>({
    ...requestOf('update', resource, call),
    path: objectPath(resource, call),
    body: call.body,
  });
}

/** Server-side apply: the fields of `body` and no others; `body` is JSON, which is YAML as well. */
export function applyObject<T>(transport: Transport, resource: Resource, call: ApplyCall): Promise<T> {
  const query = { ...call.query, fieldManager: call.fieldManager, force: 'true' };
  return transport.request<T>({
    ...requestOf('patch', resource, { ...call, query }),
    path: objectPath(resource, call),
    contentType: APPLY_PATCH,
    body: call.body,
  });
}

/** JSON merge patch (RFC 7396): null removes a key, lists are replaced whole. */
export function patchObject<T>(transport: Transport, resource: Resource, call: WriteCall): Promise<T> {
  return transport.request<T>({
    ...requestOf('patch', resource, call),
    path: objectPath(resource, call),
    contentType: MERGE_PATCH,
    body: call.body,
  });
}

/** Deletes in the background what `preconditions` describe. */
export async function deleteObject(transport: Transport, resource: Resource, call: DeleteCall): Promise<void> {
  await transport.request({
    ...requestOf('delete', resource, { ...call, metadataOnly: true }),
    path: objectPath(resource, call),
    body: {
      apiVersion: 'meta.k8s.io/v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      preconditions: call.preconditions,
    },
  });
}

/** What all calls on a resource have in common. */
export function requestOf(verb: Verb, resource: Resource, options: CallOptions): Omit<KubeRequest, 'path'> {
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
