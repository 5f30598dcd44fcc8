// SPDX-License-Identifier: Apache-2.0
/**
 * Signers of every algorithm, checked with node:crypto, and the keys they refuse.
 * @module
 */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSignetError } from '../../../src/errors.ts';
import { canSign, digestOf, signatureAlgorithmOf } from '../../../src/pki/algorithms.ts';
import { keyObjectSigner, privateKeySigner } from '../../../src/pki/signer.ts';
import { KEY_ALGORITHMS } from '../../../src/spiffe/svid.ts';
import { testKey } from '../../support/test-authority.ts';

const TBS = Buffer.from('something to be signed');
const refusal: unknown = expect.toSatisfy((error) => isSignetError(error, 'ERR_AUTHORITY'));

describe.each(KEY_ALGORITHMS)('%s', (algorithm) => {
  it('signs so that its public key agrees', async () => {
    const { privateKey, publicKey } = await testKey(algorithm, 'intermediate 1');
    const signer = privateKeySigner(privateKey);
    expect(signer.algorithm).toBe(algorithm);
    expect(Buffer.from(signer.publicKey).equals(publicKey)).toBe(true);
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    const digest = { 'ECDSA-P384': 'sha384', Ed25519: null }[algorithm as string];
    expect(verify(digest === undefined ? 'sha256' : digest, TBS, key, await signer.sign(TBS))).toBe(true);
  });

  it('goes on signing after the caller has zeroed the key it gave', async () => {
    const { privateKey, publicKey } = await testKey(algorithm, 'intermediate 1');
    const given = Buffer.from(privateKey);
    const signer = privateKeySigner(given);
    given.fill(0);
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    expect(verify(digestOf(signatureAlgorithmOf(algorithm)), TBS, key, await signer.sign(TBS))).toBe(true);
  });
});

describe('keyObjectSigner', () => {
  it.each([
    ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
    ['Ed448', generateKeyPairSync('ed448').privateKey],
    ['RSA 1024', generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey],
    ['a public key', generateKeyPairSync('ed25519').publicKey],
  ])('refuses %s', (_name, key) => {
    expect(() => keyObjectSigner(key)).toThrow(refusal);
  });
});

describe('privateKeySigner', () => {
  it('refuses what is no key, and does not quote it', () => {
    expect(() => privateKeySigner(Buffer.from('my secret'))).toThrow(refusal);
    expect(() => privateKeySigner(Buffer.from('my secret'))).not.toThrow(/secret/u);
  });
});

it('lets a key make its own kind of signature only', () => {
  expect(canSign('ECDSA-P256', 'ECDSA-SHA384')).toBe(true);
  expect(canSign('RSA-3072', 'RSA-SHA256')).toBe(true);
  expect(canSign('RSA-2048', 'ECDSA-SHA256')).toBe(false);
  expect(canSign('ECDSA-P256', 'RSA-SHA256')).toBe(false);
  expect(canSign('Ed25519', 'ECDSA-SHA256')).toBe(false);
  expect(canSign('ECDSA-P256', 'Ed25519')).toBe(false);
});
