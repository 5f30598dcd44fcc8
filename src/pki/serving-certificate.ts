// SPDX-License-Identifier: Apache-2.0
/**
 * Makes and reads the certificate the webhook is served with: one authority, one certificate under it, and the
 * authority's key is gone before anybody sees either.
 * @module
 */
import { isSignetError, SignetError } from '../errors.ts';
import type { Instant } from '../time.ts';
import { type Certificate, isSelfIssued, parseCertificate } from './certificate.ts';
import { authorityID, generateKeyPair, privateKeyMatches, subjectKeyID } from './key-pair.ts';
import { authorityName, emptyName } from './names.ts';
import { encodePEM, parseCertificatesPEM, parsePrivateKeyPEM } from './pem.ts';
import { outlivesProblem, validityProblem } from './profile.ts';
import { randomSerialNumber } from './serial.ts';
import { verifiedSignatures, verifySignature } from './signatures.ts';
import { privateKeySigner } from './signer.ts';
import { certificateDER, servingAuthorityTBS, servingTBS } from './template.ts';

export interface ServingRequest {
  /** At least one. */
  readonly dnsNames: readonly string[];
  /** Of both certificates; cut to whole seconds. */
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

/** PEM files. The holder zeroes the key. */
export interface ServingFiles {
  readonly authority: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** What a stored serving certificate says. */
export interface ServingFacts {
  /** Name of the authority that signed it, as `authorityID`. */
  readonly authorityID: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly dnsNames: readonly string[];
}

export interface ServingAuthorityFacts {
  readonly id: string;
  readonly notAfter: Instant;
  readonly certificate: Certificate;
}

/** A new authority with the one certificate it will ever sign. Throws ERR_AUTHORITY. */
export async function createServingFiles({ dnsNames, notBefore, notAfter }: ServingRequest): Promise<ServingFiles> {
  const [authorityKey, key] = await Promise.all([generateKeyPair('ECDSA-P256'), generateKeyPair('ECDSA-P256')]);
  try {
    const signer = privateKeySigner(authorityKey.privateKey);
    const issuer = authorityName('webhook', authorityID(signer.publicKey));
    const issuerKeyID = subjectKeyID(signer.publicKey);
    const common = { issuer, issuerKeyID, signatureAlgorithm: signer.algorithm, notBefore, notAfter };
    const finish = async (tbs: Uint8Array): Promise<Certificate> =>
      parseCertificate(certificateDER(tbs, signer.algorithm, await signer.sign(tbs)));
    const authority = await finish(
      servingAuthorityTBS({
        ...common,
        serialNumber: randomSerialNumber(),
        subject: issuer,
        subjectKeyID: issuerKeyID,
        publicKey: signer.publicKey,
      }),
    );
    const { publicKey } = key;
    const certificate = await finish(
      servingTBS({ ...common, serialNumber: randomSerialNumber(), subject: emptyName(), publicKey, dnsNames }),
    );
    const problem = pairProblem(certificate, authority);
    if (problem !== undefined) throw new SignetError('ERR_AUTHORITY', `a new serving certificate ${problem}`);
    return {
      authority: encodePEM('CERTIFICATE', authority.der),
      certificate: encodePEM('CERTIFICATE', certificate.der),
      key: encodePEM('PRIVATE KEY', key.privateKey),
    };
  } finally {
    authorityKey.privateKey.fill(0);
    key.privateKey.fill(0);
  }
}

/** The authorities in a PEM file, in their order, each once. */
export function readServingAuthorities(
  pem: Buffer,
): { readonly value: readonly ServingAuthorityFacts[] } | { readonly problem: string } {
  return reading(() => {
    const found = new Map<string, ServingAuthorityFacts>();
    for (const der of parseCertificatesPEM(pem)) {
      const certificate = parseCertificate(der);
      const sound =
        certificate.ca && isSelfIssued(certificate) && verifySignature(certificate, certificate, verifiedSignatures());
      if (!sound) return { problem: 'holds a certificate that is not a self-signed authority' };
      const id = authorityID(certificate.publicKey);
      found.set(id, { id, notAfter: certificate.notAfter, certificate });
    }
    return { value: [...found.values()] };
  });
}

/** What the two files say, where they belong together and one of the authorities has signed the certificate. */
export function readServingPair(
  certificatePEM: Buffer,
  keyPEM: Buffer,
  authorities: readonly ServingAuthorityFacts[],
): { readonly value: ServingFacts } | { readonly problem: string } {
  return reading(() => {
    const [der, ...more] = parseCertificatesPEM(certificatePEM);
    if (der === undefined || more.length > 0) return { problem: 'holds not exactly one certificate' };
    const certificate = parseCertificate(der);
    const authority = authorities.find((each) => pairProblem(certificate, each.certificate) === undefined);
    if (authority === undefined) return { problem: 'holds a certificate that none of its authorities has signed' };
    const key = parsePrivateKeyPEM(keyPEM);
    try {
      if (!privateKeyMatches(key, certificate.publicKey)) return { problem: 'holds a key of another certificate' };
    } finally {
      key.fill(0);
    }
    const { notBefore, notAfter, dnsNames } = certificate;
    return { value: { authorityID: authority.id, notBefore, notAfter, dnsNames } };
  });
}

/** What keeps the certificate from being one that the authority vouches for, at any time of its life. */
function pairProblem(certificate: Certificate, authority: Certificate): string | undefined {
  if (certificate.ca) return 'is an authority';
  if (certificate.extendedKeyUsage?.includes('serverAuth') !== true) return 'is not for servers';
  if (Buffer.compare(certificate.issuer, authority.subject) !== 0) return 'is of another issuer';
  if (!verifySignature(certificate, authority, verifiedSignatures())) return 'is not signed by its issuer';
  return validityProblem(certificate, certificate.notBefore) ?? outlivesProblem(certificate, authority);
}

function reading<T>(read: () => T): T | { readonly problem: string } {
  try {
    return read();
  } catch (error) {
    if (isSignetError(error, 'ERR_PEM', 'ERR_DER')) return { problem: `cannot be read: ${error.message}` };
    throw error;
  }
}
