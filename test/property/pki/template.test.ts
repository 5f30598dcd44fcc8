// SPDX-License-Identifier: Apache-2.0
/**
 * Our template against @peculiar/x509 on the same input: equal TBSCertificates, and equal certificates where the
 * signature algorithm is deterministic.
 * @module
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../../src/pki/certificate.ts';
import { subjectKeyID } from '../../../src/pki/key-pair.ts';
import { authorityName, commonName, emptyName } from '../../../src/pki/names.ts';
import { randomSerialNumber } from '../../../src/pki/serial.ts';
import { privateKeySigner } from '../../../src/pki/signer.ts';
import { authorityTBS, certificateDER, leafTBS } from '../../../src/pki/template.ts';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../../../src/spiffe/svid.ts';
import { peculiarAuthority, peculiarLeaf, peculiarName } from '../../support/peculiar.ts';
import { testKey } from '../../support/test-authority.ts';

const RUNS = 150;
const YEAR_1950 = Date.UTC(1950, 0, 1);
const YEAR_9999 = Date.UTC(9999, 11, 31, 23, 59, 59);
const EDGES = ['2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z', '2000-02-29T00:00:00Z', '9999-12-31T23:59:59Z'];

const algorithm = fc.constantFrom(...KEY_ALGORITHMS);
const instant = fc.oneof(
  fc.integer({ min: YEAR_1950 / 1000, max: YEAR_9999 / 1000 }).map((second) => second * 1000),
  fc.constantFrom(...EDGES.map((text) => Date.parse(text))),
);
const serialNumber = fc.oneof(
  fc.constant(undefined).map(randomSerialNumber),
  fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Uint8Array.of(bytes[0] || 1, ...bytes.slice(1))),
);
const trustDomain = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,59}$/u);
const path = fc.oneof(
  fc
    .array(fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/u), { minLength: 1, maxLength: 6 })
    .map((all) => `/${all.join('/')}`),
  fc.constant(`/${'a'.repeat(1900)}`),
);
const dnsName = fc.stringMatching(/^(\*\.)?[a-z0-9]{1,20}(\.[a-z0-9-]{1,10}){0,4}$/u);
const name = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9._/-]{1,64}$/u).map(commonName),
  fc.stringMatching(/^[0-9a-f]{32}$/u).map((id) => authorityName('intermediate', id)),
);
const keyID = fc.uint8Array({ minLength: 1, maxLength: 40 });
const fields = { issuer: name, issuerKeyID: keyID, serialNumber, notBefore: instant, notAfter: instant };

describe('the template', () => {
  it('writes the leaf @peculiar/x509 writes', async () => {
    const subject = fc.oneof(fc.constant(emptyName()), name);
    const dnsNames = fc.array(dnsName, { maxLength: 32 });
    const property = fc.asyncProperty(
      fc.record({ ...fields, subject, trustDomain, path, dnsNames, algorithm, signatureAlgorithm: algorithm }),
      async ({ algorithm, trustDomain, path, ...rest }) => {
        const issuerKey = await testKey(rest.signatureAlgorithm, 'intermediate 1');
        const { publicKey } = await testKey(algorithm, 'leaf');
        const template = { ...rest, publicKey, spiffeID: `spiffe://${trustDomain}${path}` };
        const theirs = await peculiarLeaf(template, subjectKeyID(publicKey), issuerKey.privateKey);
        await expectSame(leafTBS(template), theirs, rest.signatureAlgorithm);
      },
    );
    await fc.assert(property, { numRuns: RUNS });
  }, 60_000);

  it('writes the authority @peculiar/x509 writes', async () => {
    const pathLength = fc.option(fc.integer({ min: 0, max: 127 }), { nil: undefined });
    const property = fc.asyncProperty(
      fc.record({
        ...fields,
        subject: name,
        subjectKeyID: keyID,
        trustDomain,
        pathLength,
        algorithm,
        signatureAlgorithm: algorithm,
      }),
      async ({ algorithm, trustDomain, ...rest }) => {
        const issuerKey = await testKey(rest.signatureAlgorithm, 'intermediate 1');
        const { publicKey } = await testKey(algorithm, 'leaf');
        const template = { ...rest, publicKey, spiffeID: `spiffe://${trustDomain}` };
        await expectSame(
          authorityTBS(template),
          await peculiarAuthority(template, issuerKey.privateKey),
          rest.signatureAlgorithm,
        );
      },
    );
    await fc.assert(property, { numRuns: RUNS });
  }, 60_000);

  it('writes the names @peculiar/x509 writes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme' }), (text) => {
        expect(hex(commonName(text))).toBe(hex(peculiarName(['CN', text])));
        const authority = peculiarName(['O', 'Signet'], ['CN', `root ${text}`]);
        expect(hex(authorityName('root', text))).toBe(hex(authority));
      }),
    );
  });
});

/** ECDSA signatures differ by nature, so there only what was signed can be compared. */
async function expectSame(tbs: Uint8Array, theirs: Uint8Array, algorithm: KeyAlgorithm): Promise<void> {
  expect(hex(tbs)).toBe(hex(parseCertificate(theirs).tbs));
  if (algorithm.startsWith('ECDSA')) return;
  const { privateKey } = await testKey(algorithm, 'intermediate 1');
  const signature = await privateKeySigner(privateKey).sign(tbs);
  expect(hex(certificateDER(tbs, algorithm, signature))).toBe(hex(theirs));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
