// SPDX-License-Identifier: Apache-2.0
/**
 * The failed effects of the whole program: one class, one catalogue of codes. Expected outcomes are values and never
 * come here.
 * @module
 */

/** Every code an error of ours can carry. The error reference page is held equal to it. */
export const ERROR_CODES = [
  'ERR_CONFIG',
  'ERR_KUBE_BAD_REQUEST',
  'ERR_KUBE_UNAUTHORIZED',
  'ERR_KUBE_FORBIDDEN',
  'ERR_KUBE_NOT_FOUND',
  'ERR_KUBE_ALREADY_EXISTS',
  'ERR_KUBE_CONFLICT',
  'ERR_KUBE_GONE',
  'ERR_KUBE_INVALID',
  'ERR_KUBE_THROTTLED',
  'ERR_KUBE_UNAVAILABLE',
  'ERR_KUBE_TIMEOUT',
  'ERR_KUBE_PROTOCOL',
  'ERR_NOT_SIGNING',
  'ERR_ISSUANCE',
  'ERR_PEM',
  'ERR_DER',
  'ERR_AUTHORITY',
  'ERR_INVARIANT',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

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
