// SPDX-License-Identifier: Apache-2.0
/**
 * The name of a SPIFFE trust domain. It looks like a host name and is none: an IPv4 literal, a trailing dot or an
 * underscore is as good as any other name.
 * @module
 */

/** A name that passed `parseTrustDomainName`: lowercase, never empty, at most 255 octets. */
export type TrustDomainName = string;

const MAX_LENGTH = 255;

/** Parses the bare name, without scheme; never throws (SPIFFE-ID 2.1 and 2.3). Uppercase is refused, not folded. */
export function parseTrustDomainName(text: string): { value: TrustDomainName } | { problem: string } {
  if (text === '') return { problem: 'the trust domain is empty' };
  if (text.length > MAX_LENGTH) return { problem: `the trust domain is longer than ${MAX_LENGTH} characters` };
  const foreign = /[^a-z0-9.\-_]/u.exec(text)?.[0];
  if (foreign === undefined) return { value: text };
  return {
    problem: `the trust domain contains ${JSON.stringify(foreign)}; only lowercase letters, digits, ".", "-" and "_" are allowed`,
  };
}
