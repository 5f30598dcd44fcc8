// SPDX-License-Identifier: Apache-2.0
/**
 * One watch connection from its opening to its end: decodes the events, notices silence, and says how it ended.
 * It knows the watch protocol; what the events mean for a cache is for the reflector.
 * @module
 */

import type { Clock } from '../controller/clock.ts';
import { isSignetError, type SignetError } from '../errors.ts';
import { type Duration, SECOND } from '../time.ts';
import { isText } from './is-text.ts';
import { kubeStatus, protocolError, transportError, watchStatusError } from './kube-error.ts';
import { ACCEPT_METADATA } from './resource-calls.ts';
import { selectors } from './resource-lists.ts';
import { collectionPath, type Resource } from './resources.ts';
import type { KubeRequest, Transport } from './transport.ts';
import { LineDecoder } from './watch-stream.ts';

/** On the bookmark after which a watch with sendInitialEvents has sent every object there was. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** How long the API server may take to accept a watch. */
const OPEN_DEADLINE: Duration = 30 * SECOND;

/** The collection that is watched. */
export interface Watched {
  readonly resource: Resource;
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Never asks for anything but metadata. */
  readonly metadataOnly?: boolean;
}

/** An object as a watch sends it; nothing of it is taken for granted. */
export interface WatchedObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** None may throw. */
export interface WatchHandlers {
  /** The API server accepted the watch. */
  opened(): void;
  /** Bytes came; `at` is monotonic. */
  heard(at: Duration): void;
  changed(object: WatchedObject): void;
  deleted(object: WatchedObject): void;
  /** `complete` ends the initial events. */
  bookmark(version: string, complete: boolean): void;
}

export interface WatchOptions {
  readonly transport: Pick<Transport, 'stream'>;
  readonly clock: Clock;
  readonly request: KubeRequest;
  /** Longest silence; bookmarks come about every minute. */
  readonly watchdog: Duration;
  readonly signal: AbortSignal;
  readonly handlers: WatchHandlers;
}

/** How a watch ended. */
export interface WatchEnd {
  /** None when the server closed it in good order. */
  readonly error?: SignetError;
  /** `expired`: an ERROR event says that it can't go on from where it was. `silent`: the watchdog ended it. */
  readonly how: 'closed' | 'broken' | 'expired' | 'silent';
}

interface WatchEvent {
  readonly type?: unknown;
  readonly object?: unknown;
}

/**
 * The request that watches on from a resourceVersion, or, from none, one that sends every object first
 * (WatchList, KEP-3157). `random` spreads the ends of watches over 300 to 600 s.
 */
export function watchRequest(watched: Watched, from: string | undefined, random: number): KubeRequest {
  const { resource, namespace, metadataOnly } = watched;
  const start: Record<string, string> =
    from === undefined
      ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
      : { resourceVersion: from };
  return {
    verb: 'watch',
    resource: resource.plural,
    path: collectionPath(resource, namespace),
    query: {
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(Math.floor(300 + 300 * random)),
      ...selectors(watched),
      ...start,
    },
    deadline: OPEN_DEADLINE,
    ...(metadataOnly === true ? { accept: ACCEPT_METADATA } : {}),
  };
}

/** Watches until the stream ends for whatever reason. */
export async function watch(options: WatchOptions): Promise<WatchEnd> {
  const { transport, clock, request, handlers, signal } = options;
  const own = new AbortController();
  const onStop = (): void => own.abort();
  if (signal.aborted) own.abort();
  signal.addEventListener('abort', onStop);

  let end: WatchEnd | undefined;
  function finish(how: WatchEnd): void {
    end ??= how;
    own.abort();
  }

  let heardAt = clock.monotonic();
  function heard(): void {
    heardAt = clock.monotonic();
    handlers.heard(heardAt);
  }

  let disarm = clock.after(options.watchdog, checkSilence);
  function checkSilence(): void {
    const left = options.watchdog - (clock.monotonic() - heardAt);
    if (left > 0) {
      disarm = clock.after(left, checkSilence);
      return;
    }
    const error = transportError(request, 'ERR_KUBE_TIMEOUT', `nothing heard for ${options.watchdog} ms`);
    finish({ error, how: 'silent' });
  }

  const decoder = new LineDecoder((line) => {
    // The rest of a chunk that brought an error, or during which stop() came, is not to be seen.
    if (own.signal.aborted) return;
    const problem = dispatch(line, request, handlers);
    if (problem !== undefined) finish(problem);
  });

  try {
    await transport.stream(
      { ...request, signal: own.signal },
      {
        open() {
          heard();
          handlers.opened();
        },
        chunk(bytes) {
          heard();
          try {
            decoder.push(bytes);
          } catch (error) {
            finish({ error: transportError(request, 'ERR_KUBE_PROTOCOL', error), how: 'broken' });
          }
        },
      },
    );
  } catch (error) {
    end ??= { error: asSignetError(error, request), how: 'broken' };
  } finally {
    disarm();
    signal.removeEventListener('abort', onStop);
  }
  if (end !== undefined) return end;
  if (decoder.pending === 0) return { how: 'closed' };
  return broken(request, `the stream ended ${decoder.pending} bytes into a line`);
}

/** Hands one event on; the end of the watch when the line is none or says so. */
function dispatch(line: string, request: KubeRequest, handlers: WatchHandlers): WatchEnd | undefined {
  const event = parse(line);
  if (event === undefined) return broken(request, `a line of ${line.length} characters that is not a watch event`);
  const object = event.object as WatchedObject;
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      handlers.changed(object);
      return undefined;
    case 'DELETED':
      handlers.deleted(object);
      return undefined;
    case 'BOOKMARK': {
      const { resourceVersion, annotations } = object.metadata ?? {};
      if (!isText(resourceVersion)) return broken(request, 'a bookmark without a resourceVersion');
      handlers.bookmark(resourceVersion, annotations?.[INITIAL_EVENTS_END] === 'true');
      return undefined;
    }
    case 'ERROR':
      return { error: watchStatusError(request, event.object), how: 'expired' };
    default:
      return broken(request, 'a watch event of unknown type');
  }
}

function parse(line: string): WatchEvent | undefined {
  try {
    const event = JSON.parse(line) as WatchEvent | null;
    return typeof event?.object === 'object' && event.object !== null ? event : undefined;
  } catch {
    // The parser's message quotes the line, and the line may be a Secret.
    return undefined;
  }
}

function broken(request: KubeRequest, problem: string): WatchEnd {
  return { error: protocolError(request, problem), how: 'broken' };
}

function asSignetError(error: unknown, request: KubeRequest): SignetError {
  return isSignetError(error) ? error : transportError(request, 'ERR_KUBE_UNAVAILABLE', error);
}

/** True when the failure says nothing about the version asked for: no answer, or one about us or the load. */
export function isOutage(error: SignetError | undefined): boolean {
  if (isSignetError(error, 'ERR_KUBE_THROTTLED', 'ERR_KUBE_UNAUTHORIZED', 'ERR_KUBE_FORBIDDEN')) return true;
  return isSignetError(error, 'ERR_KUBE_UNAVAILABLE') && kubeStatus(error) === undefined;
}
