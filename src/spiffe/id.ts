// SPDX-License-Identifier: Apache-2.0
/**
 * SPIFFE IDs: parsed strictly, formatted back to the same bytes. What the standard leaves open (case of scheme and
 * trust domain) is decided for lowercase only, so that two IDs are equal exactly when their texts are.
 * @module
 */
import { pathProblem, pathSegmentProblem } from './path.ts';
import { parseTrustDomainName, type TrustDomainName } from './trust-domain.ts';

export interface SPIFFEID {
  readonly trustDomain: TrustDomainName;
  /** `''` for the trust domain's own ID, else `/segment/segment`. */
  readonly path: string;
}

/** Longest SPIFFE ID in octets; every allowed character is one octet (SPIFFE-ID 2.3). */
export const MAX_SPIFFE_ID_LENGTH = 2048;

const SCHEME = 'spiffe://';

/** Parses a SPIFFE ID; never throws (SPIFFE-ID 2). The trust domain's own ID (no path) is accepted. */
export function parseSPIFFEID(text: string): { value: SPIFFEID } | { problem: string } {
  if (text.length > MAX_SPIFFE_ID_LENGTH) {
    return { problem: `the SPIFFE ID is longer than ${MAX_SPIFFE_ID_LENGTH} bytes` };
  }
  if (!text.startsWith(SCHEME)) return { problem: 'the SPIFFE ID does not start with "spiffe://"' };
  const slash = text.indexOf('/', SCHEME.length);
  const authority = slash === -1 ? text.slice(SCHEME.length) : text.slice(SCHEME.length, slash);
  const path = slash === -1 ? '' : text.slice(slash);
  const component = componentProblem(authority, path);
  if (component !== undefined) return { problem: component };
  const trustDomain = parseTrustDomainName(authority);
  if ('problem' in trustDomain) return trustDomain;
  const problem = pathProblem(path);
  if (problem !== undefined) return { problem };
  return { value: { trustDomain: trustDomain.value, path } };
}

/** Names the URI components a SPIFFE ID never has, where "contains a forbidden character" would say too little. */
function componentProblem(authority: string, path: string): string | undefined {
  const rest = authority + path;
  if (rest.includes('?')) return 'the SPIFFE ID has a query';
  if (rest.includes('#')) return 'the SPIFFE ID has a fragment';
  if (rest.includes('%')) return 'the SPIFFE ID is percent-encoded';
  if (authority.includes('@')) return 'the SPIFFE ID has user information';
  if (authority.includes(':')) return 'the SPIFFE ID has a port';
  return undefined;
}

/** The text of an ID; the inverse of `parseSPIFFEID`. */
export function formatSPIFFEID(id: SPIFFEID): string {
  return `${SCHEME}${id.trustDomain}${id.path}`;
}

/** `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`, a convention and no rule of SPIFFE; validated again after rendering. */
export function serviceAccountID(
  trustDomain: TrustDomainName,
  namespace: string,
  serviceAccount: string,
): { value: SPIFFEID } | { problem: string } {
  // Part by part as well: a slash in one of them would render into more segments than it stands for.
  const domain = parseTrustDomainName(trustDomain);
  if ('problem' in domain) return domain;
  const problem = pathSegmentProblem(namespace) ?? pathSegmentProblem(serviceAccount);
  if (problem !== undefined) return { problem };
  return parseSPIFFEID(formatSPIFFEID({ trustDomain, path: `/ns/${namespace}/sa/${serviceAccount}` }));
}
