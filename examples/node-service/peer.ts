// SPDX-License-Identifier: Apache-2.0
/**
 * Decides whether a peer may be talked to, once TLS has checked its certificate chain against ca.crt: TLS knows who
 * signed a certificate, not whose it is or whom we allow.
 * @module
 */
import type { X509Certificate } from 'node:crypto';

const SPIFFE_ID = /^spiffe:\/\/[a-z0-9._-]{1,255}(\/[a-zA-Z0-9._-]+)+$/;

export interface Verdict {
  /** Whose certificate it is, as far as it says so. */
  readonly id?: string;
  /** Why the peer is refused; absent: it is welcome. */
  readonly problem?: string;
}

/** Judges the certificate of a peer. `allowed` undefined: everybody of our own trust domain. */
export function judgePeer(
  certificate: X509Certificate | undefined,
  ownID: string,
  allowed: readonly string[] | undefined,
): Verdict {
  if (certificate === undefined) return { problem: 'the peer showed no certificate' };
  const identified = identify(certificate);
  if (identified.id === undefined || identified.problem !== undefined) return identified;
  const { id } = identified;
  if (trustDomainOf(id) !== trustDomainOf(ownID)) return { id, problem: `${id} is of another trust domain` };
  if (allowed === undefined || allowed.some((pattern) => matches(pattern, id))) return { id };
  return { id, problem: `${id} is not allowed` };
}

/** The SPIFFE ID of a workload's certificate: its only URI name (X509-SVID 2). */
export function identify(certificate: X509Certificate): Verdict {
  const names = certificate.subjectAltName ?? '';
  // Node quotes names with characters that could be mistaken for its separators. Ours have none.
  if (names.includes('"')) return { problem: 'the certificate has a name with unusual characters' };
  const uris = names.split(', ').filter((name) => name.startsWith('URI:'));
  const id = uris[0]?.slice('URI:'.length);
  if (id === undefined || uris.length > 1) return { problem: `the certificate has ${uris.length} URI names, not one` };
  if (!SPIFFE_ID.test(id)) return { problem: 'the URI name of the certificate is not the SPIFFE ID of a workload' };
  return certificate.ca ? { id, problem: 'the certificate is one of an authority' } : { id };
}

/** `*` stands for exactly one whole path segment. */
function matches(pattern: string, id: string): boolean {
  const patternSegments = pattern.split('/');
  const segments = id.split('/');
  return (
    trustDomainOf(pattern) === trustDomainOf(id) &&
    patternSegments.length === segments.length &&
    patternSegments.every((segment, index) => segment === '*' || segment === segments[index])
  );
}

function trustDomainOf(id: string): string {
  return id.split('/')[2] ?? '';
}
