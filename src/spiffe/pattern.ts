// SPDX-License-Identifier: Apache-2.0
/**
 * SPIFFE ID patterns, the way users name peers: an ID in which `*` may stand for exactly one whole path segment.
 * The trust domain is always spelled out.
 * @module
 */
import { MAX_SPIFFE_ID_LENGTH, parseSPIFFEID } from './id.ts';
import type { TrustDomainName } from './trust-domain.ts';

export interface SPIFFEIDPattern {
  readonly trustDomain: TrustDomainName;
  /** Path segments in order, never none; `*` matches any one segment. */
  readonly segments: readonly string[];
}

/** Parses a pattern; never throws. A pattern without a path is refused: no workload has such an ID. */
export function parseSPIFFEIDPattern(text: string): { value: SPIFFEIDPattern } | { problem: string } {
  if (text.length > MAX_SPIFFE_ID_LENGTH) {
    return { problem: `the SPIFFE ID pattern is longer than ${MAX_SPIFFE_ID_LENGTH} bytes` };
  }
  const parts = text.split('/');
  if (parts[2]?.includes('*')) return { problem: '"*" is not allowed in the trust domain' };
  if (parts.some((part) => part !== '*' && part.includes('*'))) return { problem: '"*" must be a whole path segment' };
  // Any legal segment in place of the wildcard leaves everything else to the rules for IDs.
  const id = parseSPIFFEID(parts.map((part) => (part === '*' ? '_' : part)).join('/'));
  if ('problem' in id) return id;
  if (id.value.path === '') return { problem: 'the SPIFFE ID pattern has no path, so it matches no workload' };
  return { value: { trustDomain: id.value.trustDomain, segments: parts.slice(3) } };
}

/** Whether `pattern` covers every ID that `other` covers. */
export function coversPattern(pattern: SPIFFEIDPattern, other: SPIFFEIDPattern): boolean {
  return (
    comparable(pattern, other) && pattern.segments.every((part, at) => part === '*' || part === other.segments[at])
  );
}

/** Whether some ID is covered by both. */
export function overlapsPattern(a: SPIFFEIDPattern, b: SPIFFEIDPattern): boolean {
  return (
    comparable(a, b) &&
    a.segments.every((part, at) => part === '*' || b.segments[at] === '*' || part === b.segments[at])
  );
}

function comparable(a: SPIFFEIDPattern, b: SPIFFEIDPattern): boolean {
  return a.trustDomain === b.trustDomain && a.segments.length === b.segments.length;
}

/** The text of a pattern; the inverse of `parseSPIFFEIDPattern`. */
export function formatSPIFFEIDPattern({ trustDomain, segments }: SPIFFEIDPattern): string {
  return `spiffe://${trustDomain}/${segments.join('/')}`;
}
