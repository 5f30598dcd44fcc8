// SPDX-License-Identifier: Apache-2.0
/**
 * An X.509 version 3 certificate taken apart into facts (RFC 5280 4.1). Reading judges the form only; what a fact
 * means for trust is the path check's business.
 * @module
 */
import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { KeyAlgorithm } from '../spiffe/svid.ts';
import type { Instant } from '../time.ts';
import { type AuthorityKeyAlgorithm, type SignatureAlgorithm, signatureAlgorithmNamed } from './algorithms.ts';
import { type CertificateExtensions, readExtensions } from './certificate-extensions.ts';
import { contextConstructed, TAG } from './der.ts';
import {
  asciiText,
  atEnd,
  type Cursor,
  content,
  cursorOver,
  derError,
  dottedOID,
  enter,
  expectEnd,
  integer,
  nextTag,
  smallInteger,
  time,
  whole,
  wholeBits,
} from './der-reader.ts';
import { authorityKeyAlgorithm } from './public-key.ts';

/** All octets are views of `der`; nobody writes to them. */
export interface Certificate extends CertificateExtensions {
  readonly der: Uint8Array;
  /** TBSCertificate DER: what is signed. */
  readonly tbs: Uint8Array;
  /** Content octets of the INTEGER. */
  readonly serialNumber: Uint8Array;
  /** Name DER. */
  readonly issuer: Uint8Array;
  /** Name DER. */
  readonly subject: Uint8Array;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** SubjectPublicKeyInfo DER. */
  readonly publicKey: Uint8Array;
  /** Undefined for a key that we do not make. */
  readonly publicKeyAlgorithm: KeyAlgorithm | undefined;
  /** Undefined for a key whose signatures we do not check. */
  readonly authorityKeyAlgorithm: AuthorityKeyAlgorithm | undefined;
  /** Undefined for a signature we do not speak. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
}

const MAX_SIZE = 64 * 1024;

/** Reads one DER certificate, whole and strict. Throws ERR_DER, and never anything else, for whatever else it is given. */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_SIZE) throw derError(`a certificate is larger than ${MAX_SIZE} bytes`);
  // A copy: the caller's bytes may change after they were judged.
  const copy = new Uint8Array(der);
  const outer = cursorOver(copy);
  const parts = enter(outer, TAG.SEQUENCE);
  expectEnd(outer);
  const tbs = whole(parts, TAG.SEQUENCE);
  const identifier = whole(parts, TAG.SEQUENCE);
  const signature = wholeBits(parts);
  expectEnd(parts);
  const body = cursorOver(tbs);
  return { der: copy, tbs, signature, ...readBody(enter(body, TAG.SEQUENCE), identifier) };
}

function readBody(
  body: Cursor,
  identifier: Uint8Array,
): CertificateExtensions & Omit<Certificate, 'der' | 'tbs' | 'signature'> {
  const version = enter(body, contextConstructed(0));
  if (smallInteger(version) !== 2) throw derError('a certificate is not X.509 version 3');
  expectEnd(version);
  const serialNumber = integer(body);
  const innerIdentifier = whole(body, TAG.SEQUENCE);
  if (Buffer.compare(innerIdentifier, identifier) !== 0) throw derError('the two signature algorithms differ');
  const issuer = name(body);
  const validity = enter(body, TAG.SEQUENCE);
  const notBefore = time(validity);
  const notAfter = time(validity);
  expectEnd(validity);
  const subject = name(body);
  const publicKey = whole(body, TAG.SEQUENCE);
  const algorithm = authorityKeyAlgorithm(publicKey);
  const wrapper = enter(body, contextConstructed(3));
  const extensions = readExtensions(enter(wrapper, TAG.SEQUENCE));
  expectEnd(wrapper);
  expectEnd(body);
  return {
    serialNumber,
    issuer,
    subject,
    notBefore,
    notAfter,
    publicKey,
    publicKeyAlgorithm: algorithm === 'RSA' ? undefined : algorithm,
    authorityKeyAlgorithm: algorithm,
    signatureAlgorithm: signatureAlgorithmNamed(identifier),
    ...extensions,
  };
}

/** A Name that is well-formed down to its text, which nobody decodes: names are compared as bytes. */
function name(body: Cursor): Uint8Array {
  const der = whole(body, TAG.SEQUENCE);
  const relativeNames = enter(cursorOver(der), TAG.SEQUENCE);
  while (!atEnd(relativeNames)) {
    const attributes = enter(relativeNames, TAG.SET);
    do {
      const attribute = enter(attributes, TAG.SEQUENCE);
      dottedOID(attribute);
      expectText(attribute);
      expectEnd(attribute);
    } while (!atEnd(attributes));
  }
  return der;
}

const PRINTABLE_STRING = 0x13;
const IA5_STRING = 0x16;

/** Text of the kinds that new certificates use (RFC 5280 4.1.2.4); OpenSSL refuses names that are none, too. */
function expectText(attribute: Cursor): void {
  const tag = nextTag(attribute);
  if (tag === TAG.UTF8_STRING) {
    if (!isUtf8(content(attribute, tag))) throw derError('a name is not UTF-8');
  } else {
    asciiText(content(attribute, tag === IA5_STRING ? IA5_STRING : PRINTABLE_STRING));
  }
}

/** Lowercase hexadecimal SHA-256 of a certificate's DER. */
export function fingerprint(der: Uint8Array): string {
  return hash('sha256', der, 'hex');
}

/** The serial number in lowercase hexadecimal, two digits an octet. */
export function serialNumberHex(certificate: Certificate): string {
  return Buffer.from(certificate.serialNumber).toString('hex');
}

/** Whether subject and issuer are the same name. */
export function isSelfIssued(certificate: Certificate): boolean {
  return Buffer.compare(certificate.subject, certificate.issuer) === 0;
}

/** Whether the subject is the empty name. */
export function hasEmptySubject(certificate: Certificate): boolean {
  return certificate.subject.length === 2;
}
