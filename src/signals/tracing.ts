// SPDX-License-Identifier: Apache-2.0
/**
 * Traces as a part of a process of any role, where somebody asked for them; nothing of OpenTelemetry is loaded otherwise.
 * @module
 */
import type { TracingConfig } from '../config/config.ts';
import type { Clock } from '../controller/clock.ts';
import type { Runnable } from '../controller/manager.ts';
import { NO_TRACER, type Tracer } from '../controller/tracer.ts';
import type { FinishedCall } from '../kube/transport.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { type Duration, MINUTE } from '../time.ts';
import { VERSION } from '../version.ts';

export interface Tracing {
  readonly tracer: Tracer;
  /** Starts before everything whose work it records, and so stops after it. */
  readonly runnables: readonly Runnable[];
  /** Of lines of the log and the audit stream. */
  readonly lines: { readonly traceID?: () => string | undefined };
  /** Where a lack of a collector is told of. */
  readonly tell: (to: Listeners) => void;
}

interface Listeners {
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'spans'>;
}

/** Who makes the spans. */
export interface TracingSource {
  readonly service: 'signet-controller' | 'signet-webhook';
  readonly instance: string;
  readonly namespace: string;
  readonly clock: Clock;
}

/** While nothing arrives, one warning in this time. */
const TELL_AGAIN: Duration = 10 * MINUTE;
/** So long without a loss, and it is over: a collector that takes some of them would have it told with every batch. */
const OVER_AFTER: Duration = MINUTE;
const NO_TRACING: Tracing = { tracer: NO_TRACER, runnables: [], lines: {}, tell: () => undefined };

export async function openTracing(config: TracingConfig | undefined, source: TracingSource): Promise<Tracing> {
  if (config === undefined) return NO_TRACING;
  const { createOTelTracer } = await import('../observability/otel-tracer.ts');
  const { service, instance, namespace, clock } = source;
  let listeners: Listeners | undefined;
  const trouble = troubleOf(clock, () => listeners?.logger);
  const tracer = createOTelTracer({
    ...config,
    clock,
    resource: {
      'service.name': service,
      'service.version': VERSION,
      'service.instance.id': instance,
      'k8s.namespace.name': namespace,
    },
    onSent: (count) => {
      listeners?.metrics.spans('sent', count);
      trouble.over();
    },
    onDropped: (count, error) => {
      listeners?.metrics.spans('dropped', count);
      trouble.dropped(count, error);
    },
  });
  return {
    tracer,
    runnables: [{ name: 'traces', start: () => undefined, stop: () => tracer.stop() }],
    lines: { traceID: () => tracer.traceID() },
    tell: (to) => {
      listeners = to;
    },
  };
}

interface Trouble {
  dropped(count: number, error: unknown): void;
  over(): void;
}

/** A collector that is away is told of when that begins, rarely while it lasts, and when it is over. */
export function troubleOf(
  clock: Pick<Clock, 'monotonic'>,
  logger: () => Pick<Logger, 'info' | 'warn'> | undefined,
): Trouble {
  let toldAt: Duration | undefined;
  let lostAt: Duration = 0;
  let lost = 0;
  return {
    dropped: (count, error) => {
      lost += count;
      lostAt = clock.monotonic();
      if (toldAt !== undefined && lostAt - toldAt < TELL_AGAIN) return;
      toldAt = lostAt;
      logger()?.warn('Spans do not reach the collector and are dropped', { dropped: lost, ...reasonOf(error) });
    },
    over: () => {
      if (toldAt === undefined || clock.monotonic() - lostAt < OVER_AFTER) return;
      logger()?.info('Spans reach the collector again', { dropped: lost });
      toldAt = undefined;
      lost = 0;
    },
  };
}

function reasonOf(error: unknown): Readonly<Record<string, unknown>> {
  if (error === undefined) return { detail: 'there are more spans than the collector takes' };
  // What the collector says of an HTTP error is left out: it is somebody else's text.
  const status = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof status === 'number' ? { status } : { err: error };
}

/** What is counted of a call to the API server, and where there are traces its span. */
export function callObserver(metrics: Pick<Metrics, 'apiCall'>, tracer: Tracer): (call: FinishedCall) => void {
  if (tracer === NO_TRACER) return (call) => metrics.apiCall(call);
  return (call) => {
    metrics.apiCall(call);
    const { verb, resource, attempt, code, duration } = call;
    // They are sent in the background, by whichever run began with that.
    if (resource === 'events') return;
    const status = Number(code);
    tracer.record(`${verb} ${resource}`, duration, {
      'http.response.status_code': Number.isNaN(status) ? undefined : status,
      'http.request.resend_count': attempt > 1 ? attempt - 1 : undefined,
      'error.type': status < 400 ? undefined : code,
    });
  };
}
