// SPDX-License-Identifier: Apache-2.0
/**
 * The tracer over the SDK of OpenTelemetry. With its way to a collector (`otlp-exporter.ts`) the only file that imports
 * it, and itself only ever imported when somebody asked for traces. Nothing global is set: two of these can be in one process.
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Span as OTelSpan, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  ParentBasedSampler,
  type ReadableSpan,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Clock } from '../controller/clock.ts';
import type { Span, SpanAttributes, Tracer } from '../controller/tracer.ts';
import { isSignetError } from '../errors.ts';
import { type Duration, type Instant, SECOND } from '../time.ts';
import { type OTLPExporterOptions, otlpExporter } from './otlp-exporter.ts';
import { redact } from './redact.ts';
import { SpanBatches } from './span-batches.ts';
import { spanEntry } from './span-catalog.ts';

export interface OTelTracerOptions extends OTLPExporterOptions {
  /** Of traces that are recorded, from 0 to 1. */
  readonly sampleRatio: number;
  /** Of every span: who made it. */
  readonly resource: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly onSent: (count: number) => void;
  /** `error`: why they did not arrive; undefined: there was no room. */
  readonly onDropped: (count: number, error?: unknown) => void;
}

export interface OTelTracer extends Tracer {
  /** Sends what is left, within 2 s. Never rejects. */
  stop(): Promise<void>;
}

const STOP_LIMIT: Duration = 2 * SECOND;
/** Names of objects come from whoever can connect to the webhook. */
const MAX_TEXT = 512;
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

export function createOTelTracer(options: OTelTracerOptions): OTelTracer {
  const { sampleRatio, resource, clock, onSent, onDropped } = options;
  const batches = new SpanBatches<ReadableSpan>({ clock, send: otlpExporter(options), onSent, onDropped });
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    resource: resourceFromAttributes(resource),
    spanProcessors: [processorOf(batches)],
  });
  return { ...tracerOver(provider, clock, onDropped), stop: () => batches.stop(STOP_LIMIT) };
}

/** The sampler has decided by the time a span gets here. */
function processorOf(batches: SpanBatches<ReadableSpan>): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd: (span) => {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) batches.add(span);
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

/** Where the time of a trace is measured from: the wall clock may jump in the middle of it. */
interface Origin {
  readonly wall: Instant;
  readonly monotonic: Duration;
}

function tracerOver(
  provider: Pick<TracerProvider, 'getTracer'>,
  clock: Clock,
  onDropped: OTelTracerOptions['onDropped'],
): Tracer {
  const tracer = provider.getTracer('signet');
  const current = new AsyncLocalStorage<ActiveSpan>();
  /** Timers that were set within a span outlive it; what they do is no part of it. */
  const parent = (): ActiveSpan | undefined => {
    const active = current.getStore();
    return active?.ended === true ? undefined : active;
  };
  const begin = (name: string, within: ActiveSpan | undefined, ago: Duration): ActiveSpan => {
    const origin = within?.origin ?? { wall: clock.now() - ago, monotonic: clock.monotonic() - ago };
    const startedAt = timeOf(origin, clock) - ago;
    // It gets an ID with its first part: one that stays without any may never be told of.
    const start = (): OTelSpan =>
      tracer.startSpan(
        name,
        { kind: kindOf(name), startTime: startedAt },
        within === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, within.started()),
      );
    return new ActiveSpan(origin, start);
  };
  /** Whoever tells of the work must not stop it. */
  const end = (span: ActiveSpan, quiet: boolean): void => {
    try {
      span.end(timeOf(span.origin, clock), quiet);
    } catch (error) {
      onDropped(1, error);
    }
  };
  return {
    span: async (name, run) => {
      const span = begin(name, parent(), 0);
      try {
        return await current.run(span, run, span);
      } catch (error) {
        span.fail(error);
        throw error;
      } finally {
        end(span, spanEntry(name).quiet === true);
      }
    },
    record: (name, duration, attributes) => {
      const within = parent();
      if (within === undefined) return;
      const span = begin(name, within, duration);
      setAll(span, attributes);
      end(span, false);
    },
    traceID: () => parent()?.traceID(),
  };
}

class ActiveSpan implements Span {
  readonly origin: Origin;
  readonly #start: () => OTelSpan;
  readonly #attributes: Record<string, string | number | boolean | string[]> = {};
  #span: OTelSpan | undefined;
  #failure: string | undefined;
  #ended = false;

  constructor(origin: Origin, start: () => OTelSpan) {
    this.origin = origin;
    this.#start = start;
  }

  get ended(): boolean {
    return this.#ended;
  }

  set(name: string, value: string | number | boolean | readonly string[] | undefined): void {
    if (value === undefined) return;
    if (typeof value === 'string') this.#attributes[name] = outward(value);
    else this.#attributes[name] = typeof value === 'object' ? value.map(outward) : value;
  }

  fail(error: unknown): void {
    this.set('error.type', codeOf(error));
    this.#failure ??= messageOf(error);
  }

  started(): OTelSpan {
    this.#span ??= this.#start();
    return this.#span;
  }

  traceID(): string | undefined {
    const { traceId, traceFlags } = this.started().spanContext();
    return (traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : traceId;
  }

  end(at: Instant, quiet: boolean): void {
    this.#ended = true;
    if (quiet && this.#span === undefined && this.#failure === undefined) return;
    const span = this.started();
    span.setAttributes(this.#attributes);
    if (this.#failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: this.#failure });
    span.end(at);
  }
}

function setAll(span: ActiveSpan, attributes: SpanAttributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    // A call has failed with its code; what else it says is told where it is thrown.
    if (name === 'error.type' && typeof value === 'string') span.fail(value);
    else span.set(name, value);
  }
}

function timeOf({ wall, monotonic }: Origin, clock: Clock): Instant {
  return wall + clock.monotonic() - monotonic;
}

function kindOf(name: string): SpanKind {
  const { kind } = spanEntry(name);
  return kind === undefined ? SpanKind.INTERNAL : KINDS[kind];
}

function codeOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (isSignetError(error)) return error.code;
  return error instanceof Error ? error.name : typeof error;
}

/** As in the log: messages of other errors may quote what was being parsed. */
function messageOf(error: unknown): string {
  return outward(isSignetError(error) ? error.message : codeOf(error));
}

/** What goes out of a text: a bounded part of it, without anything secret. */
function outward(text: string): string {
  // A slice would keep all of the text in memory while the span waits.
  const part = text.length > MAX_TEXT ? Buffer.from(text.slice(0, MAX_TEXT)).toString() : text;
  return String(redact({ part })['part']);
}
