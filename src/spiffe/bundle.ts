// SPDX-License-Identifier: Apache-2.0
/**
 * The SPIFFE bundle document of a trust domain: its X.509 authorities as a JWK Set (SPIFFE Trust Domain and Bundle 4,
 * X509-SVID 6). The name of the trust domain is not in it; whoever publishes a document says whose it is.
 * @module
 */

/** A public key as members of a JSON Web Key (RFC 7518 6.2 and 6.3, RFC 8037 2), base64url without padding. */
export type PublicKeyJWK =
  | { readonly kty: 'EC'; readonly crv: string; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: string; readonly x: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string };

/** A self-signed root. */
export interface BundleAuthority {
  /** DER in padded base64, not base64url (RFC 7517 4.7). */
  readonly certificate: string;
  readonly publicKey: PublicKeyJWK;
}

export interface BundleContents {
  readonly authorities: readonly BundleAuthority[];
  /** Higher with every change of anything in the document; a whole number up to 2^53 - 1. */
  readonly sequence: number;
}

/**
 * Seconds after which whoever polls the document should look again (4.1.2). Fixed, because a change of it would have to
 * change the sequence as well; a fifth of the usual propagation margin, so that a new root is known long before it signs.
 */
export const REFRESH_HINT_SECONDS = 60;

/**
 * The document as text. The same authorities yield the same text in whatever order they come: entries are sorted by
 * certificate. Entries for X509-SVIDs have exactly one certificate and never a `kid` (X509-SVID 6.1).
 */
export function formatBundle({ authorities, sequence }: BundleContents): string {
  const sorted = authorities.toSorted((a, b) => (a.certificate < b.certificate ? -1 : 1));
  const keys = sorted.map(({ certificate, publicKey }) => entry(certificate, publicKey));
  const document = { keys, spiffe_sequence: sequence, spiffe_refresh_hint: REFRESH_HINT_SECONDS };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function entry(certificate: string, publicKey: PublicKeyJWK): object {
  const common = { use: 'x509-svid', x5c: [certificate] };
  switch (publicKey.kty) {
    case 'EC':
      return { kty: publicKey.kty, ...common, crv: publicKey.crv, x: publicKey.x, y: publicKey.y };
    case 'OKP':
      return { kty: publicKey.kty, ...common, crv: publicKey.crv, x: publicKey.x };
    case 'RSA':
      return { kty: publicKey.kty, ...common, n: publicKey.n, e: publicKey.e };
    default:
      return publicKey satisfies never;
  }
}
