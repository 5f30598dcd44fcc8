// SPDX-License-Identifier: Apache-2.0
/**
 * Certificates that nobody of ours would issue: the usual leaf or authority with any part replaced or left out, properly
 * signed, for everything that judges certificates.
 * @module
 */
import { type SignatureAlgorithm, signatureAlgorithmOf, signatureIdentifier } from '../../src/pki/algorithms.ts';
import { type Certificate, parseCertificate } from '../../src/pki/certificate.ts';
import {
  ascii,
  bitString,
  contextConstructed,
  contextPrimitive,
  element,
  objectIdentifier,
  octetString,
  sequence,
  TRUE,
  time,
  unsignedInteger,
} from '../../src/pki/der.ts';
import { subjectKeyID } from '../../src/pki/key-pair.ts';
import { emptyName } from '../../src/pki/names.ts';
import { randomSerialNumber } from '../../src/pki/serial.ts';
import type { Signer } from '../../src/pki/signer.ts';
import { HOUR, type Instant, MINUTE } from '../../src/time.ts';
import { NOW } from './test-authority.ts';

/** Who signs: a certificate that can be issued by, and its signer. */
export interface CraftIssuer {
  readonly certificate: Pick<Certificate, 'subject' | 'publicKey'>;
  readonly signer: Signer;
}

export interface Craft {
  readonly publicKey: Uint8Array;
  readonly subject?: Uint8Array;
  /** Name DER in place of the issuer's own subject. */
  readonly issuerName?: Uint8Array;
  readonly notBefore?: Instant;
  readonly notAfter?: Instant;
  /** Whole INTEGER DER. */
  readonly serialNumber?: Uint8Array;
  /** Extensions by name; undefined leaves one out, a new name adds one. */
  readonly extensions?: Readonly<Record<string, Uint8Array | undefined>>;
  readonly version?: number;
  /** AlgorithmIdentifier DER inside the TBSCertificate, in place of the right one. */
  readonly innerAlgorithm?: Uint8Array;
  /** Named as the signature algorithm, inside and outside, whatever the signer does. */
  readonly claims?: SignatureAlgorithm;
  /** Changes the finished signature value. */
  readonly tamper?: (signature: Uint8Array) => Uint8Array;
}

export function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(oid), ...(critical ? [TRUE] : []), octetString(value));
}

export function uri(text: string): Uint8Array {
  return element(contextPrimitive(6), ascii(text));
}

export function dns(text: string): Uint8Array {
  return element(contextPrimitive(2), ascii(text));
}

export function subjectAltName(critical: boolean, ...names: readonly Uint8Array[]): Uint8Array {
  return extension('2.5.29.17', critical, sequence(...names));
}

/** A key usage from its bits: the number of unused bits, then the octets. */
export function keyUsage(critical: boolean, ...bits: readonly number[]): Uint8Array {
  return extension('2.5.29.15', critical, element(0x03, Uint8Array.from(bits)));
}

export function extendedKeyUsage(...oids: readonly string[]): Uint8Array {
  return extension('2.5.29.37', false, sequence(...oids.map(objectIdentifier)));
}

export function basicConstraints(critical: boolean, ...parts: readonly Uint8Array[]): Uint8Array {
  return extension('2.5.29.19', critical, sequence(...parts));
}

export function pathLength(value: number): Uint8Array {
  return unsignedInteger(Uint8Array.of(value));
}

export function authorityKeyID(...parts: readonly Uint8Array[]): Uint8Array {
  return extension('2.5.29.35', false, sequence(...parts));
}

export function keyIdentifier(keyID: Uint8Array): Uint8Array {
  return element(contextPrimitive(0), keyID);
}

/** Subtrees are GeneralNames. */
export function nameConstraints(
  critical: boolean,
  permitted: readonly Uint8Array[],
  excluded: readonly Uint8Array[] = [],
): Uint8Array {
  const lists = [permitted, excluded].map((names, at) =>
    names.length === 0 ? [] : [element(contextConstructed(at), ...names.map((name) => sequence(name)))],
  );
  return extension('2.5.29.30', critical, sequence(...lists.flat()));
}

export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** A leaf of the profile, `spiffe://example.org/ns/shop/sa/checkout`, with the changes. */
export function craftLeaf(issuer: CraftIssuer, changes: Craft): Promise<Uint8Array> {
  return craft(issuer, changes, {
    keyUsage: keyUsage(true, 7, 0x80),
    extendedKeyUsage: extendedKeyUsage(SERVER_AUTH, CLIENT_AUTH),
    basicConstraints: basicConstraints(true),
    subjectKeyIdentifier: extension('2.5.29.14', false, octetString(subjectKeyID(changes.publicKey))),
    authorityKeyIdentifier: authorityKeyID(keyIdentifier(subjectKeyID(issuer.certificate.publicKey))),
    subjectAltName: subjectAltName(
      (changes.subject ?? emptyName()).length === 2,
      uri('spiffe://example.org/ns/shop/sa/checkout'),
    ),
  });
}

/** An authority of the profile in `spiffe://example.org`, without path length, with the changes. */
export function craftAuthority(issuer: CraftIssuer, changes: Craft): Promise<Uint8Array> {
  return craft(issuer, changes, {
    keyUsage: keyUsage(true, 1, 0x06),
    basicConstraints: basicConstraints(true, TRUE),
    subjectKeyIdentifier: extension('2.5.29.14', false, octetString(subjectKeyID(changes.publicKey))),
    authorityKeyIdentifier: authorityKeyID(keyIdentifier(subjectKeyID(issuer.certificate.publicKey))),
    subjectAltName: subjectAltName(false, uri('spiffe://example.org')),
  });
}

async function craft(
  { certificate, signer }: CraftIssuer,
  changes: Craft,
  usual: Readonly<Record<string, Uint8Array>>,
): Promise<Uint8Array> {
  const { notBefore = NOW - MINUTE, notAfter = NOW + HOUR, subject = emptyName(), version = 2 } = changes;
  const algorithm = signatureIdentifier(changes.claims ?? signatureAlgorithmOf(signer.algorithm));
  const extensions = Object.values({ ...usual, ...changes.extensions }).filter((value) => value !== undefined);
  const tbs = sequence(
    ...(version < 0 ? [] : [element(contextConstructed(0), unsignedInteger(Uint8Array.of(version)))]),
    changes.serialNumber ?? unsignedInteger(randomSerialNumber()),
    changes.innerAlgorithm ?? algorithm,
    changes.issuerName ?? certificate.subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    changes.publicKey,
    ...(extensions.length === 0 ? [] : [element(contextConstructed(3), sequence(...extensions))]),
  );
  const signature = await signer.sign(tbs);
  return sequence(tbs, algorithm, bitString(changes.tamper?.(signature) ?? signature));
}

export async function craftedLeaf(issuer: CraftIssuer, changes: Craft): Promise<Certificate> {
  return parseCertificate(await craftLeaf(issuer, changes));
}

export async function craftedAuthority(issuer: CraftIssuer, changes: Craft): Promise<Certificate> {
  return parseCertificate(await craftAuthority(issuer, changes));
}

/** For `tamper`. */
export function flipLastBit(signature: Uint8Array): Uint8Array {
  const changed = signature.slice();
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}
