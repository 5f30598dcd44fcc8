// SPDX-License-Identifier: Apache-2.0
/**
 * The flags of tracing. How the collector is spoken to comes from the environment alone (`otlp-environment.ts`).
 * @module
 */
import type { CollectorAccess, TracingConfig } from './config.ts';
import { type Flag, ROLES } from './flag.ts';
import * as parse from './value-parsers.ts';

export interface TracingValues {
  readonly otlpEndpoint: string | undefined;
  readonly traceSampleRatio: number;
}

export const TRACING_FLAGS: { readonly [Key in keyof TracingValues]: Flag<NonNullable<TracingValues[Key]>> } = {
  otlpEndpoint: {
    name: 'otlp-endpoint',
    section: 'Observability',
    roles: ROLES,
    value: 'URL',
    otherwise: 'no traces',
    help: 'Where traces are sent: a collector that takes OTLP over HTTP, such as http://otel-collector.observability:4318. Without a path, /v1/traces. Headers for it, such as a token, are taken from the environment variable OTEL_EXPORTER_OTLP_HEADERS.',
    parse: parse.otlpEndpoint,
  },
  traceSampleRatio: {
    name: 'trace-sample-ratio',
    section: 'Observability',
    roles: ROLES,
    value: 'RATIO',
    default: '1',
    help: 'Share of the traces that is recorded: 1 all of them, 0.1 a tenth. A collector that looks at whole traces can choose better; it needs all of them.',
    parse: parse.ratio,
  },
};

/** Absent without an endpoint, or a way to it. */
export function tracingConfig(
  { otlpEndpoint: endpoint, traceSampleRatio: sampleRatio }: TracingValues,
  collector: CollectorAccess | undefined,
): { readonly tracing?: TracingConfig } {
  if (endpoint === undefined || collector === undefined) return {};
  return { tracing: { endpoint, sampleRatio, ...collector } };
}
