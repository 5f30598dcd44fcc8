// SPDX-License-Identifier: Apache-2.0
/**
 * Keys: a private key that is said to belong to a certificate really does, a public key that we know OpenSSL knows alike,
 * and nothing about a key stands in a message.
 * @module
 */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { type Certificate, parseCertificate } from '../../../src/pki/certificate.ts';
import { importedSigner } from '../../../src/pki/imported-key.ts';
import { publicKeyJWK } from '../../../src/pki/jwk.ts';
import { generateKeyPair, type KeyPair, privateKeyMatches } from '../../../src/pki/key-pair.ts';
import { encodePEM, parseCertificatesPEM } from '../../../src/pki/pem.ts';
import { authorityKeyAlgorithm, publicKeyParts } from '../../../src/pki/public-key.ts';
import { privateKeySigner } from '../../../src/pki/signer.ts';
import { KEY_ALGORITHMS } from '../../../src/spiffe/svid.ts';
import { HOUR } from '../../../src/time.ts';
import { mutateDER } from '../mutate-der.ts';
import { outcome, promise, promiseSame, refusing, type Target } from '../target.ts';
import { freshFiles } from './fresh-files.ts';

const pairs = await Promise.all(KEY_ALGORITHMS.map((algorithm) => generateKeyPair(algorithm)));
const issuer = await freshIssuer();

export const target: Target = {
  mutators: [mutateDER],
  made: async () => pairs.flatMap(({ publicKey, privateKey }) => [Buffer.from(publicKey), Buffer.from(privateKey)]),
  quick: 20,
  feed: (input) => [feedPublic(input), feedPrivate(input), feedImport(input)].join('; '),
};

async function freshIssuer(): Promise<Certificate> {
  const now = Date.UTC(2026, 5, 15);
  const { authority } = await freshFiles({ notBefore: now - HOUR, notAfter: now + HOUR });
  return parseCertificate(parseCertificatesPEM(authority)[0] ?? new Uint8Array());
}

function feedPublic(input: Buffer): string {
  const parts = refusing(['ERR_DER'], () => publicKeyParts(input));
  const read = refusing(['ERR_DER'], () => authorityKeyAlgorithm(input));
  const jwk = refusing(['ERR_DER'], () => publicKeyJWK(input));
  if ('refused' in parts) promise('refused' in read, 'a key without parts has no algorithm');
  if ('refused' in read) return read.refused;
  if (read.value === undefined) return outcome('no key of ours', 'value' in jwk);
  const theirs = createPublicKey({ key: input, format: 'der', type: 'spki' });
  const kind = read.value.startsWith('RSA') ? 'rsa' : read.value === 'Ed25519' ? 'ed25519' : 'ec';
  promiseSame(theirs.asymmetricKeyType, kind, 'the kind of a public key');
  promise('value' in jwk, 'a key of ours has a place in a bundle');
  promise(
    theirs.export({ format: 'der', type: 'spki' }).equals(input),
    'a public key of ours is written in one way only',
  );
  return outcome(read.value);
}

function feedPrivate(input: Buffer): string {
  const matching = pairs.filter(({ publicKey }) => privateKeyMatches(Buffer.from(input), publicKey));
  promise(matching.length <= 1, 'a key is of one certificate at most');
  const [pair] = matching;
  if (pair !== undefined) promise(isOf(input, pair), 'a key that matches is the key');
  const signer = refusing(['ERR_AUTHORITY', 'ERR_DER'], () => privateKeySigner(Buffer.from(input)));
  return outcome(pair?.algorithm, 'value' in signer ? signer.value.algorithm : signer.refused);
}

/** What OpenSSL finds in the file, although the file may name another public key. */
function isOf(pkcs8: Buffer, { publicKey }: KeyPair): boolean {
  const theirs = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
  return (
    theirs.asymmetricKeyType ===
    createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }).asymmetricKeyType
  );
}

function feedImport(input: Buffer): string {
  const pem = encodePEM('PRIVATE KEY', input.length === 0 ? Buffer.of(0) : input);
  const text = pem.toString('latin1');
  const forms = [
    text,
    text.replaceAll('PRIVATE KEY', 'EC PRIVATE KEY'),
    text.replaceAll('PRIVATE KEY', 'RSA PRIVATE KEY'),
  ];
  return outcome(
    ...forms.map((form) => {
      const read = importedSigner(Buffer.from(form), issuer);
      if ('value' in read) throw new Error('broken promise: a key of somebody else is not that of the issuer');
      promise(!leaks(read.problem, input), 'nothing of a key stands in a message');
      return read.problem;
    }),
  );
}

/** A run of the base64 long enough to be no chance. */
function leaks(message: string, key: Buffer): boolean {
  const base64 = key.toString('base64');
  return (
    base64.length >= 24 &&
    Array.from({ length: base64.length - 23 }, (_, at) => base64.slice(at, at + 24)).some((run) =>
      message.includes(run),
    )
  );
}
