// SPDX-License-Identifier: Apache-2.0
/**
 * The failed effects of the whole program: one class, one catalogue of codes. Expected outcomes are values and never
 * come here.
 * @module
 */

/** Every code an error of ours can carry, with what it means and what to do. */
export const ERRORS = {
  ERR_CONFIG:
    'The configuration cannot be used: a flag, a kubeconfig, a file that should be there. Mend what the message names, which is every problem at once; the process exits with code 2, or 1 when it shows only at start.',
  ERR_KUBE_BAD_REQUEST:
    'The API server could not make sense of a request (400). Most often an admission webhook of somebody else refuses it; look at its words in the message.',
  ERR_KUBE_UNAUTHORIZED:
    'The credentials were refused (401), also after they were read again: the token has expired and nobody renews it, or its ServiceAccount was deleted or made anew. Restart the pod, which gets a new one, or renew those of the kubeconfig.',
  ERR_KUBE_FORBIDDEN:
    'A right is missing, a quota is used up, or an admission policy refuses (403). The message says which.',
  ERR_KUBE_NOT_FOUND: 'The object is not there (404). The next try looks again; see that the CRDs are installed.',
  ERR_KUBE_ALREADY_EXISTS: 'An object of that name is there already (409). The next try reads it.',
  ERR_KUBE_CONFLICT: 'Somebody wrote the object since it was read (409). The next try reads what they wrote.',
  ERR_KUBE_GONE: 'The API server forgot the resourceVersion a watch or list asked for (410). The cache lists anew.',
  ERR_KUBE_INVALID:
    'An object breaks its schema (422). The message names the field; see that the CRDs are those of this version.',
  ERR_KUBE_THROTTLED:
    'The API server asks for patience (429). Its Retry-After is honored, within the remaining lifetime of the SVID. Where it lasts, lower --max-writes-in-flight.',
  ERR_KUBE_UNAVAILABLE:
    'The API server could not be reached, or answered with 5xx. Look at it, and at the network between.',
  ERR_KUBE_TIMEOUT:
    'No answer within the deadline of the call. Look at the load of the API server, and at the network between.',
  ERR_KUBE_PROTOCOL:
    'The answer is not what an API server sends: broken JSON, a line without end. Look for a proxy between.',
  ERR_NOT_SIGNING:
    'This replica may not sign or write now: it does not hold the Lease, or its clock is off. Nothing was done; the holder of the Lease does it. Where the message names the clock, set it right.',
  ERR_ISSUANCE:
    'An SVID could not be minted, or did not pass its own path check. The message says what is wrong; nothing was stored. Look at the conditions of the TrustDomain.',
  ERR_PEM: 'Text that should be PEM is not: a certificate or a key of a Secret. Store it as the message asks.',
  ERR_DER:
    'Bytes that should be a certificate or a key are not, or break DER. Have it issued again, or exported by another tool.',
  ERR_AUTHORITY:
    'An authority cannot sign: its Secret is damaged, its key of an unknown kind, or its certificate would break the profile. Look at the conditions of the TrustDomain.',
  ERR_INVARIANT: 'A bug in Signet. Please report it with the log line, which has the call sites.',
} as const;

export type ErrorCode = keyof typeof ERRORS;

export const ERROR_CODES: readonly ErrorCode[] = Object.keys(ERRORS) as ErrorCode[];

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
