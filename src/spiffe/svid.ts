// SPDX-License-Identifier: Apache-2.0
/**
 * What whoever asks for an X.509-SVID, whoever mints one and whoever judges one must agree on.
 * @module
 */
import { type Duration, SECOND } from '../time.ts';

/** How far notBefore lies before the moment of issuance, for verifiers whose clocks lag (design rule 1). */
export const BACKDATE: Duration = 60 * SECOND;

/** Added to a notAfter before anything is done that depends on its passing: verifiers' clocks lag. */
export const VERIFIER_SKEW: Duration = 60 * SECOND;

/** Longest common name in characters (RFC 5280 appendix A.1, ub-common-name). */
export const MAX_COMMON_NAME_LENGTH = 64;

export const KEY_ALGORITHMS = ['ECDSA-P256', 'ECDSA-P384', 'Ed25519', 'RSA-2048', 'RSA-3072'] as const;
/** Algorithm and size of a key, of an SVID or of an authority that we make. */
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];
