// SPDX-License-Identifier: Apache-2.0
/**
 * An authority that somebody else made, as the issuer that minting works with.
 * @module
 */

import type { ImportedAuthority } from '../../src/pki/imported-authority.ts';
import { authorityID } from '../../src/pki/key-pair.ts';
import type { Issuer } from '../../src/pki/mint.ts';
import type { TrustDomainName } from '../../src/spiffe/trust-domain.ts';

export function importedIssuer(authority: ImportedAuthority, trustDomain: TrustDomainName): Issuer {
  const { issuer, chain, root, signer, notAfter } = authority;
  const id = authorityID(issuer.publicKey);
  return { id, certificate: issuer, signer, chain, anchors: [root], trustDomain, notAfter };
}
