// SPDX-License-Identifier: Apache-2.0
/**
 * X.509 extensions as a test wants them, right or wrong: any criticality, any value.
 * @module
 */
import {
  ascii,
  contextConstructed,
  contextPrimitive,
  element,
  objectIdentifier,
  octetString,
  sequence,
  TRUE,
  unsignedInteger,
} from '../../../src/pki/der.ts';

export const OID = {
  subjectKeyID: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyID: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  anyPurpose: '2.5.29.37.0',
  unknown: '1.3.6.1.4.1.99999.1',
} as const;

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** What stands in the OCTET STRING. */
  readonly value: Uint8Array;
}

export function extensionDER({ oid, critical, value }: Extension): Uint8Array {
  return sequence(objectIdentifier(oid), ...(critical ? [TRUE] : []), octetString(value));
}

export function basicConstraints(ca: boolean, pathLength?: number, critical = true): Extension {
  const parts = [
    ...(ca ? [TRUE] : []),
    ...(pathLength === undefined ? [] : [unsignedInteger(Uint8Array.of(pathLength))]),
  ];
  return { oid: OID.basicConstraints, critical, value: sequence(...parts) };
}

const KEY_USAGE_BITS = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const;
export type KeyUsageName = keyof typeof KEY_USAGE_BITS;

export function keyUsage(usages: readonly KeyUsageName[], critical = true): Extension {
  const octet = usages.reduce((bits, usage) => bits | (0x80 >> KEY_USAGE_BITS[usage]), 0);
  const unused = octet === 0 ? 0 : Math.log2(octet & -octet);
  return { oid: OID.keyUsage, critical, value: element(0x03, Uint8Array.of(unused, ...(octet === 0 ? [] : [octet]))) };
}

export function extendedKeyUsage(purposes: readonly string[], critical = false): Extension {
  return { oid: OID.extendedKeyUsage, critical, value: sequence(...purposes.map(objectIdentifier)) };
}

export function subjectKeyID(keyID: Uint8Array, critical = false): Extension {
  return { oid: OID.subjectKeyID, critical, value: octetString(keyID) };
}

export function authorityKeyID(keyID: Uint8Array, more: readonly Uint8Array[] = [], critical = false): Extension {
  return {
    oid: OID.authorityKeyID,
    critical,
    value: sequence(element(contextPrimitive(0), keyID), ...more),
  };
}

/** authorityCertIssuer and authorityCertSerialNumber, to stand beside the key identifier. */
export function issuerAndSerial(issuer: Uint8Array, serialNumber: Uint8Array): Uint8Array[] {
  return [
    element(contextConstructed(1), element(contextConstructed(4), issuer)),
    element(contextPrimitive(2), serialNumber),
  ];
}

export function subjectAltName(names: readonly Uint8Array[], critical: boolean): Extension {
  return { oid: OID.subjectAltName, critical, value: sequence(...names) };
}

export function uriName(uri: string): Uint8Array {
  return element(contextPrimitive(6), ascii(uri));
}

export function dnsName(name: string): Uint8Array {
  return element(contextPrimitive(2), ascii(name));
}

export function emailName(address: string): Uint8Array {
  return element(contextPrimitive(1), ascii(address));
}

export function ipName(octets: readonly number[]): Uint8Array {
  return element(contextPrimitive(7), Uint8Array.from(octets));
}

/** Subtrees are GeneralNames. */
export function nameConstraints(permitted: readonly Uint8Array[], excluded: readonly Uint8Array[]): Extension {
  return {
    oid: OID.nameConstraints,
    critical: true,
    value: sequence(...subtrees(0, permitted), ...subtrees(1, excluded)),
  };
}

function subtrees(tag: number, names: readonly Uint8Array[]): Uint8Array[] {
  return names.length === 0 ? [] : [element(contextConstructed(tag), ...names.map((name) => sequence(name)))];
}
