// SPDX-License-Identifier: Apache-2.0
/**
 * Whether what is stored may be loaded at all. Whoever may edit the Secret or the ConfigMap chooses what is in it, and
 * some keys compute for seconds.
 * @module
 */
import { CA_CERT_KEY, TLS_CERT_KEY, TLS_PRIVATE_KEY_KEY } from '../api/well-known.ts';
import { isSignetError } from '../errors.ts';
import { readChain } from '../pki/chain.ts';
import { privateKeyMatches } from '../pki/key-pair.ts';
import { parsePrivateKeyPEM } from '../pki/pem.ts';
import type { Party } from './handshake.ts';

/** Of the roots of a trust domain, of which there are a few at a time. */
const MAX_BUNDLE_SIZE = 64 * 1024;

/** Why there is no handshake with this party; undefined: its key is of a kind of ours, and that of its leaf. */
export function partyProblem({ chainPEM, privateKeyPEM }: Party): string | undefined {
  try {
    const [leaf] = readChain(TLS_CERT_KEY, chainPEM);
    const key = parsePrivateKeyPEM(privateKeyPEM);
    try {
      if (leaf !== undefined && privateKeyMatches(key, leaf.publicKey)) return undefined;
    } finally {
      key.fill(0);
    }
    return `${TLS_PRIVATE_KEY_KEY} is not the key of the leaf in ${TLS_CERT_KEY}`;
  } catch (error) {
    if (isSignetError(error, 'ERR_PEM', 'ERR_DER'))
      return `${TLS_CERT_KEY} or ${TLS_PRIVATE_KEY_KEY} cannot be read: ${error.message}`;
    throw error;
  }
}

/** The same for the published anchors. */
export function bundleProblem(anchorsPEM: string): string | undefined {
  return anchorsPEM.length > MAX_BUNDLE_SIZE
    ? `${CA_CERT_KEY} in the published bundle is larger than ${MAX_BUNDLE_SIZE} characters`
    : undefined;
}
