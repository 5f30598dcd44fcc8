// SPDX-License-Identifier: Apache-2.0
/**
 * The certificate of the webhook and its authority, as OpenSSL (through Node.js) sees them, and what is refused of what
 * somebody put into the Secret.
 * @module
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createServingFiles,
  readServingAuthorities,
  readServingPair,
  type ServingFiles,
} from '../../../src/pki/serving-certificate.ts';
import { HOUR } from '../../../src/time.ts';

const NOT_BEFORE = Date.parse('2026-06-01T12:00:00Z');
const REQUEST = {
  dnsNames: ['signet-webhook.signet-system.svc', 'localhost'],
  notBefore: NOT_BEFORE,
  notAfter: NOT_BEFORE + HOUR,
};

let one: ServingFiles;
let other: ServingFiles;

beforeAll(async () => {
  one = await createServingFiles(REQUEST);
  other = await createServingFiles(REQUEST);
});

function authoritiesOf(...files: ServingFiles[]) {
  const read = readServingAuthorities(Buffer.concat(files.map(({ authority }) => authority)));
  if ('problem' in read) throw new Error(read.problem);
  return read.value;
}

describe('a new certificate', () => {
  it('is for servers of these names, and signed by an authority that may sign nothing below it', () => {
    const certificate = new X509Certificate(one.certificate);
    const authority = new X509Certificate(one.authority);
    expect(certificate.subjectAltName).toBe('DNS:signet-webhook.signet-system.svc, DNS:localhost');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.ca).toBe(false);
    expect(authority.ca).toBe(true);
    expect(authority.subject).toMatch(/^O=Signet\nCN=webhook [0-9a-f]{32}$/);
    expect(certificate.checkIssued(authority)).toBe(true);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(one.key))).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(Date.parse(certificate.validTo)).toBe(NOT_BEFORE + HOUR);
  });

  it('shares nothing with the next one', () => {
    const [a, b] = [one, other].map(({ authority }) => new X509Certificate(authority));
    expect(a?.subject).not.toBe(b?.subject);
    expect(a?.publicKey.equals(b?.publicKey ?? createPrivateKey(one.key))).toBe(false);
  });
});

describe('what is stored', () => {
  it('is read back', () => {
    const authorities = authoritiesOf(other, one);
    expect(authorities).toHaveLength(2);
    expect(readServingPair(one.certificate, one.key, authorities)).toEqual({
      value: { authorityID: authorities[1]?.id, ...REQUEST },
    });
  });

  it.each<[string, () => readonly [Buffer, Buffer, ServingFiles], RegExp]>([
    ['a key of another certificate', () => [one.certificate, other.key, one], /a key of another certificate/],
    ['no key', () => [one.certificate, Buffer.alloc(0), one], /cannot be read/],
    [
      'a certificate of another authority',
      () => [one.certificate, one.key, other],
      /none of its authorities has signed/,
    ],
    ['an authority in place of the certificate', () => [one.authority, one.key, one], /none of its authorities/],
    ['two certificates', () => [Buffer.concat([one.certificate, one.authority]), one.key, one], /exactly one/],
    ['text', () => [Buffer.from('hello'), one.key, one], /cannot be read/],
  ])('is refused with %s', (_what, files, problem) => {
    const [certificate, key, signer] = files();
    expect(readServingPair(certificate, key, authoritiesOf(signer))).toEqual({
      problem: expect.stringMatching(problem) as string,
    });
  });

  it('is refused with a certificate among the authorities', () => {
    expect(readServingAuthorities(Buffer.concat([one.authority, one.certificate]))).toHaveProperty('problem');
    expect(readServingAuthorities(Buffer.alloc(0))).toHaveProperty('problem');
  });
});
