// SPDX-License-Identifier: Apache-2.0
/**
 * The ASN.1 of PKCS#12 files (RFC 7292), written through node-forge's ASN.1 layer. It works on strings, which cannot be
 * zeroed: only what is public or already encrypted comes here.
 * @module
 */
import forge from 'node-forge';
import { PKCS12_ITERATIONS, PKCS12_KEY_LENGTH, PKCS12_OID } from './pkcs12-profile.ts';

const { asn1 } = forge;
const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class;
const { INTEGER, OCTETSTRING, NULL, OID, SEQUENCE, SET, BMPSTRING } = asn1.Type;

type Node = forge.asn1.Asn1;

/** What decrypts a piece of the file, apart from the password. */
export interface Encryption {
  readonly salt: Uint8Array;
  readonly iv: Uint8Array;
}

export interface BagAttributes {
  /** Shown as the alias of the entry. */
  readonly friendlyName?: string;
  /** Ties a key to its certificate. */
  readonly localKeyID?: Uint8Array;
  /** An anchor in the eyes of Java. */
  readonly trusted?: true;
}

export interface CertificateBag {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly attributes: BagAttributes;
}

/** SafeContents with certificates. */
export function certificateBags(bags: readonly CertificateBag[]): Buffer {
  return encoded(
    sequence(
      ...bags.map(({ certificate, attributes }) => {
        const bag = sequence(oid(PKCS12_OID.x509Certificate), explicit(octets(certificate)));
        return safeBag(PKCS12_OID.certBag, bag, attributes);
      }),
    ),
  );
}

/** SafeContents with one encrypted PKCS#8 key. */
export function keyBag(encryptedKey: Uint8Array, encryption: Encryption, attributes: BagAttributes): Buffer {
  const info = sequence(pbes2(encryption), octets(encryptedKey));
  return encoded(sequence(safeBag(PKCS12_OID.shroudedKeyBag, info, attributes)));
}

/** ContentInfo of SafeContents as they are. */
export function plainContent(safeContents: Uint8Array): Buffer {
  return encoded(sequence(oid(PKCS12_OID.data), explicit(octets(safeContents))));
}

/** ContentInfo of encrypted SafeContents. */
export function encryptedContent(ciphertext: Uint8Array, encryption: Encryption): Buffer {
  const content = asn1.create(CONTEXT_SPECIFIC, 0, false, binary(ciphertext));
  const info = sequence(oid(PKCS12_OID.data), pbes2(encryption), content);
  return encoded(sequence(oid(PKCS12_OID.encryptedData), explicit(sequence(integer(0), info))));
}

/** AuthenticatedSafe: what the MAC is made over. */
export function authenticatedSafe(contents: readonly Uint8Array[]): Buffer {
  const nodes = contents.map((der) => asn1.fromDer(binary(der)));
  return encoded(sequence(...nodes));
}

/** The whole file. */
export function pfx(safe: Uint8Array, mac: { readonly digest: Uint8Array; readonly salt: Uint8Array }): Buffer {
  const algorithm = sequence(oid(PKCS12_OID.sha256), nothing());
  const macData = sequence(sequence(algorithm, octets(mac.digest)), octets(mac.salt), integer(PKCS12_ITERATIONS));
  return encoded(sequence(integer(3), sequence(oid(PKCS12_OID.data), explicit(octets(safe))), macData));
}

function safeBag(id: string, value: Node, { friendlyName, localKeyID, trusted }: BagAttributes): Node {
  const attributes: Node[] = [];
  if (friendlyName !== undefined) attributes.push(attribute(PKCS12_OID.friendlyName, bmpString(friendlyName)));
  if (localKeyID !== undefined) attributes.push(attribute(PKCS12_OID.localKeyID, octets(localKeyID)));
  if (trusted) attributes.push(attribute(PKCS12_OID.trustedKeyUsage, oid(PKCS12_OID.anyExtendedKeyUsage)));
  const tail = attributes.length === 0 ? [] : [set(...attributes)];
  return sequence(oid(id), explicit(value), ...tail);
}

function attribute(id: string, value: Node): Node {
  return sequence(oid(id), set(value));
}

function pbes2({ salt, iv }: Encryption): Node {
  const prf = sequence(oid(PKCS12_OID.hmacWithSHA256), nothing());
  const rounds = sequence(octets(salt), integer(PKCS12_ITERATIONS), integer(PKCS12_KEY_LENGTH), prf);
  const derivation = sequence(oid(PKCS12_OID.pbkdf2), rounds);
  return sequence(oid(PKCS12_OID.pbes2), sequence(derivation, sequence(oid(PKCS12_OID.aes256CBC), octets(iv))));
}

function sequence(...parts: Node[]): Node {
  return asn1.create(UNIVERSAL, SEQUENCE, true, parts);
}

function set(...parts: Node[]): Node {
  return asn1.create(UNIVERSAL, SET, true, parts);
}

function explicit(part: Node): Node {
  return asn1.create(CONTEXT_SPECIFIC, 0, true, [part]);
}

function oid(dotted: string): Node {
  return asn1.create(UNIVERSAL, OID, false, asn1.oidToDer(dotted).getBytes());
}

function integer(value: number): Node {
  return asn1.create(UNIVERSAL, INTEGER, false, asn1.integerToDer(value).getBytes());
}

function octets(bytes: Uint8Array): Node {
  return asn1.create(UNIVERSAL, OCTETSTRING, false, binary(bytes));
}

function nothing(): Node {
  return asn1.create(UNIVERSAL, NULL, false, '');
}

/** node-forge makes two octets of each code unit by itself. */
function bmpString(text: string): Node {
  return asn1.create(UNIVERSAL, BMPSTRING, false, text);
}

function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function encoded(node: Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
}
