// SPDX-License-Identifier: Apache-2.0
/**
 * The numbers of an X.509-SVID that whoever mints one and whoever judges one must agree on.
 * @module
 */
import { type Duration, SECOND } from '../time.ts';

/** How far notBefore lies before the moment of issuance, for verifiers whose clocks lag (design rule 1). */
export const BACKDATE: Duration = 60 * SECOND;

/** Added to a notAfter before anything is done that depends on its passing: verifiers' clocks lag. */
export const VERIFIER_SKEW: Duration = 60 * SECOND;

/** Longest common name in characters (RFC 5280 appendix A.1, ub-common-name). */
export const MAX_COMMON_NAME_LENGTH = 64;
