// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the facts out of a Secret that somebody else wrote to: does its key match, does its chain lead to a published
 * anchor, what does its leaf say. Key bytes are zeroed before it returns.
 * @module
 */

import type { CertificateSubject, SecretFormatType } from '../../api/service-identity.ts';
import {
  ALLOWED_CLIENTS_KEY,
  ALLOWED_SERVERS_KEY,
  CA_CERT_KEY,
  COMBINED_PEM_KEY,
  TLS_CERT_KEY,
  TLS_PRIVATE_KEY_KEY,
} from '../../api/well-known.ts';
import { isSignetError } from '../../errors.ts';
import { filesDigest } from '../../identity/desired.ts';
import type { SecretContent, StoredSVID } from '../../identity/observed.ts';
import { type SecretWithData, wipe } from '../../kube/secret-data.ts';
import { type Certificate, fingerprint, hasEmptySubject, serialNumberHex } from '../../pki/certificate.ts';
import { readChain } from '../../pki/chain.ts';
import { authorityID, privateKeyMatches } from '../../pki/key-pair.ts';
import { commonName } from '../../pki/names.ts';
import { pathProblem } from '../../pki/path.ts';
import { parsePrivateKeyPEM } from '../../pki/pem.ts';
import { parseSPIFFEID } from '../../spiffe/id.ts';
import type { Instant } from '../../time.ts';

/** What of a Secret a look at it needs; the data decoded, in Buffers that are zeroed by whoever looks. */
export type FullSecret = Pick<SecretWithData, 'type' | 'immutable' | 'data'>;

export interface InspectionContext {
  readonly anchors: readonly Certificate[];
  readonly trustDomain: string;
  readonly formats: readonly SecretFormatType[];
  readonly now: Instant;
}

const MAX_TYPE_LENGTH = 128;

/** The facts; never throws for anything that can stand in a Secret. Its Buffers are zeroed. */
export function inspectSecret(secret: FullSecret, context: InspectionContext): SecretContent {
  const files = secret.data;
  try {
    const text = (key: string) => files.get(key)?.toString('utf8');
    const digest = filesDigest(text(CA_CERT_KEY), text(ALLOWED_CLIENTS_KEY), text(ALLOWED_SERVERS_KEY));
    const base = { type: typeOf(secret), immutable: secret.immutable === true, filesDigest: digest };
    const svid = readSVID(files, context);
    const formatsComplete = !context.formats.includes('CombinedPEM') || combinedAgrees(files);
    return 'problem' in svid ? { ...base, formatsComplete, problem: svid.problem } : { ...base, formatsComplete, svid };
  } finally {
    wipe(files);
  }
}

/** It stays in memory, and whoever makes a Secret chooses how long it is. */
function typeOf({ type = '' }: FullSecret): string {
  return type.length <= MAX_TYPE_LENGTH ? type : `with more than ${MAX_TYPE_LENGTH} characters`;
}

function readSVID(files: ReadonlyMap<string, Buffer>, context: InspectionContext): StoredSVID | { problem: string } {
  const chainPEM = files.get(TLS_CERT_KEY);
  const keyPEM = files.get(TLS_PRIVATE_KEY_KEY);
  if (chainPEM === undefined || keyPEM === undefined)
    return { problem: `${TLS_CERT_KEY} or ${TLS_PRIVATE_KEY_KEY} is missing` };
  try {
    const chain = readChain(TLS_CERT_KEY, chainPEM);
    const [leaf, issuer] = chain;
    if (leaf === undefined || issuer === undefined)
      return { problem: `${TLS_CERT_KEY} does not hold a leaf and its issuer` };
    const key = parsePrivateKeyPEM(keyPEM);
    const matches = privateKeyMatches(key, leaf.publicKey);
    key.fill(0);
    if (!matches) return { problem: `${TLS_PRIVATE_KEY_KEY} is not the key of the leaf in ${TLS_CERT_KEY}` };
    // An SVID that has merely expired is due for renewal, not damaged: judge it within its own time.
    const now = Math.min(Math.max(context.now, leaf.notBefore), leaf.notAfter);
    const problem = pathProblem({ chain, anchors: context.anchors, trustDomain: context.trustDomain, now });
    return problem === undefined ? facts(leaf, issuer) : { problem: `the stored chain is not valid: ${problem}` };
  } catch (error) {
    if (isSignetError(error, 'ERR_PEM', 'ERR_DER'))
      return { problem: `the stored files cannot be read: ${error.message}` };
    throw error;
  }
}

function facts(leaf: Certificate, issuer: Certificate): StoredSVID | { problem: string } {
  const [spiffeID = ''] = leaf.uris;
  const subject = subjectOf(leaf, spiffeID);
  if (subject === undefined) return { problem: 'the subject of the leaf is not one that Signet writes' };
  return {
    spiffeID,
    dnsNames: leaf.dnsNames,
    subject,
    algorithm: leaf.publicKeyAlgorithm,
    serialNumber: serialNumberHex(leaf),
    fingerprint: fingerprint(leaf.der),
    authorityID: authorityID(issuer.publicKey),
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
  };
}

function subjectOf(leaf: Certificate, spiffeID: string): CertificateSubject | undefined {
  if (hasEmptySubject(leaf)) return 'Empty';
  const id = parseSPIFFEID(spiffeID);
  if ('problem' in id) return undefined;
  return Buffer.compare(leaf.subject, commonName(id.value.path.slice(1))) === 0 ? 'SPIFFEPath' : undefined;
}

function combinedAgrees(files: ReadonlyMap<string, Buffer>): boolean {
  const parts = [files.get(TLS_PRIVATE_KEY_KEY), files.get(TLS_CERT_KEY)].filter((part) => part !== undefined);
  const expected = Buffer.concat(parts);
  const agrees = files.get(COMBINED_PEM_KEY)?.equals(expected) === true;
  expected.fill(0);
  return agrees;
}
