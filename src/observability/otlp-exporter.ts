// SPDX-License-Identifier: Apache-2.0
/**
 * The way of spans to a collector: OTLP over HTTP with JSON (opentelemetry.io/docs/specs/otlp). Made of the parts of
 * OpenTelemetry's own exporter, which takes settings out of the environment that nobody checks, and keeps to itself how
 * many spans of a batch the collector rejected.
 * @module
 */
import { createOtlpHttpExportDelegate, httpAgentFactoryFromOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import {
  type IExportTraceServiceResponse,
  type ISerializer,
  JsonTraceSerializer,
  TraceExporterMetricsHelper,
} from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Clock } from '../controller/clock.ts';
import { type Duration, SECOND } from '../time.ts';

export interface OTLPExporterOptions {
  /** Of the collector, with the path of its traces. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  /** PEM; of an https endpoint. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly clock: Pick<Clock, 'after'>;
}

/** Sends a batch, and says how many of it the collector rejected. Rejects when it did not arrive. */
export type SendSpans = (batch: readonly ReadableSpan[]) => Promise<number>;

/** Retries included. A collector that is silent when the process ends keeps it for no longer than this. */
const EXPORT_LIMIT: Duration = 2 * SECOND;
const TOO_LATE: Error = Object.assign(new Error('the collector took too long'), { code: 'ETIMEDOUT' });

export function otlpExporter({ endpoint: url, headers, compression, tls, clock }: OTLPExporterOptions): SendSpans {
  let rejected = 0;
  const serializer: ISerializer<ReadableSpan[], IExportTraceServiceResponse> = {
    serializeRequest: (batch) => JsonTraceSerializer.serializeRequest(batch),
    // Asked for right before the result of the same batch is told.
    deserializeResponse: (octets) => {
      const answer = JsonTraceSerializer.deserializeResponse(octets);
      rejected = rejectedIn(answer);
      return answer;
    },
  };
  const { ca, cert, key } = tls;
  const exporter = createOtlpHttpExportDelegate(
    {
      url,
      headers: () => Promise.resolve({ ...headers, 'Content-Type': 'application/json' }),
      compression,
      timeoutMillis: EXPORT_LIMIT,
      concurrencyLimit: MOST_UNDER_WAY,
      agentFactory: httpAgentFactoryFromOptions({ keepAlive: true, ca, cert, key }),
    },
    serializer,
    COMPONENT,
    TraceExporterMetricsHelper,
    undefined,
  );
  return (batch) =>
    new Promise((resolve, reject) => {
      // The exporter's limit is one of silence: an answer that never ends would keep it for good.
      const cancel = clock.after(EXPORT_LIMIT, () => reject(TOO_LATE));
      exporter.export([...batch], ({ error }) => {
        cancel();
        const count = rejected;
        rejected = 0;
        // Every failure has an error.
        if (error === undefined) resolve(Math.min(count, batch.length));
        else reject(error);
      });
    });
}

/** Those that were given up are still under way for a while. */
const MOST_UNDER_WAY = 30;
/** What it calls itself in metrics of its own, which nobody reads here. */
const COMPONENT = 'otlp_http_span_exporter';

/** Somebody else's answer may be anything; a 64-bit number is a text in JSON (protobuf.dev, ProtoJSON). */
function rejectedIn(answer: IExportTraceServiceResponse | null): number {
  const told: unknown = answer?.partialSuccess?.rejectedSpans;
  const count = typeof told === 'string' ? Number(told) : told;
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 0;
}
