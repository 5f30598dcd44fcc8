// SPDX-License-Identifier: Apache-2.0
/**
 * Distinguished names of our certificates. Every value is a UTF8String: RFC 5280 4.1.2.4 asks for that or a
 * PrintableString, and a PrintableString has no underscore, which service account paths may carry.
 * @module
 */
import { element, objectIdentifier, sequence, TAG, utf8String } from './der.ts';

const COMMON_NAME = objectIdentifier('2.5.4.3');
const ORGANIZATION = objectIdentifier('2.5.4.10');

const EMPTY = sequence();

/** The empty Name; a certificate with it has a critical subject alternative name. */
export function emptyName(): Uint8Array {
  return EMPTY;
}

/** `CN=<text>`, at most 64 characters. */
export function commonName(text: string): Uint8Array {
  return sequence(attribute(COMMON_NAME, text));
}

/** `O=Signet, CN=<role> <id>`: unique because the id is a hash of the key. */
export function authorityName(role: 'root' | 'intermediate' | 'webhook', id: string): Uint8Array {
  return sequence(attribute(ORGANIZATION, 'Signet'), attribute(COMMON_NAME, `${role} ${id}`));
}

function attribute(type: Uint8Array, text: string): Uint8Array {
  return element(TAG.SET, sequence(type, utf8String(text)));
}
