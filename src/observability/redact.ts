// SPDX-License-Identifier: Apache-2.0
/**
 * What may stand in a log line. The second line of defense of design rule 10: nothing secret should ever be handed to
 * the logger; what is handed to it all the same is cut out here, wherever it hangs.
 * @module
 */
import { isSignetError } from '../errors.ts';

const REDACTED = '[redacted]';

/** Names of fields that hold secrets or whole bodies, in lower case and without punctuation. */
const SENSITIVE: ReadonlySet<string> = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'token',
  'tokens',
  'accesstoken',
  'bearertoken',
  'idtoken',
  'refreshtoken',
  'password',
  'credentials',
  'clientkeydata',
  'privatekey',
  'privatekeypem',
  'pkcs8',
  'secretkey',
  'tlskey',
  'tlscombinedpem',
  'data',
  'stringdata',
  'body',
]);

/** PEM of any private key by the boundary, which our own messages leave out; the base64 of any PEM; JSON web tokens. */
const SECRET_TEXT = /-{3} ?(?:BEGIN|END)[^\n]{0,40}PRIVATE KEY|PRIVATE KEY ?-|LS0tLS1CRUdJTi|eyJ[\w-]{8,}\.[\w-]{8,}\./;
const MAX_DEPTH = 6;
const MAX_TEXT = 2000;
const MAX_ITEMS = 100;
/** Names that are remembered, and characters of one; those of our own lines are some dozens of a few. */
const MAX_NAMES = 1000;
const MAX_NAME = 64;

/** An error as it is logged. */
interface ErrorRecord {
  readonly type: string;
  readonly code?: string;
  readonly message?: string;
  /** Call sites only. */
  readonly stack?: string;
  readonly cause?: ErrorRecord;
}

/** A copy of the fields of a log line without anything secret in it. */
export function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactFields(fields, 0);
}

/**
 * Keeps name, code and, where we know who wrote it, the message. Messages of other errors may quote what was being
 * parsed (JSON.parse does), so these are known by name and place.
 */
function errorRecord(error: Error, depth = 0): ErrorRecord {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const ours = isSignetError(error);
  // Errors of the operating system, TLS and undici have codes and fixed messages; argument errors quote the argument.
  const quotable = ours || (code !== undefined && !code.startsWith('ERR_INVALID'));
  const bug = !ours || error.code === 'ERR_INVARIANT';
  const stack = bug ? callSites(error.stack) : undefined;
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    ...(quotable ? { message: redactText(error.message) } : {}),
    ...(stack === undefined ? {} : { stack }),
    ...(error.cause instanceof Error && depth < MAX_DEPTH ? { cause: errorRecord(error.cause, depth + 1) } : {}),
  };
}

function redactFields(fields: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) {
    kept[key] = isSensitive(key) ? REDACTED : redactValue(fields[key], depth);
  }
  return kept;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    return redactText(value);
  }
  if (typeof value === 'bigint') {
    return value.toString();
  }
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' ? '[function]' : value;
  }
  if (value instanceof Error) {
    return errorRecord(value);
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return `[${value.byteLength} bytes]`;
  }
  if (depth >= MAX_DEPTH) {
    return '[deep]';
  }
  return Array.isArray(value)
    ? value.slice(0, MAX_ITEMS).map((item) => redactValue(item, depth + 1))
    : redactFields(value as Record<string, unknown>, depth + 1);
}

/** Looks through no more than what is shown: anybody may have sent megabytes that take hours to look through. */
function redactText(text: string): string {
  const shown = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
  if (SECRET_TEXT.test(shown)) {
    return REDACTED;
  }
  return shown === text ? text : `${shown}...`;
}

/** What was found of names that were seen: the same few come in every line. */
const known = new Map<string, boolean>();

function isSensitive(key: string): boolean {
  const before = known.get(key);
  if (before !== undefined) return before;
  const sensitive = SENSITIVE.has(key.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
  if (known.size < MAX_NAMES && key.length <= MAX_NAME) known.set(key, sensitive);
  return sensitive;
}

/** The first lines of a stack repeat the message, so only what names a place is kept. */
function callSites(stack: string | undefined): string | undefined {
  const sites = stack?.split('\n').filter((line) => /^\s+at [^\n]{1,400}$/.test(line));
  return sites === undefined || sites.length === 0 ? undefined : sites.slice(0, 12).join('\n');
}
