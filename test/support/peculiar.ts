// SPDX-License-Identifier: Apache-2.0
/**
 * Writes the certificates of our templates a second time, by somebody else's code: @peculiar/x509.
 * @module
 */
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { AuthorityKeyAlgorithm } from '../../src/pki/algorithms.ts';
import type { AuthorityTemplate, LeafTemplate } from '../../src/pki/template.ts';

/** The certificate @peculiar/x509 makes of a leaf template, signed with the issuer's PKCS#8 key. */
export function peculiarLeaf(template: LeafTemplate, leafKeyID: Uint8Array, issuerKey: Buffer): Promise<Uint8Array> {
  return create(template, issuerKey, [
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth], false),
    new BasicConstraintsExtension(false, undefined, true),
    new SubjectKeyIdentifierExtension(hex(leafKeyID), false),
    new AuthorityKeyIdentifierExtension(hex(template.issuerKeyID), false),
    subjectAltName(template, template.dnsNames),
  ]);
}

/** The same for an authority template. */
export function peculiarAuthority(template: AuthorityTemplate, issuerKey: Buffer): Promise<Uint8Array> {
  return create(template, issuerKey, [
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    new BasicConstraintsExtension(true, template.pathLength, true),
    new SubjectKeyIdentifierExtension(hex(template.subjectKeyID), false),
    new AuthorityKeyIdentifierExtension(hex(template.issuerKeyID), false),
    subjectAltName(template, []),
  ]);
}

/** The Name DER @peculiar/x509 writes for these attributes, every value a UTF8String. */
export function peculiarName(...attributes: readonly (readonly [type: string, value: string])[]): Uint8Array {
  return new Uint8Array(
    new Name(attributes.map(([type, utf8String]) => ({ [type]: [{ utf8String }] }))).toArrayBuffer(),
  );
}

function subjectAltName(
  { spiffeID, subject }: LeafTemplate | AuthorityTemplate,
  dnsNames: readonly string[],
): Extension {
  const names = [
    { type: 'url' as const, value: spiffeID },
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
  ];
  return new SubjectAlternativeNameExtension(names, subject.length === 2);
}

async function create(
  template: LeafTemplate | AuthorityTemplate,
  issuerKey: Buffer,
  extensions: Extension[],
): Promise<Uint8Array> {
  const algorithm = WEB_ALGORITHMS[template.signatureAlgorithm];
  const certificate = await X509CertificateGenerator.create({
    serialNumber: hex(template.serialNumber),
    issuer: new Name(arrayBuffer(template.issuer)),
    subject: new Name(arrayBuffer(template.subject)),
    notBefore: new Date(template.notBefore),
    notAfter: new Date(template.notAfter),
    publicKey: arrayBuffer(template.publicKey),
    signingKey: await crypto.subtle.importKey('pkcs8', arrayBuffer(issuerKey), algorithm, false, ['sign']),
    signingAlgorithm: algorithm,
    extensions,
  });
  return new Uint8Array(certificate.rawData);
}

const WEB_ALGORITHMS: Readonly<Record<AuthorityKeyAlgorithm, { name: string; namedCurve: string; hash: string }>> = {
  'ECDSA-P256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'ECDSA-P384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  Ed25519: { name: 'Ed25519', namedCurve: 'Ed25519', hash: '' },
  'RSA-2048': { name: 'RSASSA-PKCS1-v1_5', namedCurve: '', hash: 'SHA-256' },
  'RSA-3072': { name: 'RSASSA-PKCS1-v1_5', namedCurve: '', hash: 'SHA-256' },
  RSA: { name: 'RSASSA-PKCS1-v1_5', namedCurve: '', hash: 'SHA-256' },
};

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
