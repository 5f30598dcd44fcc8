// SPDX-License-Identifier: Apache-2.0
/**
 * One collection of an API server, over HTTP and in memory: lists in pages, watches from a version or with initial
 * events, bookmarks, compaction. The test says which requests go wrong instead, and how.
 * @module
 */

import type { ServerResponse } from 'node:http';
import { answer, type ScriptedRequest, type ScriptedServer, scriptedServer, status } from './scripted-server.ts';

export interface ModelObject {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion: string };
  readonly value: string;
}

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

interface Change {
  readonly version: number;
  readonly type: EventType;
  readonly object: ModelObject;
}

/** True when it has dealt with the request itself. */
export type Fault = (request: ScriptedRequest, response: ServerResponse) => boolean;

export class ModelCollection {
  readonly #objects = new Map<string, ModelObject>();
  readonly #watchers = new Set<ServerResponse>();
  #history: Change[] = [];
  #version = 1;
  #compacted = 0;
  /** Off: refuses sendInitialEvents as a server without the feature does. */
  watchList = true;
  fault: Fault | undefined;
  server: ScriptedServer | undefined;

  readonly #namespace: string;

  private constructor(namespace: string) {
    this.#namespace = namespace;
  }

  static async start(namespace = 'a'): Promise<ModelCollection & { readonly server: ScriptedServer }> {
    const model = new ModelCollection(namespace);
    const server = await scriptedServer((request, response) => model.serve(request, response));
    return Object.assign(model, { server });
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  get version(): string {
    return String(this.#version);
  }

  /** What a reflector that keeps `value` by key should hold. */
  contents(): Map<string, string> {
    return new Map([...this.#objects].map(([key, object]) => [key, object.value]));
  }

  /** Creates or changes an object. */
  put(name: string, value: string): void {
    const known = this.#objects.has(`${this.#namespace}/${name}`);
    this.#version += 1;
    const object = { metadata: { name, namespace: this.#namespace, resourceVersion: String(this.#version) }, value };
    this.#objects.set(`${this.#namespace}/${name}`, object);
    this.#happen(known ? 'MODIFIED' : 'ADDED', object);
  }

  delete(name: string): void {
    const object = this.#objects.get(`${this.#namespace}/${name}`);
    if (object === undefined) return;
    this.#version += 1;
    this.#objects.delete(`${this.#namespace}/${name}`);
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#happen('DELETED', { ...object, metadata });
  }

  bookmark(): void {
    this.#version += 1;
    for (const watcher of this.#watchers) writeEvent(watcher, 'BOOKMARK', bookmark(this.#version, false));
  }

  /** Forgets every change so far: no watch can start before now. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.#version;
  }

  /** Goes back in time, as a restored etcd does. */
  restore(version: number): void {
    this.#version = version;
    this.#history = [];
    this.#compacted = 0;
  }

  /** Writes raw bytes into every open watch. */
  say(bytes: string | Uint8Array): void {
    for (const watcher of this.#watchers) watcher.write(bytes);
  }

  /** Ends every open watch: in good order, or by reset. */
  endWatches(how: 'end' | 'reset'): void {
    for (const watcher of this.#watchers) {
      if (how === 'end') watcher.end();
      else watcher.socket?.resetAndDestroy();
    }
    this.#watchers.clear();
  }

  /** Answers a request, also one that came to another server. */
  serve(request: ScriptedRequest, response: ServerResponse): void {
    if (this.fault?.(request, response) === true) return;
    const query = request.url.searchParams;
    if (query.get('watch') !== 'true') this.#list(query, response);
    else if (query.get('sendInitialEvents') !== 'true') this.#watch(query, response);
    else if (this.watchList) this.#initial(response);
    else answer(response, 422, status(422, 'Invalid', 'sendInitialEvents is forbidden'));
  }

  #list(query: URLSearchParams, response: ServerResponse): void {
    const limit = Number(query.get('limit') ?? Number.POSITIVE_INFINITY);
    const [version = this.version, start = '0'] = (query.get('continue') ?? '').split('/').filter(Boolean);
    if (Number(version) < this.#compacted) {
      answer(response, 410, status(410, 'Expired', 'The provided continue parameter is too old'));
      return;
    }
    const all = [...this.#objects.values()];
    const end = Number(start) + limit;
    const more = end < all.length ? { continue: `${version}/${end}` } : {};
    answer(response, 200, {
      // As the API server does for metadata.
      items: all.length === 0 ? null : all.slice(Number(start), end),
      metadata: { resourceVersion: version, ...more },
    });
  }

  #watch(query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion'));
    // A real API server does not answer at all while it waits for a version that is to come.
    if (from > this.#version) return;
    this.#open(response);
    if (from < this.#compacted) {
      writeEvent(response, 'ERROR', status(410, 'Expired', 'too old resource version'));
      response.end();
      return;
    }
    for (const change of this.#history) if (change.version > from) writeEvent(response, change.type, change.object);
  }

  #initial(response: ServerResponse): void {
    this.#open(response);
    // In no order of versions, as the real ones.
    for (const object of [...this.#objects.values()].toReversed()) writeEvent(response, 'ADDED', object);
    writeEvent(response, 'BOOKMARK', bookmark(this.#version, true));
  }

  #open(response: ServerResponse): void {
    response.writeHead(200);
    response.flushHeaders();
    this.#watchers.add(response);
    response.on('close', () => this.#watchers.delete(response));
  }

  #happen(type: EventType, object: ModelObject): void {
    this.#history.push({ version: this.#version, type, object });
    for (const watcher of this.#watchers) writeEvent(watcher, type, object);
  }
}

function bookmark(version: number, complete: boolean): object {
  const annotations = complete ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  return { kind: 'Thing', metadata: { resourceVersion: String(version), ...annotations } };
}

export function eventLine(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function writeEvent(response: ServerResponse, type: string, object: object): void {
  response.write(eventLine(type, object));
}
