// SPDX-License-Identifier: Apache-2.0
/**
 * The DNS names a certificate of ours may carry. Whose they are is decided elsewhere.
 * @module
 */

const MAX_LENGTH = 253;
const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const DNS_NAME = new RegExp(`^(\\*\\.)?${LABEL}(\\.${LABEL})*$`, 'u');

/** A lowercase host name (RFC 1123 2.1), or one with a wildcard as its whole leftmost label (RFC 6125 6.4.3). */
export function isDNSName(name: string): boolean {
  return name.length <= MAX_LENGTH && DNS_NAME.test(name);
}
