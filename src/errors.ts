// SPDX-License-Identifier: Apache-2.0
/**
 * The failed effects of the whole program: one class, one catalogue of codes, each with the consequence
 * the engine draws from it. Expected outcomes are values and never come here.
 * @module
 */

/** What the engine does after an error: try again with back-off, or leave the key alone until its object changes. */
export type Retry = 'backoff' | 'never';

/** Every code an error of ours can carry, with its consequence. The error reference page is held equal to it. */
export const ERROR_CODES = {
  ERR_CONFIG: 'never',
  ERR_KUBE_BAD_REQUEST: 'backoff',
  ERR_KUBE_UNAUTHORIZED: 'backoff',
  ERR_KUBE_FORBIDDEN: 'backoff',
  ERR_KUBE_NOT_FOUND: 'backoff',
  ERR_KUBE_ALREADY_EXISTS: 'backoff',
  ERR_KUBE_CONFLICT: 'backoff',
  ERR_KUBE_GONE: 'backoff',
  ERR_KUBE_INVALID: 'backoff',
  ERR_KUBE_THROTTLED: 'backoff',
  ERR_KUBE_UNAVAILABLE: 'backoff',
  ERR_KUBE_TIMEOUT: 'backoff',
  ERR_KUBE_PROTOCOL: 'backoff',
  ERR_NOT_SIGNING: 'backoff',
  ERR_ISSUANCE: 'backoff',
  ERR_PEM: 'backoff',
  ERR_DER: 'backoff',
  ERR_AUTHORITY: 'backoff',
  ERR_INVARIANT: 'backoff',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** A failed effect. `message` says what failed and what to do next, and never holds key material. */
export class SignetError extends Error {
  override readonly name = 'SignetError';
  readonly code: ErrorCode;
  /** Milliseconds the other side asked us to wait before another try (HTTP Retry-After), where it did. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfter?: number | undefined } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfter = options.retryAfter;
  }
}

/** True for a SignetError with one of the given codes (any code when none is given). */
export function isSignetError(error: unknown, ...codes: readonly ErrorCode[]): error is SignetError {
  return error instanceof SignetError && (codes.length === 0 || codes.includes(error.code));
}
