// SPDX-License-Identifier: Apache-2.0
/**
 * Watch streams: the lines are the same in whatever pieces they come, a watch ends in one of its four ways and throws
 * nothing, and a cache over it holds texts for names and versions.
 * @module
 */
import { systemClock } from '../../../src/controller/clock.ts';
import { isSignetError } from '../../../src/errors.ts';
import { SERVICE_IDENTITIES } from '../../../src/kube/resources.ts';
import { Store } from '../../../src/kube/store.ts';
import { type WatchEnd, type WatchedObject, watch, watchRequest } from '../../../src/kube/watch-session.ts';
import { LineDecoder } from '../../../src/kube/watch-stream.ts';
import { projectIdentity } from '../../../src/reconcilers/caches/projections.ts';
import { mutateJSON } from '../mutate-json.ts';
import { outcome, promise, promiseSame, type Target } from '../target.ts';

export const target: Target = {
  mutators: [mutateJSON],
  tokens: [
    'ADDED',
    'MODIFIED',
    'DELETED',
    'BOOKMARK',
    'ERROR',
    '"type":',
    '"object":{',
    '\n',
    '\r\n',
    'resourceVersion',
    'metadata',
  ].concat([
    'k8s.io/initial-events-end',
    'true',
    'Status',
    'code',
    'retryAfterSeconds',
    'Expired',
    'namespace',
    'uid',
    '\u2028',
    '\\u000a',
    '🦀',
  ]),
  feed: async (input) => {
    feedLines(input);
    const whole = await watched([input]);
    const pieces = await watched(cut(input, 7));
    promiseSame(pieces, whole, 'a watch is the same in whatever pieces it comes');
    return whole.said;
  },
};

/** Pieces of one octet to `most`, by what stands there. */
function cut(input: Buffer, most: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < input.length; ) {
    const size = 1 + ((input[at] ?? 0) % most);
    // A copy: what a connection hands over is its own.
    pieces.push(Buffer.from(input.subarray(at, at + size)));
    at += size;
  }
  return pieces;
}

function feedLines(input: Buffer): void {
  const seen: string[] = [];
  const decoder = new LineDecoder((line) => seen.push(line));
  for (const piece of cut(input, 5)) decoder.push(piece);
  const end = input.lastIndexOf('\n') + 1;
  const lines = input
    .subarray(0, end)
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
  promiseSame(
    seen,
    lines.map((line) => Buffer.from(line, 'latin1').toString('utf8')),
    'lines',
  );
  promiseSame(decoder.pending, input.length - end, 'what is no line yet');
}

interface Watched {
  readonly said: string;
  readonly end: string;
  readonly keys: readonly string[];
}

async function watched(pieces: readonly Buffer[]): Promise<Watched> {
  const told: string[] = [];
  const store = new Store<unknown, WatchedObject>({
    project: (raw) => projectIdentity(raw as Parameters<typeof projectIdentity>[0]),
    onEvent: (kind, key) => {
      promiseSame(typeof key, 'string', 'the name of what is cached is a text');
      told.push(kind);
    },
    onProblem: () => told.push('problem'),
  });
  const end = await watch({
    clock: systemClock,
    watchdog: 60_000,
    signal: new AbortController().signal,
    request: watchRequest({ resource: SERVICE_IDENTITIES }, '1', 0),
    transport: {
      stream: async (_request, sink) => {
        sink.open?.();
        for (const piece of pieces) sink.chunk(piece);
      },
    },
    handlers: {
      opened: () => undefined,
      heard: () => undefined,
      changed: (object) => advance(store.changed(object)),
      deleted: (object) => advance(store.deleted(object)),
      bookmark: (version, complete) => {
        advance(version);
        told.push(outcome('bookmark', complete));
      },
    },
  });
  feedEnd(end);
  const keys = [...store.keys()];
  promise(
    keys.every((key) => typeof key === 'string'),
    'names are texts',
  );
  return { said: outcome(end.how, end.error?.code, [...new Set(told)].join(' ')), end: `${end.error?.message}`, keys };
}

function advance(version: unknown): void {
  promise(version === undefined || typeof version === 'string', 'a version is a text');
}

/** A handler that throws ends a watch as broken: what it threw is in the message. */
function feedEnd({ error, how }: WatchEnd): void {
  promise(['closed', 'broken', 'expired', 'silent'].includes(how), 'a watch ends in one of its ways');
  promise((how === 'closed') === (error === undefined), 'a watch that ended otherwise than in order says why');
  if (error === undefined) return;
  promise(isSignetError(error), 'a watch ends with an error of ours');
  promise(
    !/broken promise|Cannot |is not (a function|iterable)/u.test(error.message) || how === 'expired',
    `no handler throws: ${error.message}`,
  );
}
