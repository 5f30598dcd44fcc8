// SPDX-License-Identifier: Apache-2.0
/**
 * Whatever the files of an imported authority hold, there is an answer: an issuer over exactly the certificates that were
 * made, or one reason on one line.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseCertificate } from '../../../src/pki/certificate.ts';
import { type ImportedAuthority, validateImportedAuthority } from '../../../src/pki/imported-authority.ts';
import { encodePEM, parseCertificatesPEM } from '../../../src/pki/pem.ts';
import { FOREIGN_HIERARCHIES, foreignAuthority } from '../../support/foreign-authority.ts';

const trustDomain = 'example.org';
const files = foreignAuthority(FOREIGN_HIERARCHIES['four authorities with just enough path length']);
const constrained = foreignAuthority(FOREIGN_HIERARCHIES['an issuing CA with name constraints']);
const now = Date.now();

function blocksOf({ certificatePEM, rootsPEM }: typeof files): readonly Uint8Array[] {
  return [...parseCertificatesPEM(certificatePEM), ...parseCertificatesPEM(rootsPEM)];
}

const four = blocksOf(files);
const two = blocksOf(constrained);

/** The accepted authority, or undefined after a look at the form of the reason. */
async function judge(
  ders: readonly Uint8Array[],
  keyPEM: Buffer,
  rootsPEM: string | Buffer = '',
): Promise<ImportedAuthority | undefined> {
  const certificatePEM = ders.map((der) => (der.length === 0 ? '' : encodePEM('CERTIFICATE', der).toString())).join('');
  const result = await validateImportedAuthority({ certificatePEM, rootsPEM, keyPEM, trustDomain, now });
  if ('value' in result) return result.value;
  expect(result.problem).toMatch(/^[^\n\r]{10,1000}$/u);
  expect(result.problem).not.toMatch(/undefined|NaN|\[object|PRIVATE KEY-----/u);
  return undefined;
}

const edit = fc.record({
  at: fc.nat(3000),
  removed: fc.nat(2),
  added: fc.uint8Array({ maxLength: 2 }),
});

function edited(bytes: Uint8Array, { at, removed, added }: { at: number; removed: number; added: Uint8Array }): Buffer {
  const from = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, from), added, bytes.subarray(from + removed)]);
}

it('accepts the untouched files', async () => {
  expect((await judge(four, files.keyPEM))?.chain).toHaveLength(2);
  expect((await judge(two, constrained.keyPEM))?.constrained).toBe(true);
});

it('never accepts a certificate that was edited', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(four, two), fc.nat(2), edit, async (blocks, which, change) => {
      const at = which % blocks.length;
      const ders = blocks.map((der, i) => (i === at ? edited(der, change) : der));
      const same = Buffer.compare(ders[at] ?? Buffer.alloc(0), blocks[at] ?? Buffer.alloc(1)) === 0;
      const value = await judge(ders, blocks === four ? files.keyPEM : constrained.keyPEM);
      expect(value !== undefined).toBe(same);
    }),
    { numRuns: 1500 },
  );
});

it('accepts one order of certificates and no other, with nothing missing and nothing left over', async () => {
  const stranger = two[0] ?? new Uint8Array();
  const pool = [...four, stranger];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(pool.length - 1), { maxLength: 6 }), async (order) => {
      const value = await judge(
        order.map((at) => pool[at] ?? new Uint8Array()),
        files.keyPEM,
      );
      expect(value !== undefined).toBe(order.join() === four.map((_, at) => at).join());
    }),
    { numRuns: 600 },
  );
});

it('answers for any text in any of the files', async () => {
  const pieces = fc.constantFrom(
    files.certificatePEM,
    files.rootsPEM,
    files.keyPEM.toString(),
    '-----BEGIN CERTIFICATE-----\n',
    '-----END CERTIFICATE-----\n',
    '-----BEGIN RSA PRIVATE KEY-----\n',
    '-----BEGIN ENCRYPTED PRIVATE KEY-----\n',
    'MAA=\n',
    '\n',
    'x',
  );
  const text = fc.array(pieces, { maxLength: 4 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(text, text, text, async (certificatePEM, rootsPEM, keyText) => {
      const keyPEM = Buffer.from(keyText);
      const result = await validateImportedAuthority({ certificatePEM, rootsPEM, keyPEM, trustDomain, now });
      if ('problem' in result) expect(result.problem).toMatch(/^[^\n\r]{10,1000}$/u);
      else
        expect(result.value.chain.map(({ der }) => der)).toEqual(
          four.slice(0, -1).map((der) => parseCertificate(der).der),
        );
    }),
    { numRuns: 500 },
  );
});

it('answers for any edit of the key, and signs only with the right one', async () => {
  await fc.assert(
    fc.asyncProperty(edit, async (change) => {
      const value = await judge(four, edited(files.keyPEM, change));
      if (value !== undefined) expect(Buffer.from(value.signer.publicKey)).toEqual(Buffer.from(value.issuer.publicKey));
    }),
    { numRuns: 400 },
  );
});
