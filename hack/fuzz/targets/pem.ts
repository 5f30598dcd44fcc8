// SPDX-License-Identifier: Apache-2.0
/**
 * PEM files: refused with ERR_PEM alone, or read as a reader of a few lines reads them and written back to the same DER;
 * readers of serving certificates and imported authorities say what is wrong with them and throw nothing.
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { readChain } from '../../../src/pki/chain.ts';
import { validateImportedAuthority } from '../../../src/pki/imported-authority.ts';
import { encodePEM, parseCertificatesPEM, parseForeignKeyPEM, parsePrivateKeyPEM } from '../../../src/pki/pem.ts';
import { readServingAuthorities, readServingPair } from '../../../src/pki/serving-certificate.ts';
import { DAY } from '../../../src/time.ts';
import { outcome, promise, promiseSame, refusing, type Target } from '../target.ts';
import { freshFiles } from './fresh-files.ts';

const NOW = Date.UTC(2026, 5, 15);
const fresh = await freshFiles({ notBefore: NOW - DAY, notAfter: NOW + DAY });

export const target: Target = {
  quick: 30,
  tokens: [
    '-----BEGIN CERTIFICATE-----',
    '-----END CERTIFICATE-----',
    '-----',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '=',
    '==',
    'BEGIN',
  ].concat([
    '-----BEGIN PRIVATE KEY-----\n',
    '-----END PRIVATE KEY-----\n',
    '-----BEGIN RSA PRIVATE KEY-----',
    'Proc-Type: 4,ENCRYPTED\n',
  ]),
  made: async () => [
    fresh.certificate,
    fresh.authority,
    fresh.key,
    Buffer.concat([fresh.certificate, fresh.authority]),
  ],
  feed: async (input) => {
    const certificates = feedCertificates(input);
    const keys = [
      refusing(['ERR_PEM'], () => parsePrivateKeyPEM(input)),
      refusing(['ERR_PEM'], () => parseForeignKeyPEM(input, 'EC PRIVATE KEY')),
      refusing(['ERR_PEM'], () => parseForeignKeyPEM(input, 'RSA PRIVATE KEY')),
    ].map((read) => ('value' in read ? 'key' : read.refused));
    return [certificates, ...keys, feedReaders(input), await feedImport(input)].join('; ');
  },
};

function feedCertificates(input: Buffer): string {
  const read = refusing(['ERR_PEM'], () => parseCertificatesPEM(input));
  if ('refused' in read) return read.refused;
  const { value } = read;
  promiseSame(value.map(hex), plainly(input), 'two readers of PEM find the same');
  const again = Buffer.concat(value.map((der) => encodePEM('CERTIFICATE', der)));
  promiseSame(parseCertificatesPEM(again).map(hex), value.map(hex), 'what was read is written back');
  const [first] = value;
  const theirs = first === undefined ? undefined : node(first);
  if (theirs !== undefined)
    promiseSame(hex(new X509Certificate(input).raw), hex(theirs.raw), 'OpenSSL reads the same file');
  const chain = refusing(['ERR_PEM', 'ERR_DER'], () => readChain('tls.crt', input));
  return outcome(value.length, theirs !== undefined, 'value' in chain ? 'chain' : chain.refused);
}

/** The certificate, where it is one and nothing else; octets behind it OpenSSL passes over in DER and refuses in PEM. */
function node(der: Uint8Array): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(Buffer.from(der));
    return certificate.raw.length === der.length ? certificate : undefined;
  } catch {
    // No certificate, which is not what PEM is about.
    return undefined;
  }
}

/** Blocks and nothing else, by regular expressions. */
function plainly(input: Buffer): string[] {
  const block = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/gu;
  const text = input.toString('latin1');
  promise(text.replaceAll(block, '').trim() === '', 'there is nothing beside the blocks');
  return [...text.matchAll(block)].map(([, body = '']) => Buffer.from(body, 'base64').toString('hex'));
}

function feedReaders(input: Buffer): string {
  const authorities = readServingAuthorities(input);
  const sound = readServingAuthorities(fresh.authority);
  if ('problem' in sound) throw new Error(sound.problem);
  const pair = readServingPair(input, fresh.key, sound.value);
  const other = readServingPair(fresh.certificate, input, sound.value);
  return outcome(...[authorities, pair, other].map((read) => ('problem' in read ? read.problem : 'sound')));
}

async function feedImport(input: Buffer): Promise<string> {
  const common = { trustDomain: 'example.org', now: NOW };
  const key = Buffer.from(fresh.key);
  const whole = await validateImportedAuthority({ ...common, certificatePEM: input, keyPEM: key });
  const rooted = await validateImportedAuthority({
    ...common,
    certificatePEM: fresh.authority,
    rootsPEM: input,
    keyPEM: key,
  });
  return outcome(
    ...[whole, rooted].map((judged) =>
      'problem' in judged ? judged.problem.replaceAll(/\([^)]*\)/gu, '') : 'imported',
    ),
  );
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
