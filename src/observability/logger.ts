// SPDX-License-Identifier: Apache-2.0
/**
 * Structured logs: static messages, details as fields, one JSON object a line (or text for people). The rest of the
 * program sees only the interface.
 * @module
 */
import { pino } from 'pino';
import { redact } from './redact.ts';
import { type Telling, type Told, telling } from './told.ts';

/** An error goes under `err`. */
export type Fields = Readonly<Record<string, unknown>>;

/** Messages are static, capitalized and without a period: everything that varies is a field, in lowerCamel. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A logger that adds these fields to every line. */
  child(fields: Fields): Logger;
}

/** Warnings and errors are flushed at once, and what was told before them. Fields must not change after the call. */
export interface LoggerOptions extends Telling {
  readonly level: string;
  readonly format: 'json' | 'text';
}

type Sink = ReturnType<typeof pino>;

export function createLogger({ level, format, ...where }: LoggerOptions): Logger {
  const { output, traceID } = where;
  /** Of the line that is being written, which may have waited for others. */
  let told: Told = { at: 0, traceID: undefined };
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date(told.at).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    // Errors come as records already; the usual serializer would look for an error in them.
    serializers: { err: (record: unknown) => record },
    // The name is that of OpenTelemetry.
    ...(traceID === undefined ? {} : { mixin: () => (told.traceID === undefined ? {} : { trace_id: told.traceID }) }),
  };
  const text = { write: (line: string) => output.write(asText(line)) };
  const tell = telling(where);
  const later = (fields: Fields, write: () => void): void =>
    tell(fields, (line) => {
      told = line;
      write();
    });
  return overPino(pino(options, format === 'json' ? output : text), { later, flush: () => output.flush() });
}

interface Waiting {
  later(fields: Fields, write: () => void): void;
  flush(): void;
}

/** Nothing reaches pino that was not redacted. */
function overPino(sink: Sink, output: Waiting): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Fields = {}): void => {
      if (!sink.isLevelEnabled(level)) return;
      output.later(fields, () => sink[level](redact(fields), message));
      if (level === 'warn' || level === 'error') output.flush();
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => overPino(sink.child(redact(fields)), output),
  };
}

/** `12:30:01.250 INFO  Issuing X509-SVID controller=service-identity namespace=shop`. */
function asText(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(fields).map(([key, value]) => `${key}=${plain(value)}`);
  const head = `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${String(msg)}`;
  return `${[head, ...details].join(' ')}\n`;
}

function plain(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
}
