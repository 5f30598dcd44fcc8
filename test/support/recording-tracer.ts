// SPDX-License-Identifier: Apache-2.0
/** @module A tracer that remembers: spans in the order in which they began, each with its attributes. */
import type { SpanAttributes, Tracer } from '../../src/controller/tracer.ts';

export interface RecordedSpan {
  readonly name: string;
  readonly attributes: Record<string, unknown>;
  readonly failures: unknown[];
}

export interface RecordingTracer extends Tracer {
  readonly spans: readonly RecordedSpan[];
}

export function recordingTracer(): RecordingTracer {
  const spans: RecordedSpan[] = [];
  const begin = (name: string): RecordedSpan => {
    const span: RecordedSpan = { name, attributes: {}, failures: [] };
    spans.push(span);
    return span;
  };
  return {
    spans,
    span: async (name, run) => {
      const { attributes, failures } = begin(name);
      return run({
        set: (key, value) => {
          if (value !== undefined) attributes[key] = value;
        },
        fail: (error) => void failures.push(error),
      });
    },
    record: (name, _duration, attributes: SpanAttributes) => {
      Object.assign(begin(name).attributes, attributes);
    },
    traceID: () => 'trace',
  };
}
