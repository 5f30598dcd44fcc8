// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the extensions of a certificate into facts (RFC 5280 4.2). It refuses what is malformed or stands twice; whether
 * an extension belongs there is the path check's question.
 * @module
 */

import { contextConstructed, contextPrimitive, TAG } from './der.ts';
import {
  asciiText,
  atEnd,
  type Cursor,
  content,
  cursorOver,
  derError,
  dottedOID,
  enter,
  enterAny,
  expectEnd,
  namedBits,
  nextTag,
  optionalTrue,
  smallInteger,
} from './der-reader.ts';
import { type NameConstraints, readNameConstraints } from './name-constraints.ts';

/** In the order of their bits. */
const KEY_USAGES = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

type KeyUsage = (typeof KEY_USAGES)[number];

type ExtensionName =
  | 'basicConstraints'
  | 'keyUsage'
  | 'extendedKeyUsage'
  | 'subjectAltName'
  | 'subjectKeyIdentifier'
  | 'authorityKeyIdentifier'
  | 'nameConstraints';

export interface CertificateExtensions {
  /** basicConstraints cA; false as well without the extension. */
  readonly ca: boolean;
  readonly pathLength: number | undefined;
  readonly keyUsage: readonly KeyUsage[] | undefined;
  /** `serverAuth`, `clientAuth`, or the dotted form of any other purpose. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** URI and DNS subject alternative names, in their order. */
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  /** Whether there are subject alternative names of other kinds. */
  readonly otherNames: boolean;
  readonly subjectKeyID: Uint8Array | undefined;
  /** The keyIdentifier of the authority key identifier. */
  readonly authorityKeyID: Uint8Array | undefined;
  /** Whether the authority key identifier carries issuer and serial besides, or instead. */
  readonly authorityKeyIDHasIssuer: boolean;
  readonly nameConstraints: NameConstraints | undefined;
  /** The known extensions that are marked critical. */
  readonly critical: ReadonlySet<ExtensionName>;
  /** The critical extensions we do not know, in dotted form. */
  readonly unknownCritical: readonly string[];
  /** The other extensions we do not know, in dotted form. */
  readonly unknown: readonly string[];
}

type Facts = { -readonly [K in keyof CertificateExtensions]: CertificateExtensions[K] };
type Read = (value: Cursor, facts: Facts) => void;

const EXTENSIONS = new Map<string, { readonly name: ExtensionName; readonly read: Read }>([
  ['2.5.29.14', { name: 'subjectKeyIdentifier', read: readSubjectKeyIdentifier }],
  ['2.5.29.15', { name: 'keyUsage', read: readKeyUsage }],
  ['2.5.29.17', { name: 'subjectAltName', read: readSubjectAltName }],
  ['2.5.29.19', { name: 'basicConstraints', read: readBasicConstraints }],
  ['2.5.29.30', { name: 'nameConstraints', read: readConstraints }],
  ['2.5.29.35', { name: 'authorityKeyIdentifier', read: readAuthorityKeyIdentifier }],
  ['2.5.29.37', { name: 'extendedKeyUsage', read: readExtendedKeyUsage }],
]);

const PURPOSES = new Map([
  ['1.3.6.1.5.5.7.3.1', 'serverAuth'],
  ['1.3.6.1.5.5.7.3.2', 'clientAuth'],
]);

/** Reads an `Extensions` SEQUENCE. Throws ERR_DER. */
export function readExtensions(extensions: Cursor): CertificateExtensions {
  const critical = new Set<ExtensionName>();
  const unknownCritical: string[] = [];
  const unknown: string[] = [];
  const facts: Facts = {
    ca: false,
    pathLength: undefined,
    keyUsage: undefined,
    extendedKeyUsage: undefined,
    uris: [],
    dnsNames: [],
    otherNames: false,
    subjectKeyID: undefined,
    authorityKeyID: undefined,
    authorityKeyIDHasIssuer: false,
    nameConstraints: undefined,
    critical,
    unknownCritical,
    unknown,
  };
  const seen = new Set<string>();
  for (const { oid, isCritical, value } of eachExtension(extensions)) {
    if (seen.has(oid)) throw derError(`the extension ${oid} is there twice`);
    seen.add(oid);
    const known = EXTENSIONS.get(oid);
    if (known === undefined) {
      (isCritical ? unknownCritical : unknown).push(oid);
      continue;
    }
    if (isCritical) critical.add(known.name);
    const cursor = cursorOver(value);
    known.read(cursor, facts);
    expectEnd(cursor);
  }
  return facts;
}

function* eachExtension(extensions: Cursor): Generator<{ oid: string; isCritical: boolean; value: Uint8Array }> {
  if (atEnd(extensions)) throw derError('the list of extensions is empty');
  while (!atEnd(extensions)) {
    const extension = enter(extensions, TAG.SEQUENCE);
    const oid = dottedOID(extension);
    const isCritical = optionalTrue(extension);
    const value = content(extension, TAG.OCTET_STRING);
    expectEnd(extension);
    yield { oid, isCritical, value };
  }
}

function readBasicConstraints(value: Cursor, facts: Facts): void {
  const constraints = enter(value, TAG.SEQUENCE);
  facts.ca = optionalTrue(constraints);
  if (!atEnd(constraints)) facts.pathLength = smallInteger(constraints);
  expectEnd(constraints);
}

function readKeyUsage(value: Cursor, facts: Facts): void {
  facts.keyUsage = namedBits(value).map((bit) => {
    const usage = KEY_USAGES[bit];
    if (usage === undefined) throw derError('a key usage bit has no meaning');
    return usage;
  });
}

function readExtendedKeyUsage(value: Cursor, facts: Facts): void {
  const list = enter(value, TAG.SEQUENCE);
  const purposes: string[] = [];
  do {
    const oid = dottedOID(list);
    purposes.push(PURPOSES.get(oid) ?? oid);
  } while (!atEnd(list));
  facts.extendedKeyUsage = purposes;
}

/** GeneralName alternatives other than dNSName [2] and URI [6] (RFC 5280 4.2.1.6). */
const OTHER_NAMES: ReadonlySet<number | undefined> = new Set([
  contextConstructed(0),
  contextPrimitive(1),
  contextConstructed(3),
  contextConstructed(4),
  contextConstructed(5),
  contextPrimitive(7),
  contextPrimitive(8),
]);

function readSubjectAltName(value: Cursor, facts: Facts): void {
  const names = enter(value, TAG.SEQUENCE);
  const uris: string[] = [];
  const dnsNames: string[] = [];
  do {
    const tag = nextTag(names);
    if (tag === contextPrimitive(6)) uris.push(asciiText(content(names, tag)));
    else if (tag === contextPrimitive(2)) dnsNames.push(asciiText(content(names, tag)));
    else if (OTHER_NAMES.has(tag)) {
      enterAny(names);
      facts.otherNames = true;
    } else throw derError('a subject alternative name is of no known kind');
  } while (!atEnd(names));
  facts.uris = uris;
  facts.dnsNames = dnsNames;
}

function readSubjectKeyIdentifier(value: Cursor, facts: Facts): void {
  facts.subjectKeyID = nonEmpty(content(value, TAG.OCTET_STRING));
}

function readAuthorityKeyIdentifier(value: Cursor, facts: Facts): void {
  const parts = enter(value, TAG.SEQUENCE);
  if (nextTag(parts) === contextPrimitive(0)) facts.authorityKeyID = nonEmpty(content(parts, contextPrimitive(0)));
  for (const tag of [contextConstructed(1), contextPrimitive(2)]) {
    if (nextTag(parts) !== tag) continue;
    enterAny(parts);
    facts.authorityKeyIDHasIssuer = true;
  }
  expectEnd(parts);
}

function nonEmpty(keyID: Uint8Array): Uint8Array {
  if (keyID.length === 0) throw derError('a key identifier is empty');
  return keyID;
}

function readConstraints(value: Cursor, facts: Facts): void {
  facts.nameConstraints = readNameConstraints(value);
}
