// SPDX-License-Identifier: Apache-2.0
/**
 * The shapes of certificate Signet issues, written straight as DER: the leaf and the authority profile of the design, and
 * the pair its own webhook is served with. It fills in and never judges; the path check does that on the finished certificate.
 * @module
 */
import type { Instant } from '../time.ts';
import { type AuthorityKeyAlgorithm, signatureAlgorithmOf, signatureIdentifier } from './algorithms.ts';
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
} from './der.ts';
import { subjectKeyID } from './key-pair.ts';

interface BaseTemplate {
  /** Big-endian octets. */
  readonly serialNumber: Uint8Array;
  /** Name DER, copied byte for byte. */
  readonly issuer: Uint8Array;
  readonly issuerKeyID: Uint8Array;
  /** The issuer's key algorithm; it decides how the certificate is signed. */
  readonly signatureAlgorithm: AuthorityKeyAlgorithm;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Name DER. */
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo DER. */
  readonly publicKey: Uint8Array;
}

interface CommonTemplate extends BaseTemplate {
  readonly spiffeID: string;
}

export interface LeafTemplate extends CommonTemplate {
  readonly dnsNames: readonly string[];
}

export interface AuthorityTemplate extends CommonTemplate {
  /** 0 to 127. */
  readonly pathLength: number | undefined;
  readonly subjectKeyID: Uint8Array;
}

/** A certificate for a TLS server by its DNS names; no SVID. */
export interface ServingTemplate extends BaseTemplate {
  readonly dnsNames: readonly string[];
}

/** What signs serving certificates and nothing else; of no trust domain. */
export interface ServingAuthorityTemplate extends BaseTemplate {
  readonly subjectKeyID: Uint8Array;
}

const VERSION_3 = element(contextConstructed(0), unsignedInteger(Uint8Array.of(2)));

const KEY_USAGE = '2.5.29.15';
const LEAF_KEY_USAGE = extension(KEY_USAGE, true, element(0x03, Uint8Array.of(7, 0x80)));
const AUTHORITY_KEY_USAGE = extension(KEY_USAGE, true, element(0x03, Uint8Array.of(1, 0x06)));
const LEAF_BASIC_CONSTRAINTS = extension('2.5.29.19', true, sequence());
const SERVER_AUTH = objectIdentifier('1.3.6.1.5.5.7.3.1');
const LEAF_EXTENDED_KEY_USAGE = extension(
  '2.5.29.37',
  false,
  sequence(SERVER_AUTH, objectIdentifier('1.3.6.1.5.5.7.3.2')),
);
const SERVING_EXTENDED_KEY_USAGE = extension('2.5.29.37', false, sequence(SERVER_AUTH));
const SUBJECT_KEY_ID = objectIdentifier('2.5.29.14');
const AUTHORITY_KEY_ID = objectIdentifier('2.5.29.35');
const SUBJECT_ALT_NAME = objectIdentifier('2.5.29.17');

/** TBSCertificate DER of an X.509-SVID. */
export function leafTBS(template: LeafTemplate): Uint8Array {
  return endEntityTBS(template, LEAF_EXTENDED_KEY_USAGE);
}

/** TBSCertificate DER of a root, an intermediate or a cross-certificate. */
export function authorityTBS(template: AuthorityTemplate): Uint8Array {
  const pathLength = template.pathLength === undefined ? [] : [unsignedInteger(Uint8Array.of(template.pathLength))];
  return tbs(template, [
    AUTHORITY_KEY_USAGE,
    extension('2.5.29.19', true, sequence(TRUE, ...pathLength)),
    subjectKeyIdentifier(template.subjectKeyID),
    authorityKeyIdentifier(template.issuerKeyID),
    subjectAltName(template, []),
  ]);
}

/** TBSCertificate DER of a serving certificate. */
export function servingTBS(template: ServingTemplate): Uint8Array {
  return endEntityTBS(template, SERVING_EXTENDED_KEY_USAGE);
}

/** What signs nothing: an SVID and a serving certificate differ in their purposes alone. */
function endEntityTBS(template: LeafTemplate | ServingTemplate, extendedKeyUsage: Uint8Array): Uint8Array {
  return tbs(template, [
    LEAF_KEY_USAGE,
    extendedKeyUsage,
    LEAF_BASIC_CONSTRAINTS,
    subjectKeyIdentifier(subjectKeyID(template.publicKey)),
    authorityKeyIdentifier(template.issuerKeyID),
    subjectAltName(template, template.dnsNames),
  ]);
}

/** TBSCertificate DER of what signs a serving certificate: path length 0. */
export function servingAuthorityTBS(template: ServingAuthorityTemplate): Uint8Array {
  return tbs(template, [
    AUTHORITY_KEY_USAGE,
    extension('2.5.29.19', true, sequence(TRUE, unsignedInteger(Uint8Array.of(0)))),
    subjectKeyIdentifier(template.subjectKeyID),
    authorityKeyIdentifier(template.issuerKeyID),
  ]);
}

/** The finished certificate. `algorithm` is the issuer's key algorithm, as in the template. */
export function certificateDER(tbs: Uint8Array, algorithm: AuthorityKeyAlgorithm, signature: Uint8Array): Uint8Array {
  return sequence(tbs, signatureIdentifier(signatureAlgorithmOf(algorithm)), bitString(signature));
}

function tbs(template: BaseTemplate, extensions: readonly Uint8Array[]): Uint8Array {
  return sequence(
    VERSION_3,
    unsignedInteger(template.serialNumber),
    signatureIdentifier(signatureAlgorithmOf(template.signatureAlgorithm)),
    template.issuer,
    sequence(time(template.notBefore), time(template.notAfter)),
    template.subject,
    template.publicKey,
    element(contextConstructed(3), sequence(...extensions)),
  );
}

function subjectKeyIdentifier(keyID: Uint8Array): Uint8Array {
  return sequence(SUBJECT_KEY_ID, octetString(octetString(keyID)));
}

/** keyIdentifier only: with issuer and serial a cross-certificate would no longer fit. */
function authorityKeyIdentifier(keyID: Uint8Array): Uint8Array {
  return sequence(AUTHORITY_KEY_ID, octetString(sequence(element(contextPrimitive(0), keyID))));
}

/** Critical when, and only when, the subject is empty (RFC 5280 4.1.2.6). */
function subjectAltName(
  { subject, spiffeID }: Pick<BaseTemplate, 'subject'> & { readonly spiffeID?: string },
  dnsNames: readonly string[],
): Uint8Array {
  const names = sequence(
    ...(spiffeID === undefined ? [] : [element(contextPrimitive(6), ascii(spiffeID))]),
    ...dnsNames.map((name) => element(contextPrimitive(2), ascii(name))),
  );
  const emptySubject = subject.length === 2;
  return sequence(SUBJECT_ALT_NAME, ...(emptySubject ? [TRUE] : []), octetString(names));
}

function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(oid), ...(critical ? [TRUE] : []), octetString(value));
}
