// SPDX-License-Identifier: Apache-2.0
/**
 * Mutations of keys and signatures: kinds, sizes, points off the curve, wrong bits.
 * @module
 */
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { NULL, objectIdentifier, sequence } from '../../../../src/pki/der.ts';
import * as x from '../extensions.ts';
import { ecKey, ed25519Key, KEYS, rsaKey, type Scene, type TestKey } from '../scene.ts';
import {
  flipped,
  harmless,
  type Mutation,
  onAnchors,
  onAny,
  onLeaf,
  onLeafOrIssuing,
  stricter,
  withExtension,
  wrong,
} from './mutation.ts';

const P384 = ecKey('secp384r1', sequence(objectIdentifier('1.2.840.10045.4.3.3')), 'sha384');
const P521 = ecKey('secp521r1');
const RSA_1024 = rsaKey(1024);
const RSA_2048 = rsaKey(2048);
const RSA_2560 = rsaKey(2560);
const ED25519 = ed25519Key();
const RSA_PSS = Uint8Array.from(
  generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'der' }),
);
const UNSUPPORTED = 'the profile knows five kinds of keys';

const KINDS: readonly Mutation[] = [
  wrong(
    'leaf with a point off its curve',
    onLeaf((_, dice) => {
      const spki = Uint8Array.from(KEYS.leaf.spki);
      const at = spki.length - 1 - dice(32);
      spki[at] = (spki[at] ?? 0) ^ 1;
      return { spki };
    }),
  ),
  harmless(
    'leaf with a P-384 key',
    onLeaf(() => ({ spki: P384.spki })),
  ),
  harmless(
    'leaf with an RSA-2048 key',
    onLeaf(() => ({ spki: RSA_2048.spki })),
  ),
  harmless(
    'leaf with an Ed25519 key',
    onLeaf(() => ({ spki: ED25519.spki })),
  ),
  stricter(
    'leaf with a P-521 key',
    UNSUPPORTED,
    onLeaf(() => ({ spki: P521.spki })),
  ),
  stricter(
    'leaf with an RSA key of an unusual size',
    UNSUPPORTED,
    onLeaf(() => ({ spki: RSA_2560.spki })),
  ),
  stricter(
    'leaf with an RSA-1024 key',
    UNSUPPORTED,
    onLeaf(() => ({ spki: RSA_1024.spki })),
  ),
  wrong(
    'leaf with a secp256k1 key',
    onLeaf(() => ({ spki: ecKey('secp256k1').spki })),
  ),
  stricter(
    'leaf with an RSA-PSS key',
    UNSUPPORTED,
    onLeaf(() => ({ spki: RSA_PSS })),
  ),
];

/** The scene as if the issuing authority had this key from the beginning; unchanged where none travels. */
function issuedBy(key: TestKey): Mutation['apply'] {
  return (scene: Scene, dice) => {
    const [leaf, issuing, ...rest] = scene.chain;
    if (leaf === undefined || issuing === undefined) return scene;
    const algorithms = { signer: key, innerAlgorithm: key.algorithm, outerAlgorithm: key.algorithm };
    const child = { ...leaf, ...algorithms, ...withExtension(x.authorityKeyID(key.keyID))(leaf, dice) };
    const authority = { ...issuing, spki: key.spki, ...withExtension(x.subjectKeyID(key.keyID))(issuing, dice) };
    return { ...scene, chain: [child, authority, ...rest] };
  };
}

function ecdsaIdentifier(digest: 1 | 2 | 3 | 4): Uint8Array {
  return sequence(objectIdentifier(`1.2.840.10045.4.3.${digest}`));
}

function rsaIdentifier(last: number): Uint8Array {
  return sequence(objectIdentifier(`1.2.840.113549.1.1.${last}`), NULL);
}

function withDigest(key: TestKey, algorithm: Uint8Array, digest: string): TestKey {
  return { ...key, algorithm, sign: (tbs) => Uint8Array.from(sign(digest, tbs, key.private)) };
}

/** RSASSA-PSS with SHA-256 and a salt of 32 octets (RFC 4055 3.1). */
const PSS_IDENTIFIER = Uint8Array.from(
  Buffer.from(
    '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
    'hex',
  ),
);

function withPSS(key: TestKey): TestKey {
  const options = { key: key.private, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return { ...key, algorithm: PSS_IDENTIFIER, sign: (tbs) => Uint8Array.from(sign('sha256', tbs, options)) };
}

const UNUSUAL = 'the profile knows RSA signatures by PKCS#1 v1.5 only';

const ISSUER_KEYS: readonly Mutation[] = [
  harmless('issuing authority with a P-384 key', issuedBy(P384)),
  harmless('issuing authority with an Ed25519 key', issuedBy(ED25519)),
  harmless('issuing authority with an RSA key', issuedBy(RSA_2048)),
  harmless('P-256 with SHA-384', issuedBy(withDigest(KEYS.issuing, ecdsaIdentifier(3), 'sha384'))),
  harmless('P-384 with SHA-256', issuedBy(withDigest(P384, ecdsaIdentifier(2), 'sha256'))),
  harmless('P-256 with SHA-512', issuedBy(withDigest(KEYS.issuing, ecdsaIdentifier(4), 'sha512'))),
  harmless('RSA with SHA-384', issuedBy(withDigest(RSA_2048, rsaIdentifier(12), 'sha384'))),
  harmless('RSA with SHA-512', issuedBy(withDigest(RSA_2048, rsaIdentifier(13), 'sha512'))),
  harmless('issuing authority with an RSA key of an unusual size', issuedBy(RSA_2560)),
  stricter('RSA with a PSS signature', UNUSUAL, issuedBy(withPSS(RSA_2048))),
  wrong('RSA with SHA-1', issuedBy(withDigest(RSA_2048, rsaIdentifier(5), 'sha1'))),
  wrong(
    'ECDSA with a digest it does not name',
    issuedBy({ ...withDigest(KEYS.issuing, ecdsaIdentifier(2), 'sha384') }),
  ),
  stricter('issuing authority with a P-521 key', UNSUPPORTED, issuedBy(P521)),
  wrong(
    'an RSA signature under an EC key',
    onLeaf(() => ({ signer: RSA_2048 })),
  ),
];

const SIGNATURES: readonly Mutation[] = [
  wrong(
    'a wrong bit in a signature',
    onLeafOrIssuing((_, dice) => ({ spoilSignature: (signature) => flipped(signature, dice) })),
  ),
  stricter(
    'a wrong bit in the signature of the anchor',
    'design rule 5: anchors are self-signed',
    onAnchors((_, dice) => ({ spoilSignature: (signature) => flipped(signature, dice) })),
  ),
  wrong(
    'a wrong bit in a certificate',
    onLeafOrIssuing((_, dice) => ({ spoilDER: (der) => flipped(der, dice) })),
  ),
  wrong(
    'a certificate cut short',
    onAny((_, dice) => ({ spoilDER: (der) => der.subarray(0, dice(der.length)) })),
  ),
  wrong(
    'a byte after a certificate',
    onAny((_, dice) => ({ spoilDER: (der) => Uint8Array.from([...der, dice(256)]) })),
  ),
  wrong(
    'the two signature algorithms differ',
    onAny(({ innerAlgorithm }, dice) =>
      dice(2) === 0
        ? { innerAlgorithm: P384.algorithm }
        : { outerAlgorithm: sequence(innerAlgorithm.subarray(2), NULL) },
    ),
  ),
  wrong(
    'an empty signature',
    onLeafOrIssuing(() => ({ spoilSignature: () => new Uint8Array() })),
  ),
];

export const KEY_MUTATIONS: readonly Mutation[] = [...KINDS, ...ISSUER_KEYS, ...SIGNATURES];
