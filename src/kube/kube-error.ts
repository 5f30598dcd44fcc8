// SPDX-License-Identifier: Apache-2.0
/**
 * Turns what comes back from the API server, or fails to, into a SignetError. It knows the Status object and
 * what must never enter a message: bodies, tokens and key material.
 * @module
 */

import { type ErrorCode, isSignetError, SignetError } from '../errors.ts';
import { type Duration, type Instant, MINUTE, SECOND } from '../time.ts';

/** What an error says about the call that failed, for example `create secrets`. */
export interface CallLabel {
  readonly verb: string;
  readonly resource: string;
  readonly path: string;
}

/** The machine-readable part of metav1.Status, kept for decisions that need more than the error code. */
export interface KubeStatus {
  /** HTTP status code. */
  readonly status: number;
  /** metav1.StatusReason, for example `AlreadyExists`; empty when the answer was no Status object. */
  readonly reason: string;
  /** `reason` of each entry of `details.causes`, for example `NamespaceTerminating` or `FieldValueInvalid`. */
  readonly causes: readonly string[];
}

interface StatusBody {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly code?: unknown;
  readonly details?: { readonly causes?: unknown; readonly retryAfterSeconds?: unknown };
}

/** In place of the API server's own word, which says no more than the status. */
const UNKNOWN_CREDENTIALS =
  ': the token has expired, or its ServiceAccount was deleted or made anew; restart the pod, or renew the credentials of the kubeconfig';
const MAX_MESSAGE = 600;
/** Those of Kubernetes are one word. */
const MAX_REASON = 64;
const MAX_RETRY_AFTER: Duration = 5 * MINUTE;

/** The Status facts behind an error of ours, where the API server sent some. */
export function kubeStatus(error: unknown): KubeStatus | undefined {
  if (!(error instanceof SignetError)) return undefined;
  const { cause } = error;
  return typeof cause === 'object' && cause !== null && 'causes' in cause ? (cause as KubeStatus) : undefined;
}

/**
 * Whether the API server refused a write because it could not ask an admission webhook. It answers 500, as for troubles
 * of its own that pass, but this one stays until a person mends or removes the webhook.
 */
export function webhookUnreachable(error: unknown): error is SignetError {
  return isSignetError(error, 'ERR_KUBE_UNAVAILABLE') && error.message.includes('failed calling webhook');
}

/** Whether the API server will not have a write as it is: rights, quota, the schema, an admission plugin. */
export function isRefusal(error: unknown): error is SignetError {
  return isSignetError(error, 'ERR_KUBE_FORBIDDEN', 'ERR_KUBE_INVALID', 'ERR_KUBE_BAD_REQUEST');
}

/** Whether a write is refused until a person mends something: other failures pass by themselves. */
export function isLastingRefusal(error: unknown): error is SignetError {
  return isRefusal(error) || webhookUnreachable(error);
}

/** The error for an answer outside 2xx. `body` is read as metav1.Status; anything else in it is dropped. */
export function statusError(label: CallLabel, status: number, body: string, retryAfter?: Duration): SignetError {
  return errorOfStatus(label, status, parseStatus(body), retryAfter);
}

/** The error for the object of an ERROR watch event. */
export function watchStatusError(label: CallLabel, object: unknown): SignetError {
  const body = typeof object === 'object' && object !== null ? (object as StatusBody) : {};
  return errorOfStatus(label, typeof body.code === 'number' ? body.code : 500, body, undefined);
}

function errorOfStatus(
  label: CallLabel,
  status: number,
  body: StatusBody,
  retryAfter: Duration | undefined,
): SignetError {
  const reason = typeof body.reason === 'string' ? body.reason : '';
  const message =
    status === 401 ? UNKNOWN_CREDENTIALS : typeof body.message === 'string' ? `: ${safeText(body.message)}` : '';
  const seconds = body.details?.retryAfterSeconds;
  const cause: KubeStatus = { status, reason, causes: causeReasons(body.details?.causes) };
  const told = `${status} ${safeText(reason).slice(0, MAX_REASON)}${message}`;
  return new SignetError(codeOfStatus(status, reason), `${labelText(label)}: ${told}`, {
    cause,
    retryAfter: retryAfter ?? (typeof seconds === 'number' && seconds > 0 ? boundedWait(seconds * SECOND) : undefined),
  });
}

/** The code of an HTTP status. 409 has two meanings that only `reason` tells apart. */
function codeOfStatus(status: number, reason: string): ErrorCode {
  switch (status) {
    case 401:
      return 'ERR_KUBE_UNAUTHORIZED';
    case 403:
      return 'ERR_KUBE_FORBIDDEN';
    case 404:
      return 'ERR_KUBE_NOT_FOUND';
    case 408:
    case 504:
      return 'ERR_KUBE_TIMEOUT';
    case 409:
      return reason === 'AlreadyExists' ? 'ERR_KUBE_ALREADY_EXISTS' : 'ERR_KUBE_CONFLICT';
    case 410:
      return 'ERR_KUBE_GONE';
    case 422:
      return 'ERR_KUBE_INVALID';
    case 429:
      return 'ERR_KUBE_THROTTLED';
    default:
      if (status >= 500) return 'ERR_KUBE_UNAVAILABLE';
      return status >= 400 ? 'ERR_KUBE_BAD_REQUEST' : 'ERR_KUBE_PROTOCOL';
  }
}

/** The error for a call that got no complete answer. Only code and message of `cause` are kept. */
export function transportError(label: CallLabel, code: ErrorCode, cause: unknown): SignetError {
  const plain = plainCause(cause);
  return new SignetError(code, `${labelText(label)}: ${plain.message}`, { cause: plain });
}

/** The error for an answer that can't be read. It takes no cause: parse errors quote the text they fail on. */
export function protocolError(label: CallLabel, problem: string): SignetError {
  return new SignetError('ERR_KUBE_PROTOCOL', `${labelText(label)}: ${problem}`);
}

/** Milliseconds of a Retry-After header (RFC 9110 10.2.3: seconds or a date), at most five minutes. */
export function parseRetryAfter(header: string | undefined, now: Instant): Duration | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return boundedWait(Number(header) * SECOND);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : boundedWait(date - now);
}

function boundedWait(wait: Duration): Duration {
  return Math.min(Math.max(wait, 0), MAX_RETRY_AFTER);
}

/**
 * `text` fit for a log: one line, bounded, and without anything that could be a key, a certificate body or a token.
 * Admission plugins and old decoders quote what they refuse.
 */
export function safeText(text: string): string {
  const line = text
    .slice(0, 4 * MAX_MESSAGE)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/-----BEGIN [^]*?(-----END [A-Z ]*-----|$)/g, '[redacted]')
    .replaceAll(/[\w+/=-]{20,}/g, (run) => (looksEncoded(run) ? '[redacted]' : run));
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}...` : line;
}

/** Kubernetes names have no capitals, and Go names few digits and an end; base64 of random bytes has them all. */
function looksEncoded(run: string): boolean {
  return /[A-Z]/.test(run) && /[a-z]/.test(run) && (run.length >= 40 || /[\d+=]/.test(run));
}

function labelText(label: CallLabel): string {
  return `${label.verb} ${label.resource} ${label.path}`;
}

function parseStatus(body: string): StatusBody {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // A proxy's page, not the API server's: the HTTP status is all there is to say.
    return {};
  }
}

function causeReasons(causes: unknown): string[] {
  if (!Array.isArray(causes)) return [];
  return causes
    .slice(0, 16)
    .map((entry: { readonly reason?: unknown } | null) => (typeof entry?.reason === 'string' ? entry.reason : ''));
}

/** undici's parser errors carry response bytes, so no foreign error object is passed on. */
function plainCause(cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(safeText(String(cause)));
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  const text = safeText(cause.message || (code ?? cause.name));
  return new Error(code === undefined || text.includes(code) ? text : `${text} (${code})`);
}
