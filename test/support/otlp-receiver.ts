// SPDX-License-Identifier: Apache-2.0
/**
 * A collector: takes OTLP/HTTP with JSON (opentelemetry.io/docs/specs/otlp) and keeps the spans.
 * @module
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 20;

type Value = string | number | boolean | readonly Value[];

export interface ReceivedSpan {
  readonly service: string;
  readonly resource: Readonly<Record<string, Value>>;
  readonly traceID: string;
  readonly spanID: string;
  /** Empty: none. */
  readonly parentID: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, Value>>;
  /** 2: failed. */
  readonly status: { readonly code?: number; readonly message?: string };
  /** Nanoseconds since the epoch. */
  readonly startedAt: bigint;
  readonly endedAt: bigint;
}

/** A span with those that are a part of it, by when they began. */
export interface SpanTree extends ReceivedSpan {
  readonly parts: readonly SpanTree[];
}

/** A status; `silence`: no answer; `endless`: one that goes on and on; else the text of a success. */
type Answer = number | 'silence' | 'endless' | { readonly body: string };

export interface OTLPReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** Of every request. */
  readonly headers: readonly IncomingHttpHeaders[];
  /** Everything that came, as text. */
  readonly bodies: readonly string[];
  /** What requests get from now on. */
  answerWith(answer: Answer): void;
  /** The trace of the first root span like this, once all of it has come as far as `whole` can tell. */
  untilTrace(like: (root: ReceivedSpan) => boolean, whole?: (tree: SpanTree) => boolean): Promise<SpanTree>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<OTLPReceiver> {
  const spans: ReceivedSpan[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const bodies: string[] = [];
  let answer: Answer = 200;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      headers.push(request.headers);
      bodies.push(body);
      if (answer === 'silence') return;
      if (answer === 'endless') {
        goOn(response);
        return;
      }
      const [status, text] = typeof answer === 'number' ? [answer, '{}'] : [200, answer.body];
      if (status === 200 && request.url === '/v1/traces') spans.push(...spansOf(JSON.parse(body) as ExportRequest));
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const untilTrace: OTLPReceiver['untilTrace'] = async (like, whole = () => true) => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const trees = spans.filter((span) => span.parentID === '' && like(span)).map((root) => treeOf(root, spans));
      const found = trees.find(whole);
      if (found !== undefined) return found;
      if (performance.now() > deadline) {
        const came = trees.length > 0 ? trees.map(outline) : [...new Set(spans.map(({ name }) => name))];
        throw new Error(`No such trace came, but:\n${came.join('\n')}`);
      }
      await pause(LOOK_EVERY_MS);
    }
  };
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    headers,
    bodies,
    answerWith: (next) => {
      answer = next;
    },
    untilTrace,
    close: () => closed(server),
  };
}

/** Names of spans, each in the lines under the one it is a part of. */
export function outline(tree: SpanTree): string {
  const lines = (span: SpanTree, depth: number): string[] => [
    `${'  '.repeat(depth)}${span.name}`,
    ...span.parts.flatMap((part) => lines(part, depth + 1)),
  ];
  return lines(tree, 0).join('\n');
}

/** Every span of a trace. */
export function spansIn(tree: SpanTree): readonly SpanTree[] {
  return [tree, ...tree.parts.flatMap((part) => spansIn(part))];
}

function treeOf(root: ReceivedSpan, spans: readonly ReceivedSpan[]): SpanTree {
  const parts = spans
    .filter(({ traceID, parentID }) => traceID === root.traceID && parentID === root.spanID)
    .toSorted((one, other) => (one.startedAt < other.startedAt ? -1 : 1));
  return { ...root, parts: parts.map((part) => treeOf(part, spans)) };
}

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly kind: number;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly attributes?: readonly KeyValue[];
        readonly status?: ReceivedSpan['status'];
      }[];
    }[];
  }[];
}

function spansOf({ resourceSpans }: ExportRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource: { attributes }, scopeSpans }) => {
    const resource = recordOf(attributes);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: String(resource['service.name']),
        resource,
        traceID: span.traceId,
        spanID: span.spanId,
        parentID: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind,
        attributes: recordOf(span.attributes ?? []),
        status: span.status ?? {},
        startedAt: BigInt(span.startTimeUnixNano),
        endedAt: BigInt(span.endTimeUnixNano),
      })),
    );
  });
}

function recordOf(attributes: readonly KeyValue[]): Record<string, Value> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf({ stringValue, boolValue, intValue, doubleValue, arrayValue }: AnyValue): Value {
  if (arrayValue !== undefined) return (arrayValue.values ?? []).map(valueOf);
  return stringValue ?? boolValue ?? doubleValue ?? Number(intValue);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const octets = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(octets) : octets).toString('utf8');
}

function goOn(response: ServerResponse): void {
  response.writeHead(200);
  const beat = setInterval(() => response.write(' '), LOOK_EVERY_MS);
  response.once('close', () => clearInterval(beat));
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
