// SPDX-License-Identifier: Apache-2.0
/**
 * DER and certificates: refused with ERR_DER alone, or read as OpenSSL reads them; no path check and no import throws,
 * and a signature is good to us when it is good to OpenSSL.
 * @module
 */
import { createPublicKey, X509Certificate } from 'node:crypto';
import { type Certificate, parseCertificate, serialNumberHex } from '../../../src/pki/certificate.ts';
import { element } from '../../../src/pki/der.ts';
import {
  atEnd,
  type Cursor,
  cursorOver,
  dottedOID,
  enterAny,
  integer,
  namedBits,
  nextTag,
  time,
} from '../../../src/pki/der-reader.ts';
import { readForeignCertificate } from '../../../src/pki/foreign-certificate.ts';
import { validateImportedAuthority } from '../../../src/pki/imported-authority.ts';
import { constraintViolation, formProblem, permitsOnlyHost } from '../../../src/pki/name-constraints.ts';
import { anchorProblem, authorityPathProblem, pathProblem } from '../../../src/pki/path.ts';
import { encodePEM } from '../../../src/pki/pem.ts';
import { publicKeyAlgorithm } from '../../../src/pki/public-key.ts';
import { verifiedSignatures, verifySignature } from '../../../src/pki/signatures.ts';
import { mutateDER } from '../mutate-der.ts';
import { outcome, promise, promiseSame, refusing, type Target } from '../target.ts';

/** In the middle of the lives of the certificates of the corpus. */
const NOW = Date.UTC(2026, 5, 15, 12);
const trustDomain = 'example.org';
const NAMES = { uris: ['spiffe://example.org/ns/shop/sa/checkout'], dnsNames: ['checkout.shop.svc', '*.shop.svc'] };
const NO_KEY = Buffer.from('-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n');

export const target: Target = {
  der: true,
  mutators: [mutateDER],
  tokens: ['spiffe://example.org', 'example.org', '.', '*.', 'xn--', '\u0000'],
  feed: async (input) => {
    const elements = feedElements(input);
    const read = refusing(['ERR_DER'], () => parseCertificate(input));
    if ('refused' in read) {
      const foreign = await readForeignCertificate(input);
      promise('problem' in foreign, 'what is refused is no certificate of others either');
      return outcome(elements, read.refused);
    }
    return outcome(feedFacts(input, read.value), feedPaths(read.value), await feedImport(read.value));
  },
};

/** Walks through everything, and writes it again. */
function feedElements(input: Buffer): string {
  const read = refusing(['ERR_DER'], () => Buffer.from(rewritten(cursorOver(input), 0)));
  if ('refused' in read) return read.refused;
  promise(read.value.equals(input), 'DER that was read is written in one way only');
  const values = [time, dottedOID, integer, namedBits].map((reader) =>
    refusing(['ERR_DER'], () => reader(cursorOver(input))),
  );
  return values.map((value) => 'value' in value).join(' ');
}

function rewritten(cursor: Cursor, depth: number): Uint8Array {
  const elements: Uint8Array[] = [];
  while (!atEnd(cursor)) {
    const tag = nextTag(cursor) ?? 0;
    const inner = enterAny(cursor);
    const constructed = (tag & 0x20) !== 0 && depth < 32;
    elements.push(element(tag, constructed ? rewritten(inner, depth + 1) : inner.bytes.subarray(inner.at, inner.end)));
  }
  return Buffer.concat(elements);
}

function feedFacts(input: Buffer, ours: Certificate): string {
  promise(input.equals(ours.der), 'a certificate is the bytes it was read from');
  const { authorityKeyAlgorithm, signatureAlgorithm, publicKey } = ours;
  const known = refusing(['ERR_DER'], () => publicKeyAlgorithm(publicKey));
  promise('value' in known, 'the key of a certificate that was read can be read');
  // What an unknown algorithm carries along is not looked at: the path check refuses it.
  if (authorityKeyAlgorithm === undefined || signatureAlgorithm === undefined) return 'an unknown algorithm';
  const theirs = new X509Certificate(input);
  promise(theirs.raw.equals(ours.der), 'OpenSSL reads the whole of it');
  promiseSame(
    [ours.notBefore, ours.notAfter],
    [theirs.validFromDate.getTime(), theirs.validToDate.getTime()],
    'validity',
  );
  if ((ours.serialNumber[0] ?? 0) < 0x80)
    promiseSame(BigInt(`0x${serialNumberHex(ours)}`), BigInt(`0x${theirs.serialNumber}`), 'serial number');
  // Theirs asks for the right key usage as well.
  promise(ours.ca || !theirs.ca, 'an authority to OpenSSL is one to us');
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  promise(theirs.publicKey.equals(key), 'both have the same key');
  const signed = verifySignature(ours, ours, verifiedSignatures());
  if (signed) promise(theirs.verify(key), 'what signs itself to us does to OpenSSL');
  return outcome(
    authorityKeyAlgorithm,
    signatureAlgorithm,
    signed,
    ours.ca,
    [...ours.critical].sort(),
    ours.unknownCritical.length,
  );
}

function feedPaths(certificate: Certificate): string {
  const alone = { chain: [certificate], anchors: [certificate], trustDomain, now: NOW };
  const { nameConstraints } = certificate;
  const constrained =
    nameConstraints === undefined
      ? ''
      : outcome(
          formProblem(nameConstraints)?.slice(0, 40),
          constraintViolation(nameConstraints, NAMES)?.slice(0, 30),
          permitsOnlyHost(nameConstraints, trustDomain),
        );
  return outcome(
    pathProblem(alone),
    authorityPathProblem({ ...alone, chain: [certificate, certificate] }),
    anchorProblem(certificate, trustDomain, NOW),
    constrained,
  );
}

async function feedImport(certificate: Certificate): Promise<string> {
  const foreign = await readForeignCertificate(certificate.der);
  const pem = encodePEM('CERTIFICATE', certificate.der);
  const input = { certificatePEM: pem, rootsPEM: pem, keyPEM: Buffer.from(NO_KEY), trustDomain, now: NOW };
  const judged = await validateImportedAuthority(input);
  promise('problem' in judged, 'an authority without its key is not imported');
  if (!('problem' in judged)) return 'imported';
  promise(!/\p{Cc}/u.test(judged.problem), 'a problem is one line whatever stands in the names');
  return outcome('problem' in foreign ? foreign.problem : 'read', judged.problem.replaceAll(/\([^)]*\)/gu, ''));
}
