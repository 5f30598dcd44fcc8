// SPDX-License-Identifier: Apache-2.0
/**
 * Key pairs of every algorithm: what node:crypto and OpenSSL make of them, and whether a pair belongs together.
 * @module
 */
import { execFileSync } from 'node:child_process';
import type * as Crypto from 'node:crypto';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  ECDH,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { setImmediate as immediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { KEY_IDENTIFIERS } from '../../../src/pki/algorithms.ts';
import {
  contextConstructed,
  element,
  objectIdentifier,
  octetString,
  sequence,
  unsignedInteger,
} from '../../../src/pki/der.ts';
import { authorityID, generateKeyPair, privateKeyMatches, subjectKeyID } from '../../../src/pki/key-pair.ts';
import { encodePEM } from '../../../src/pki/pem.ts';
import { publicKeyAlgorithm } from '../../../src/pki/public-key.ts';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../../../src/spiffe/svid.ts';
import { testKey } from '../../support/test-authority.ts';

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof Crypto>();
  return { ...crypto, createPrivateKey: vi.fn(crypto.createPrivateKey), sign: vi.fn(crypto.sign) };
});

function exported(key: KeyObject): Buffer {
  return key.export(key.type === 'private' ? { type: 'pkcs8', format: 'der' } : { type: 'spki', format: 'der' });
}

function keyObject(pkcs8: Buffer): KeyObject {
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
}

/** What comes of asking, and how far the key got. */
function verdict(pkcs8: Buffer, spki: Uint8Array): { matches: boolean; loaded: boolean; signed: boolean } {
  vi.mocked(createPrivateKey).mockClear();
  vi.mocked(sign).mockClear();
  const matches = privateKeyMatches(pkcs8, spki);
  return {
    matches,
    loaded: vi.mocked(createPrivateKey).mock.calls.length > 0,
    signed: vi.mocked(sign).mock.calls.length > 0,
  };
}

describe.each(KEY_ALGORITHMS)('%s', (algorithm) => {
  it('is written byte for byte as node:crypto writes it', async () => {
    const { publicKey, privateKey } = await testKey(algorithm, 'written');
    const key = keyObject(privateKey);
    expect(exported(key).equals(privateKey)).toBe(true);
    expect(exported(createPublicKey(key)).equals(publicKey)).toBe(true);
    expect(publicKeyAlgorithm(publicKey)).toBe(algorithm);
  });

  it('is a sound key to OpenSSL', async () => {
    const { privateKey } = await testKey(algorithm, 'written');
    const input = encodePEM('PRIVATE KEY', privateKey);
    const output = execFileSync('openssl', ['pkey', '-check', '-noout'], { input, stdio: 'pipe' }).toString();
    expect(output).toContain('Key is valid');
  });

  it('is another key every time', async () => {
    const [one, two] = [await testKey(algorithm, 'written'), await testKey(algorithm, 'other')];
    expect(Buffer.from(one.publicKey).equals(two.publicKey)).toBe(false);
    expect(one.privateKey.equals(two.privateKey)).toBe(false);
  });

  it('matches its own public key and no other', async () => {
    const [one, two] = [await testKey(algorithm, 'written'), await testKey(algorithm, 'other')];
    expect(privateKeyMatches(one.privateKey, one.publicKey)).toBe(true);
    expect(privateKeyMatches(one.privateKey, two.publicKey)).toBe(false);
  });
});

it('makes RSA keys beside the event loop', async () => {
  const making = generateKeyPair('RSA-3072');
  const first = await Promise.race([making, immediate('the loop')]);
  (await making).privateKey.fill(0);
  expect(first).toBe('the loop');
});

describe('EC keys', () => {
  it('keep their length when the secret begins with zeros', async () => {
    for (let left = 3; left > 0; ) {
      const { privateKey } = await generateKeyPair('ECDSA-P256');
      expect(privateKey).toHaveLength(138);
      if (privateKey[36] !== 0) continue;
      left--;
      expect(exported(keyObject(privateKey)).equals(privateKey)).toBe(true);
    }
  });

  it('leave nothing behind in the octets they were made from', async () => {
    const read = vi.spyOn(ECDH.prototype, 'getPrivateKey');
    await generateKeyPair('ECDSA-P256');
    const [result] = read.mock.results;
    read.mockRestore();
    // Without the zeros that the secret began with.
    expect(result?.value).toEqual(Buffer.alloc(result?.value.length));
    expect(result?.value.length).toBeGreaterThan(0);
  });

  it('live in memory of their own', async () => {
    const { privateKey } = await generateKeyPair('ECDSA-P384');
    expect(privateKey.buffer.byteLength).toBe(privateKey.length);
  });
});

describe('privateKeyMatches', () => {
  it('is not taken in by a private key that names a foreign public key', async () => {
    const [one, two] = [await testKey('ECDSA-P256', 'written'), await testKey('ECDSA-P256', 'other')];
    const forged = Buffer.from(one.privateKey);
    forged.set(two.privateKey.subarray(-65), forged.length - 65);
    expect(privateKeyMatches(forged, two.publicKey)).toBe(false);
  });

  it('answers false for what is no key, and for kinds we do not speak', async () => {
    const { privateKey, publicKey } = await testKey('Ed25519', 'written');
    expect(privateKeyMatches(Buffer.from('rubbish'), publicKey)).toBe(false);
    expect(privateKeyMatches(privateKey, Buffer.from('rubbish'))).toBe(false);
    expect(privateKeyMatches(Buffer.alloc(privateKey.length), publicKey)).toBe(false);
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(privateKeyMatches(exported(small.privateKey), exported(small.publicKey))).toBe(false);
    expect(privateKeyMatches(privateKey, (await testKey('ECDSA-P256', 'written')).publicKey)).toBe(false);
  });
});

describe('privateKeyMatches, before it lets a key sign', () => {
  it('has seen a key of ours sign', async () => {
    const { privateKey, publicKey } = await testKey('Ed25519', 'written');
    expect(verdict(privateKey, publicKey)).toEqual({ matches: true, loaded: true, signed: true });
  });

  const foreign = {
    'SLH-DSA': generateKeyPairSync('slh-dsa-sha2-256s').privateKey,
    'ML-DSA': generateKeyPairSync('ml-dsa-44').privateKey,
    Ed448: generateKeyPairSync('ed448').privateKey,
    X25519: generateKeyPairSync('x25519').privateKey,
    'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
    'RSA-PSS': generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey,
    'RSA-4096': generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey,
  };
  const pairs = Object.entries(foreign).flatMap(([kind, key]) =>
    KEY_ALGORITHMS.map((algorithm) => [kind, algorithm, key] as const),
  );

  it.each(pairs)('does not even load %s beside a public key of kind %s', async (_kind, algorithm, key) => {
    const { publicKey } = await testKey(algorithm, 'written');
    expect(verdict(exported(key), publicKey)).toEqual({ matches: false, loaded: false, signed: false });
  });

  it.each<[KeyAlgorithm, KeyAlgorithm]>(
    KEY_ALGORITHMS.flatMap((one) => KEY_ALGORITHMS.filter((two) => one !== two).map((two) => [one, two])),
  )('stops a key of kind %s beside a public key of kind %s', async (one, two) => {
    const { privateKey } = await testKey(one, 'written');
    const { publicKey } = await testKey(two, 'written');
    expect(verdict(privateKey, publicKey)).toMatchObject({ matches: false, signed: false });
  });

  it('stops an RSA key of a peculiar exponent', async () => {
    const { publicKey } = await testKey('RSA-2048', 'written');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
    expect(verdict(exported(privateKey), publicKey)).toEqual({ matches: false, loaded: true, signed: false });
  });

  it('stops an EC key that says one curve outside and another inside', async () => {
    const { publicKey } = await testKey('ECDSA-P256', 'written');
    const secret = octetString(Buffer.alloc(48, 7));
    const secp384r1 = element(contextConstructed(0), objectIdentifier('1.3.132.0.34'));
    const inner = sequence(unsignedInteger(Uint8Array.of(1)), secret, secp384r1);
    const zero = unsignedInteger(Uint8Array.of(0));
    const key = sequence(zero, KEY_IDENTIFIERS['ECDSA-P256'], octetString(inner));
    expect(verdict(Buffer.from(key), publicKey)).toMatchObject({ matches: false, signed: false });
  });

  it('does not load what is too large for any key of ours', async () => {
    const { privateKey, publicKey } = await testKey('RSA-2048', 'written');
    const parts = [unsignedInteger(Uint8Array.of(0)), KEY_IDENTIFIERS.RSA, octetString(privateKey.subarray(26))];
    const withAttributes = (size: number): Buffer =>
      Buffer.from(sequence(...parts, element(contextConstructed(0), octetString(Buffer.alloc(size)))));
    expect(verdict(withAttributes(100), publicKey)).toMatchObject({ loaded: true });
    expect(verdict(withAttributes(2048), publicKey)).toEqual({ matches: false, loaded: false, signed: false });
  });
});

describe('publicKeyAlgorithm', () => {
  it.each([
    ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey],
    ['secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey],
    ['Ed448', generateKeyPairSync('ed448').publicKey],
    ['X25519', generateKeyPairSync('x25519').publicKey],
    ['RSA 1024', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
    ['RSA 2048 with exponent 3', generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey],
  ])('does not speak %s', (_name, key) => {
    expect(publicKeyAlgorithm(exported(key))).toBeUndefined();
  });

  it('does not take a compressed point', async () => {
    const { publicKey } = await testKey('ECDSA-P256', 'written');
    const x = Buffer.from(publicKey).subarray(27, 59);
    const head = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d03010703220002', 'hex');
    expect(publicKeyAlgorithm(Buffer.concat([head, x]))).toBeUndefined();
  });
});

describe('identifiers', () => {
  it.each<[KeyAlgorithm, number]>([
    ['ECDSA-P256', 65],
    ['ECDSA-P384', 97],
    ['Ed25519', 32],
  ])('of a key: SHA-256 over the bits of the key, cut to 20 octets (%s)', async (algorithm, size) => {
    const { publicKey } = await testKey(algorithm, 'written');
    const expected = createHash('sha256').update(publicKey.subarray(-size)).digest().subarray(0, 20);
    expect(Buffer.from(subjectKeyID(publicKey)).equals(expected)).toBe(true);
  });

  it('of an authority: 32 hexadecimal digits of SHA-256 over the whole SPKI', async () => {
    const { publicKey } = await testKey('ECDSA-P256', 'written');
    expect(authorityID(publicKey)).toBe(createHash('sha256').update(publicKey).digest('hex').slice(0, 32));
  });
});
