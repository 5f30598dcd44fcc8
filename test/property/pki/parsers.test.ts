// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzzing: whatever the bytes, the readers answer or refuse with their own error; no changed certificate passes the path
 * check; and what is accepted means to node's X509Certificate what it means to us.
 * @module
 */
import { X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../../src/base64.ts';
import { isSignetError } from '../../../src/errors.ts';
import { type Certificate, parseCertificate, serialNumberHex } from '../../../src/pki/certificate.ts';
import { element, objectIdentifier, unsignedInteger, time as writeTime } from '../../../src/pki/der.ts';
import { cursorOver, dottedOID, integer, namedBits, time } from '../../../src/pki/der-reader.ts';
import { mintSVID } from '../../../src/pki/mint.ts';
import { authorityPathProblem, pathProblem } from '../../../src/pki/path.ts';
import { encodePEM, parseCertificatesPEM, parsePrivateKeyPEM } from '../../../src/pki/pem.ts';
import { publicKeyAlgorithm } from '../../../src/pki/public-key.ts';
import { KEY_ALGORITHMS } from '../../../src/spiffe/svid.ts';
import { anSVIDRequest, aTestAuthority, NOW, testKey } from '../../support/test-authority.ts';

const trustDomain = 'example.org';
const { issuer, root, intermediate } = await aTestAuthority();
const svid = await mintSVID(issuer, anSVIDRequest({ subject: 'SPIFFEPath' }), NOW);
const { certificate: leaf } = svid;
const roots = await Promise.all(KEY_ALGORITHMS.map((rootAlgorithm) => aTestAuthority({ rootAlgorithm })));
const originals = [leaf.der, ...roots.flatMap((one) => [one.root.der, one.intermediate.der])];

interface Edit {
  readonly at: number;
  readonly removed: number;
  readonly added: Uint8Array;
}

const edit: fc.Arbitrary<Edit> = fc.oneof(
  // One octet for another, which is what finds the most.
  fc.record({ at: fc.nat(2000), removed: fc.constant(1), added: fc.uint8Array({ minLength: 1, maxLength: 1 }) }),
  fc.record({ at: fc.nat(2000), removed: fc.nat(3), added: fc.uint8Array({ maxLength: 3 }) }),
  fc.record({ at: fc.nat(2000), removed: fc.nat(2000), added: fc.uint8Array({ maxLength: 40 }) }),
);
const edits = fc.array(edit, { minLength: 1, maxLength: 3 });

function edited(bytes: Uint8Array, changes: readonly Edit[]): Buffer {
  return changes.reduce((now: Buffer, { at, removed, added }) => {
    const from = at % (now.length + 1);
    return Buffer.concat([now.subarray(0, from), added, now.subarray(from + removed)]);
  }, Buffer.from(bytes));
}

/** The value, or undefined where the reader refused with the code; anything else thrown fails the test. */
function readOrRefuse<T>(code: 'ERR_DER' | 'ERR_PEM', read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isSignetError(error, code)) throw error;
    return undefined;
  }
}

function parsed(bytes: Uint8Array): Certificate | undefined {
  return readOrRefuse('ERR_DER', () => parseCertificate(bytes));
}

describe('parseCertificate', () => {
  it('refuses random bytes with ERR_DER and nothing else', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 120 }).map((content) => element(0x30, element(0x30, content), content)),
    );
    fc.assert(
      fc.property(bytes, (random) => {
        expect(parsed(random)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('survives every cut and every single octet of a certificate, and they are never taken for the original', () => {
    for (let length = 0; length < leaf.der.length; length++)
      expect(parsed(leaf.der.subarray(0, length))).toBeUndefined();
    const input = { anchors: [root], trustDomain, now: NOW };
    for (let at = 0; at < leaf.der.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(leaf.der);
        changed[at] = (changed[at] ?? 0) ^ mask;
        const certificate = parsed(changed);
        if (certificate !== undefined)
          expect(pathProblem({ ...input, chain: [certificate, intermediate] })).toBeDefined();
      }
    }
  });

  it('reads out of changed certificates what node reads out of them', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.constantFrom(...originals), edits, (original, changes) => {
        const bytes = edited(original, changes);
        const ours = parsed(bytes);
        // What an unknown algorithm carries along is not looked at: the path check refuses it.
        if (ours?.publicKeyAlgorithm === undefined || ours.signatureAlgorithm === undefined) return;
        accepted++;
        const theirs = new X509Certificate(bytes);
        expect(theirs.raw.equals(ours.der)).toBe(true);
        expect([theirs.validFromDate.getTime(), theirs.validToDate.getTime()]).toEqual([ours.notBefore, ours.notAfter]);
        if ((ours.serialNumber[0] ?? 0) < 0x80)
          expect(BigInt(`0x${theirs.serialNumber}`)).toBe(BigInt(`0x${serialNumberHex(ours)}`));
        // Node's answer also wants the right key usage, so it may say no where we read yes.
        if (theirs.ca) expect(ours.ca).toBe(true);
      }),
      { numRuns: 6000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

describe('the path check', () => {
  it('takes no certificate of a chain for the one it was changed from', () => {
    const certificates = [leaf, intermediate, root];
    const which = fc.constantFrom(0, 1, 2);
    fc.assert(
      fc.property(which, edits, (index, changes) => {
        const original = certificates[index];
        if (original === undefined) return;
        const bytes = edited(original.der, changes);
        if (bytes.equals(original.der)) return;
        const changed = parsed(bytes);
        if (changed === undefined) return;
        const [one = changed, two = changed, three = changed] = certificates.with(index, changed);
        const input = { chain: [one, two], anchors: [three], trustDomain, now: NOW };
        expect(pathProblem(input)).toBeDefined();
        expect(authorityPathProblem({ ...input, chain: [two] })).toSatisfy(
          (problem) => (index === 0) === (problem === undefined),
        );
      }),
      { numRuns: 4000 },
    );
  });
});

describe('the DER reader', () => {
  it('reads back every time, object identifier and integer that can be written', () => {
    const second = fc.integer({ min: Date.UTC(1950, 0) / 1000, max: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000 });
    fc.assert(
      fc.property(second, (value) => {
        expect(time(cursorOver(writeTime(value * 1000)))).toBe(value * 1000);
      }),
    );
    const arcs = fc.array(fc.integer({ min: 0, max: 0x7fffffff }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom('0.9', '1.2', '2.5', '2.999'), arcs, (head, rest) => {
        const dotted = [head, ...rest].join('.');
        expect(dottedOID(cursorOver(objectIdentifier(dotted)))).toBe(dotted);
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 160n }), (value) => {
        const text = value.toString(16);
        const magnitude = Buffer.from(text.padStart(text.length + (text.length % 2), '0'), 'hex');
        const octets = Buffer.from(integer(cursorOver(unsignedInteger(magnitude))));
        expect(BigInt(`0x${octets.toString('hex')}`)).toBe(value);
      }),
    );
  });

  it('answers or refuses on any content', () => {
    const readers = [time, dottedOID, integer, namedBits];
    const tags = [0x02, 0x03, 0x06, 0x17, 0x18];
    fc.assert(
      fc.property(fc.constantFrom(...tags), fc.uint8Array({ maxLength: 30 }), (tag, content) => {
        for (const read of readers) readOrRefuse('ERR_DER', () => read(cursorOver(element(tag, content))));
      }),
      { numRuns: 2000 },
    );
  });

  it('answers or refuses on any public key', async () => {
    const spkis = await Promise.all(KEY_ALGORITHMS.map(async (one) => (await testKey(one, 'leaf')).publicKey));
    fc.assert(
      fc.property(fc.constantFrom(...spkis), edits, (spki, changes) => {
        readOrRefuse('ERR_DER', () => publicKeyAlgorithm(edited(spki, changes)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('PEM and base64', () => {
  it('are read back', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 5 }), (all) => {
        const text = Buffer.concat(all.map((der) => encodePEM('CERTIFICATE', der)));
        expect(parseCertificatesPEM(text)).toEqual(all.map((der) => Buffer.from(der)));
      }),
    );
  });

  it('agree with Buffer, and take no other spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(encodeBase64(bytes).toString()).toBe(Buffer.from(bytes).toString('base64'));
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.base64String(), fc.string({ unit: 'binary-ascii' })), (text) => {
        const bytes = decodeBase64(Buffer.from(text));
        if (bytes !== undefined) expect(bytes.toString('base64')).toBe(text);
        else expect(Buffer.from(text, 'base64').toString('base64') === text).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('answer or refuse on changed files', () => {
    const key = svid.privateKeyPEM;
    fc.assert(
      fc.property(edits, (changes) => {
        const certificates = readOrRefuse('ERR_PEM', () => parseCertificatesPEM(edited(svid.chainPEM, changes)));
        expect(certificates?.length).not.toBe(0);
        readOrRefuse('ERR_PEM', () => parsePrivateKeyPEM(edited(key, changes)));
      }),
      { numRuns: 1000 },
    );
  });
});
