// SPDX-License-Identifier: Apache-2.0
/**
 * The one seam of tracing: a span is a piece of work with a name, and attributes. Whether anybody records it, and how,
 * nobody here knows; where nobody does, a call goes straight through.
 * @module
 */
import type { Duration } from '../time.ts';

type SpanValue = string | number | boolean | readonly string[];

/** By their names in the catalog of spans. What is undefined is left out. */
export type SpanAttributes = Readonly<Record<string, SpanValue | undefined>>;

export interface Span {
  /** One attribute; a later value counts. Never a key, a token or the content of a Secret. */
  set(name: string, value: SpanValue | undefined): void;
  /** The work came to nothing, although nothing was thrown. */
  fail(error: unknown): void;
}

export interface Tracer {
  /**
   * Does the work as a span, a part of the one in which this is called. Answers and throws what the work does; a span
   * whose work throws has failed.
   */
  span<T>(name: string, run: (span: Span) => Promise<T>): Promise<T>;
  /** Something that is over, and took that long until now; left out where it would be no part of another span. */
  record(name: string, duration: Duration, attributes: SpanAttributes): void;
  /** Of the span in which this is called, for lines of logs; undefined where nobody will find it. */
  traceID(): string | undefined;
}

export const NO_SPAN: Span = { set: () => undefined, fail: () => undefined };

/** Where nobody asked for traces. */
export const NO_TRACER: Tracer = {
  span: (_name, run) => run(NO_SPAN),
  record: () => undefined,
  traceID: () => undefined,
};
