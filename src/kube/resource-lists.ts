// SPDX-License-Identifier: Apache-2.0
/**
 * Consistent lists of a resource, page by page or whole.
 * @module
 */

import { isSignetError } from '../errors.ts';
import { isText } from './is-text.ts';
import { protocolError } from './kube-error.ts';
import { type CallOptions, requestOf } from './resource-calls.ts';
import { collectionPath, type Resource } from './resources.ts';
import type { KubeRequest, Transport } from './transport.ts';

/** Objects a page. */
export const LIST_LIMIT = 500;

export interface ListCall extends CallOptions {
  /** All namespaces when absent. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** LIST_LIMIT by default; 0 for everything at once. */
  readonly limit?: number;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

/** The pages of a consistent list. Throws ERR_KUBE_GONE when the API server forgot the list between two pages. */
export async function* listPages<T>(
  transport: Transport,
  resource: Resource,
  call: ListCall,
): AsyncGenerator<ListPage<T>, void, void> {
  const base = requestOf('list', resource, call);
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
  const { items, metadata } = answer ?? {};
  if (!isText(metadata?.resourceVersion) || !Array.isArray(items ?? []))
    throw protocolError(request, 'the answer is not a list');
  return { items: items ?? [], metadata };
}

async function collect<T, Kept>(pages: AsyncIterable<ListPage<T>>, kept: (object: T) => Kept): Promise<Kept[]> {
  const all: Kept[] = [];
  for await (const page of pages) for (const item of page.items) all.push(kept(item));
  return all;
}
