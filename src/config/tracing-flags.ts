// SPDX-License-Identifier: Apache-2.0
/**
 * The flags of tracing, and what is wrong with them against each other and with the headers for the collector, which
 * come from the environment alone: arguments can be read by everybody on the machine.
 * @module
 */
import type { TracingConfig } from './config.ts';
import { type Flag, ROLES } from './flag.ts';
import type { Environment } from './sources.ts';
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

/** The standard variable: `name=value`, separated by commas, values percent-encoded. */
const OTLP_HEADERS = 'OTEL_EXPORTER_OTLP_HEADERS';
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const HEADER_VALUE = /^[\x20-\x7e]*$/;
const REMEDY = 'write name=value,name=value with every other character of a value percent-encoded';

/** Absent without an endpoint. */
export function tracingConfig({ otlpEndpoint, traceSampleRatio }: TracingValues): { tracing?: TracingConfig } {
  return otlpEndpoint === undefined
    ? {}
    : { tracing: { endpoint: otlpEndpoint, sampleRatio: traceSampleRatio, headers: {} } };
}

/** The headers in the environment, or what is wrong with them; never any of their values. */
export function otlpHeaders(env: Environment): parse.Parsed<Readonly<Record<string, string>>> {
  const headers: Record<string, string> = {};
  const parts = (env[OTLP_HEADERS] ?? '').split(',').map((part) => part.trim());
  for (const [index, part] of parts.filter((part) => part !== '').entries()) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(0, at)).trim();
    const value = decoded(part.slice(at + 1).trim());
    if (!HEADER_NAME.test(name)) return { problem: `${OTLP_HEADERS}: entry ${index + 1} names no header; ${REMEDY}` };
    if (value === undefined || !HEADER_VALUE.test(value))
      return { problem: `${OTLP_HEADERS}: the value of ${name} cannot be sent; ${REMEDY}` };
    headers[name] = value;
  }
  return { value: headers };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
