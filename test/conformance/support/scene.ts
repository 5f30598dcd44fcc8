// SPDX-License-Identifier: Apache-2.0
/**
 * Chains a test can bend at any place before they are signed. A draft is a certificate field by field; a scene is a
 * chain of drafts, its anchors and the moment of judgment. Both are never changed, only copied with differences, so
 * what stays the same is signed once.
 * @module
 */
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
} from 'node:crypto';
import {
  bitString,
  contextConstructed,
  element,
  NULL,
  objectIdentifier,
  sequence,
  time,
  unsignedInteger,
  utf8String,
} from '../../../src/pki/der.ts';
import { subjectKeyID as keyIDOf } from '../../../src/pki/key-pair.ts';
import { DAY, HOUR, type Instant } from '../../../src/time.ts';
import { NOW } from './authorities.ts';
import * as x from './extensions.ts';
import type { Exhibit } from './judges.ts';

export interface TestKey {
  readonly private: KeyObject;
  /** SPKI DER. */
  readonly spki: Uint8Array;
  readonly keyID: Uint8Array;
  /** AlgorithmIdentifier DER of its signatures. */
  readonly algorithm: Uint8Array;
  readonly sign: (tbs: Uint8Array) => Uint8Array;
}

type Spoil = (bytes: Uint8Array) => Uint8Array;

/** Everything that is DER stands here as DER. */
export interface Draft {
  readonly version: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly innerAlgorithm: Uint8Array;
  readonly outerAlgorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBefore: Uint8Array;
  readonly notAfter: Uint8Array;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  /** What stands between key and extensions. */
  readonly uniqueIDs: Uint8Array;
  readonly extensions: readonly x.Extension[];
  readonly signer: TestKey;
  /** Changes what is signed, before it is signed. */
  readonly spoilTBS: Spoil;
  /** Changes the signature value. */
  readonly spoilSignature: Spoil;
  /** Changes the finished certificate. */
  readonly spoilDER: Spoil;
}

export interface Scene {
  /** Leaf first. */
  readonly chain: readonly Draft[];
  readonly anchors: readonly Draft[];
  readonly now: Instant;
  readonly trustDomain: string;
}

const SEALED = new WeakMap<Draft, Uint8Array>();

/** The certificate of a draft. */
function seal(draft: Draft): Uint8Array {
  const known = SEALED.get(draft);
  if (known !== undefined) return known;
  const tbs = draft.spoilTBS(tbsOf(draft));
  const signature = draft.spoilSignature(draft.signer.sign(tbs));
  const der = draft.spoilDER(sequence(tbs, draft.outerAlgorithm, bitString(signature)));
  SEALED.set(draft, der);
  return der;
}

export function exhibitOf({ chain, anchors, now, trustDomain }: Scene): Exhibit {
  return { chain: chain.map(seal), anchors: anchors.map(seal), now, trustDomain };
}

function tbsOf(draft: Draft): Uint8Array {
  const { extensions } = draft;
  const list = element(contextConstructed(3), sequence(...extensions.map(x.extensionDER)));
  return sequence(
    draft.version,
    draft.serialNumber,
    draft.innerAlgorithm,
    draft.issuer,
    sequence(draft.notBefore, draft.notAfter),
    draft.subject,
    draft.spki,
    draft.uniqueIDs,
    ...(extensions.length === 0 ? [] : [list]),
  );
}

const ECDSA_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const RSA_SHA256 = sequence(objectIdentifier('1.2.840.113549.1.1.11'), NULL);
const ED25519 = sequence(objectIdentifier('1.3.101.112'));

export function ecKey(curve = 'prime256v1', algorithm: Uint8Array = ECDSA_SHA256, digest = 'sha256'): TestKey {
  return testKey(generateKeyPairSync('ec', { namedCurve: curve }), algorithm, digest);
}

export function rsaKey(modulusLength: number): TestKey {
  return testKey(generateKeyPairSync('rsa', { modulusLength }), RSA_SHA256, 'sha256');
}

export function ed25519Key(): TestKey {
  return testKey(generateKeyPairSync('ed25519'), ED25519, null);
}

function testKey(
  pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  algorithm: Uint8Array,
  digest: string | null,
): TestKey {
  const spki = Uint8Array.from(pair.publicKey.export({ type: 'spki', format: 'der' }));
  return {
    private: pair.privateKey,
    spki,
    keyID: keyIDOf(spki),
    algorithm,
    sign: (tbs) => Uint8Array.from(sign(digest, tbs, pair.privateKey)),
  };
}

function name(...attributes: readonly (readonly [oid: string, text: string])[]): Uint8Array {
  return sequence(...attributes.map(([oid, text]) => element(0x31, sequence(objectIdentifier(oid), utf8String(text)))));
}

export function commonName(text: string): Uint8Array {
  return name(['2.5.4.10', 'Signet'], ['2.5.4.3', text]);
}

const TRUST_DOMAIN = 'example.org';

/** A P-256 key that is the same in every run, so that a seed leads to the same certificates, but for signatures. */
function fixedKey(seed: string): TestKey {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(hash('sha256', seed, 'buffer'));
  const point = ecdh.getPublicKey();
  const [x, y, d] = [point.subarray(1, 33), point.subarray(33), ecdh.getPrivateKey()].map((octets) =>
    octets.toString('base64url'),
  );
  const jwk = { kty: 'EC', crv: 'P-256', x: `${x}`, y: `${y}`, d: `${d}` };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return testKey({ privateKey, publicKey: createPublicKey(privateKey) }, ECDSA_SHA256, 'sha256');
}

/** One of everything a test needs often; the spare key belongs to nobody. */
export const KEYS = {
  root: fixedKey('root'),
  oldRoot: fixedKey('old root'),
  policy: fixedKey('policy'),
  issuing: fixedKey('issuing'),
  leaf: fixedKey('leaf'),
  spare: fixedKey('spare'),
};

const unchanged: Spoil = (bytes) => bytes;

interface Parties {
  readonly subject: Uint8Array;
  readonly key: TestKey;
  readonly issuer: Uint8Array;
  readonly signer: TestKey;
}

function draftOf({ subject, key, issuer, signer }: Parties, life: number, extensions: readonly x.Extension[]): Draft {
  return {
    version: element(contextConstructed(0), unsignedInteger(Uint8Array.of(2))),
    serialNumber: unsignedInteger(Uint8Array.from({ length: 16 }, (_, i) => 0x40 + i)),
    innerAlgorithm: signer.algorithm,
    outerAlgorithm: signer.algorithm,
    issuer,
    notBefore: time(NOW - life),
    notAfter: time(NOW + life),
    subject,
    spki: key.spki,
    uniqueIDs: new Uint8Array(),
    extensions,
    signer,
    spoilTBS: unchanged,
    spoilSignature: unchanged,
    spoilDER: unchanged,
  };
}

/** `life`: half of the validity, around the moment of judgment. */
export function authorityDraft(parties: Parties, life: number, pathLength?: number): Draft {
  return draftOf(parties, life, [
    x.keyUsage(['keyCertSign', 'cRLSign']),
    x.basicConstraints(true, pathLength),
    x.subjectKeyID(parties.key.keyID),
    x.authorityKeyID(parties.signer.keyID),
    x.subjectAltName([x.uriName(`spiffe://${TRUST_DOMAIN}`)], false),
  ]);
}

export const SPIFFE_ID = `spiffe://${TRUST_DOMAIN}/ns/shop/sa/checkout`;

export function leafDraft(parties: Parties, life = HOUR): Draft {
  return draftOf(parties, life, [
    x.keyUsage(['digitalSignature']),
    x.extendedKeyUsage([x.OID.serverAuth, x.OID.clientAuth]),
    x.basicConstraints(false),
    x.subjectKeyID(parties.key.keyID),
    x.authorityKeyID(parties.signer.keyID),
    x.subjectAltName([x.uriName(SPIFFE_ID), x.dnsName('checkout.shop.svc')], parties.subject.length === 2),
  ]);
}

export const NAMES = {
  root: commonName('root new'),
  oldRoot: commonName('root old'),
  policy: commonName('intermediate policy'),
  issuing: commonName('intermediate issuing'),
  leaf: sequence(),
};

function link(of: keyof typeof KEYS & keyof typeof NAMES, by: keyof typeof KEYS & keyof typeof NAMES): Parties {
  return { subject: NAMES[of], key: KEYS[of], issuer: NAMES[by], signer: KEYS[by] };
}

const ROOT = authorityDraft(link('root', 'root'), 365 * DAY);
const OLD_ROOT = authorityDraft(link('oldRoot', 'oldRoot'), 300 * DAY);
const CROSS = authorityDraft(link('root', 'oldRoot'), 200 * DAY);
const ISSUING = authorityDraft(link('issuing', 'root'), 90 * DAY, 0);
const LEAF = leafDraft(link('leaf', 'issuing'));
const POLICY = authorityDraft(link('policy', 'root'), 100 * DAY);
const ISSUING_UNDER_POLICY = authorityDraft(link('issuing', 'policy'), 90 * DAY, 0);
const DIRECT_LEAF = leafDraft(link('leaf', 'root'));

const moment = { now: NOW, trustDomain: TRUST_DOMAIN };

/** The shapes of path that Signet makes or imports; everybody accepts each of them. */
export const SCENES = {
  plain: { ...moment, chain: [LEAF, ISSUING], anchors: [ROOT] },
  'without intermediate': { ...moment, chain: [DIRECT_LEAF], anchors: [ROOT] },
  'two intermediates': { ...moment, chain: [LEAF, ISSUING_UNDER_POLICY, POLICY], anchors: [ROOT] },
  'cross-certificate, old root': { ...moment, chain: [LEAF, ISSUING, CROSS], anchors: [OLD_ROOT] },
  'cross-certificate, new root': { ...moment, chain: [LEAF, ISSUING, CROSS], anchors: [ROOT] },
  'cross-certificate, both roots': { ...moment, chain: [LEAF, ISSUING, CROSS], anchors: [OLD_ROOT, ROOT] },
  'two roots': { ...moment, chain: [LEAF, ISSUING], anchors: [OLD_ROOT, ROOT] },
} as const satisfies Record<string, Scene>;
