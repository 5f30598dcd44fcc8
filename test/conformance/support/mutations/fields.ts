// SPDX-License-Identifier: Apache-2.0
/**
 * Mutations of fields: dates, serial numbers, versions, the names of subject and issuer.
 * @module
 */
import { ascii, element, objectIdentifier, sequence, time, unsignedInteger } from '../../../../src/pki/der.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../../src/time.ts';
import { NOW } from '../authorities.ts';
import { commonName, KEYS } from '../scene.ts';
import {
  harmless,
  type Mutation,
  onAnchors,
  onAny,
  onIssuing,
  onLeaf,
  onLeafOrIssuing,
  stricter,
  wrong,
} from './mutation.ts';

const DATES: readonly Mutation[] = [
  wrong(
    'expired',
    onAny(() => ({ notAfter: time(NOW - SECOND) })),
  ),
  wrong(
    'not yet valid',
    onAny(() => ({ notBefore: time(NOW + 45 * MINUTE) })),
  ),
  wrong(
    'ends before it begins',
    onAny(({ notBefore, notAfter }) => ({ notBefore: notAfter, notAfter: notBefore })),
  ),
  wrong('judged after the end of everything', (scene) => ({ ...scene, now: NOW + 2000 * DAY })),
  wrong('judged before the beginning of everything', (scene) => ({ ...scene, now: NOW - 2000 * DAY })),
  harmless('judged half an hour later', (scene) => ({ ...scene, now: NOW + HOUR / 2 })),
  stricter(
    'leaf outlives its issuer',
    'design rule 1: a leaf never outlives its issuer',
    onLeaf(() => ({ notAfter: time(NOW + 600 * DAY) })),
  ),
  stricter(
    'leaf older than its issuer',
    'design rule 1: a leaf never begins before its issuer',
    onLeaf(() => ({ notBefore: time(NOW - 600 * DAY) })),
  ),
  harmless(
    'intermediate outlives its root',
    onIssuing(() => ({ notAfter: time(NOW + 600 * DAY) })),
  ),
  harmless(
    'dates on both sides of 2050',
    onAnchors(() => ({ notBefore: time(Date.UTC(1999, 1, 28)), notAfter: time(Date.UTC(2050, 0, 1)) })),
  ),
];

/** 0x18 is GeneralizedTime, 0x17 UTCTime. */
const ENCODINGS_OF_TIME: readonly Mutation[] = [
  wrong(
    'a time without Z',
    onLeafOrIssuing(() => ({ notAfter: element(0x17, ascii('270101000000')) })),
  ),
  wrong(
    'a day that does not exist',
    onLeafOrIssuing(() => ({ notAfter: element(0x17, ascii('270230000000Z')) })),
  ),
  stricter(
    'a GeneralizedTime before 2050',
    'RFC 5280 4.1.2.5: dates through 2049 are UTCTime',
    onIssuing(() => ({ notAfter: element(0x18, ascii('20300101000000Z')) })),
  ),
];

const SERIALS: readonly Mutation[] = [
  wrong(
    'negative serial number',
    onAny(() => ({ serialNumber: element(0x02, Uint8Array.of(0x80, 1)) })),
  ),
  stricter(
    'serial number zero',
    'RFC 5280 4.1.2.2: a positive integer',
    onLeafOrIssuing(() => ({ serialNumber: unsignedInteger(Uint8Array.of(0)) })),
  ),
  stricter(
    'serial number of 21 octets',
    'RFC 5280 4.1.2.2: at most 20 octets',
    onLeafOrIssuing(() => ({ serialNumber: unsignedInteger(new Uint8Array(21).fill(0x41)) })),
  ),
  wrong(
    'serial number with a superfluous zero',
    onLeafOrIssuing(() => ({ serialNumber: element(0x02, Uint8Array.of(0, 1)) })),
  ),
];

const NAMES_AND_KEYS: readonly Mutation[] = [
  wrong(
    'issued by another name',
    onLeafOrIssuing(() => ({ issuer: commonName('somebody else') })),
  ),
  wrong(
    'signed by another key',
    onLeafOrIssuing(() => ({ signer: KEYS.spare })),
  ),
  wrong(
    'issuing authority with another key',
    onIssuing(() => ({ spki: KEYS.spare.spki })),
  ),
  wrong(
    'issuing authority with an empty subject',
    onIssuing(() => ({ subject: sequence() })),
  ),
  wrong(
    'issuer with its name encoded differently',
    onLeaf(() => ({
      issuer: sequence(
        ...[
          ['2.5.4.10', 'Signet'],
          ['2.5.4.3', 'intermediate issuing'],
        ].map(([oid = '', text = '']) => element(0x31, sequence(objectIdentifier(oid), element(0x13, ascii(text))))),
      ),
    })),
  ),
  wrong(
    'a subject that is no name',
    onLeaf(() => ({ subject: element(0x30, Uint8Array.of(1, 2, 3)) })),
  ),
  stricter(
    'unique identifiers',
    'RFC 5280 4.1.2.8: conforming authorities issue none',
    onLeafOrIssuing(() => ({ uniqueIDs: element(0x81, Uint8Array.of(0, 0xaa)) })),
  ),
  wrong(
    'version 1',
    onLeafOrIssuing(() => ({ version: new Uint8Array() })),
  ),
  wrong(
    'version 4',
    onLeafOrIssuing(() => ({ version: element(0xa0, unsignedInteger(Uint8Array.of(3))) })),
  ),
];

export const FIELD_MUTATIONS: readonly Mutation[] = [...DATES, ...ENCODINGS_OF_TIME, ...SERIALS, ...NAMES_AND_KEYS];
