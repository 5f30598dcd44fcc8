// SPDX-License-Identifier: Apache-2.0
/**
 * An API server in memory behind the transport of the program: stores, checks versions, lists and watches, and leaves
 * unanswered what a test says. Enough for the controller as a whole; it admits and defaults nothing.
 * @module
 */

import { formatTimestamp } from '../../src/api/timestamp.ts';
import type { Clock } from '../../src/controller/clock.ts';
import { type ErrorCode, SignetError } from '../../src/errors.ts';
import type { KubeRequest, StreamSink, Transport } from '../../src/kube/transport.ts';
import { type Duration, SECOND } from '../../src/time.ts';

interface StoredObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

interface Watcher {
  readonly request: KubeRequest;
  readonly sink: StreamSink;
}

const KINDS: Readonly<Record<string, string>> = { secrets: 'Secret', trustdomains: 'TrustDomain' };
const DEADLINE: Duration = 15 * SECOND;

export class MemoryAPI implements Transport {
  /** By path. */
  readonly #objects = new Map<string, StoredObject>();
  readonly #watchers = new Set<Watcher>();
  readonly #clock: Clock;
  #version = 1;
  /** Whether a request is never answered. */
  hangs: (request: KubeRequest) => boolean = () => false;
  /** Whether a request is answered with 403. */
  forbids: (request: KubeRequest) => boolean = () => false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What somebody creates. `path`: of its collection. */
  create(path: string, object: object): StoredObject {
    const { metadata, ...rest } = structuredClone(object) as StoredObject;
    const stored = `${path}/${metadata.name}`;
    if (this.#objects.has(stored)) throw refused('ERR_KUBE_ALREADY_EXISTS', stored);
    const creationTimestamp = formatTimestamp(this.#clock.now());
    const first = { creationTimestamp, generation: 1, ...metadata, uid: `uid-${this.#version}` };
    return this.#store(stored, { ...rest, metadata: first }, 'ADDED');
  }

  /** What somebody changes. */
  patch(path: string, change: object): StoredObject {
    return this.#store(path, merged(this.#found(path), change) as StoredObject, 'MODIFIED');
  }

  get(path: string): unknown {
    return this.#found(path);
  }

  async request<T>(request: KubeRequest): Promise<T> {
    await this.#answered(request);
    return structuredClone(this.#act(request)) as T;
  }

  async requestBytes(request: KubeRequest): Promise<Buffer> {
    return Buffer.from(JSON.stringify(await this.request(request)));
  }

  async stream(request: KubeRequest, sink: StreamSink): Promise<void> {
    const { signal } = request;
    sink.open?.();
    const watcher = { request, sink };
    for (const object of this.#in(request)) tell(watcher, 'ADDED', object);
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    tell(watcher, 'BOOKMARK', { metadata: { name: '', resourceVersion: String(this.#version), annotations } });
    this.#watchers.add(watcher);
    await new Promise<void>((resolve) => {
      if (signal?.aborted === true) resolve();
      signal?.addEventListener('abort', () => resolve());
    });
    this.#watchers.delete(watcher);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #answered(request: KubeRequest): Promise<void> {
    const { signal, permit, deadline = DEADLINE } = request;
    // An answer never comes in the turn of the call.
    await Promise.resolve();
    permit?.();
    signal?.throwIfAborted();
    if (this.forbids(request)) throw refused('ERR_KUBE_FORBIDDEN', `${request.verb} ${request.path}`);
    if (!this.hangs(request)) return;
    await new Promise<void>((_, reject) => {
      const cancel = this.#clock.after(deadline, () => reject(refused('ERR_KUBE_TIMEOUT', request.path)));
      signal?.addEventListener('abort', () => {
        cancel();
        reject(refused('ERR_KUBE_UNAVAILABLE', request.path));
      });
    });
  }

  #act(request: KubeRequest): unknown {
    const { verb, path, accept } = request;
    switch (verb) {
      case 'list':
        return { metadata: { resourceVersion: String(this.#version) }, items: this.#in(request) };
      case 'create':
        return metadataOf(this.create(path, bodyOf(request)));
      case 'update':
        return this.#update(request);
      case 'patch':
        return this.#checked(path, bodyOf(request), (change) => this.patch(path, change));
      case 'get': {
        const found = this.#found(path);
        return accept?.includes('PartialObjectMetadata') === true ? metadataOf(found) : found;
      }
      case 'delete':
      case 'watch':
        throw refused('ERR_KUBE_FORBIDDEN', `${verb} ${path}`);
    }
  }

  /** A status takes the place of the one before; whatever else is written takes that of everything but the status. */
  #update(request: KubeRequest): unknown {
    const path = request.path.replace(/\/status$/u, '');
    return this.#checked(path, bodyOf(request), (body) => {
      const { metadata, ...before } = this.#found(path);
      const { metadata: written, ...after } = body as StoredObject;
      const next =
        path === request.path
          ? { ...after, metadata: { ...metadata, ...written } }
          : { ...before, metadata, status: (after as { readonly status?: unknown }).status };
      return this.#store(path, next, 'MODIFIED');
    });
  }

  #checked(path: string, body: object, write: (body: object) => StoredObject): unknown {
    const { resourceVersion } = (body as StoredObject).metadata;
    const current = this.#found(path).metadata.resourceVersion;
    if (resourceVersion !== undefined && resourceVersion !== current) throw refused('ERR_KUBE_CONFLICT', path);
    return metadataOf(write(body));
  }

  #store(path: string, object: StoredObject, type: 'ADDED' | 'MODIFIED'): StoredObject {
    this.#version += 1;
    const kind = KINDS[path.split('/').at(-2) ?? ''];
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const stored = { apiVersion: 'v1', kind, ...object, metadata };
    this.#objects.set(path, stored);
    for (const watcher of this.#watchers) if (isIn(path, stored, watcher.request)) tell(watcher, type, stored);
    return stored;
  }

  #found(path: string): StoredObject {
    const found = this.#objects.get(path);
    if (found === undefined) throw refused('ERR_KUBE_NOT_FOUND', path);
    return found;
  }

  #in(request: KubeRequest): StoredObject[] {
    return [...this.#objects].filter(([path, object]) => isIn(path, object, request)).map(([, object]) => object);
  }
}

function refused(code: ErrorCode, what: string): SignetError {
  return new SignetError(code, what);
}

function metadataOf({ metadata }: StoredObject): object {
  return { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata };
}

function bodyOf({ body }: KubeRequest): object {
  return (body instanceof Uint8Array ? JSON.parse(Buffer.from(body).toString('utf8')) : body) as object;
}

/** Of one namespace, or of all. */
function isIn(path: string, { metadata }: StoredObject, { path: collection, query }: KubeRequest): boolean {
  const everywhere = path.replace(/\/namespaces\/[^/]+(?=\/)/u, '');
  if (![path, everywhere].includes(`${collection}/${metadata.name}`)) return false;
  const [key, value] = query?.['labelSelector']?.split('=') ?? [];
  const label = key === undefined ? undefined : metadata.labels?.[key];
  return key === undefined || (label !== undefined && (value === undefined || label === value));
}

function tell({ sink }: Watcher, type: string, object: StoredObject): void {
  sink.chunk(Buffer.from(`${JSON.stringify({ type, object })}\n`));
}

/** RFC 7396. */
function merged(target: unknown, change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const next: Record<string, unknown> = { ...(target as object) };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete next[key];
    else next[key] = merged(next[key], value);
  }
  return next;
}
