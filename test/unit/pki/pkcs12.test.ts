// SPDX-License-Identifier: Apache-2.0
/**
 * PKCS#12 files read back, told apart from damaged and foreign ones, and written off the event loop.
 * @module
 */
import { createHmac, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { contextConstructed, TAG } from '../../../src/pki/der.ts';
import { content, cursorOver, enter, whole } from '../../../src/pki/der-reader.ts';
import { mintSVID } from '../../../src/pki/mint.ts';
import { parsePrivateKeyPEM } from '../../../src/pki/pem.ts';
import { keyStore, trustStore } from '../../../src/pki/pkcs12.ts';
import { authenticatedSafe, pfx } from '../../../src/pki/pkcs12-asn1.ts';
import { passwordDigest } from '../../../src/pki/pkcs12-keys.ts';
import { macKey } from '../../../src/pki/pkcs12-mac-key.ts';
import { passwordProblem } from '../../../src/pki/pkcs12-profile.ts';
import { openStore } from '../../../src/pki/pkcs12-reader.ts';
import { anSVIDRequest, aTestAuthority, NOW } from '../../support/test-authority.ts';

const PASSWORD = Buffer.from('first');

let privateKey: Buffer;
let chain: Uint8Array[];
let root: Uint8Array;
let file: Buffer;

beforeAll(async () => {
  const authority = await aTestAuthority();
  const svid = await mintSVID(authority.issuer, anSVIDRequest(), NOW);
  privateKey = parsePrivateKeyPEM(svid.privateKeyPEM);
  chain = [svid.certificate.der, authority.intermediate.der];
  root = authority.root.der;
  file = await keyStore({ privateKey, chain, alias: 'svid' }, PASSWORD);
});

/** The pieces of the file: the key, the certificates. */
function contentsOf(store: Buffer): Uint8Array[] {
  const top = enter(cursorOver(store), TAG.SEQUENCE);
  whole(top, TAG.INTEGER);
  const data = enter(top, TAG.SEQUENCE);
  whole(data, TAG.OID);
  const info = enter(data, contextConstructed(0));
  const contents = enter(cursorOver(content(info, TAG.OCTET_STRING)), TAG.SEQUENCE);
  return [whole(contents, TAG.SEQUENCE), whole(contents, TAG.SEQUENCE)];
}

/** Every copy of the key that is put together from here on, and what from. */
function copiesOfTheKey(): { readonly whole: Buffer; readonly pieces: readonly Uint8Array[] }[] {
  const copies: ReturnType<typeof copiesOfTheKey> = [];
  const concat = Buffer.concat.bind(Buffer);
  vi.spyOn(Buffer, 'concat').mockImplementation((pieces, length) => {
    const joined = concat(pieces, length);
    if (joined.equals(privateKey)) copies.push({ whole: joined, pieces: [...pieces] });
    return joined;
  });
  return copies;
}

function isWiped(octets: Uint8Array): boolean {
  return octets.every((octet) => octet === 0);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a key store', () => {
  it('is read back as it was written, by its password alone', async () => {
    expect(await openStore(file, PASSWORD)).toEqual({ privateKey, certificates: chain.map((der) => Buffer.from(der)) });
    expect(await openStore(file, Buffer.from('other'))).toBeUndefined();
  });

  it('is another one every time, and shows no octet of the key', async () => {
    const again = await keyStore({ privateKey, chain, alias: 'svid' }, PASSWORD);
    expect(again.equals(file)).toBe(false);
    expect(file.includes(privateKey.subarray(-32))).toBe(false);
    expect(file.includes(chain[0] ?? file)).toBe(false);
  });

  it('is refused where any octet of it is another one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: file.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bent = Buffer.from(file);
        bent[at] = (bent[at] ?? 0) ^ change;
        expect(await openStore(bent, PASSWORD)).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  it('leaves no piece of the key behind', async () => {
    const copies = copiesOfTheKey();
    expect((await openStore(file, PASSWORD))?.privateKey).toEqual(privateKey);
    expect(copies.map(({ pieces }) => pieces.map(isWiped))).toEqual([[true, true]]);
  });

  it('is refused where it has two keys, of which the first is wiped and the second is not decrypted', async () => {
    const [key = file, certificates = file] = contentsOf(file);
    const safe = authenticatedSafe([key, key, certificates]);
    const salt = randomBytes(16);
    const mac = createHmac('sha256', macKey(PASSWORD, salt, 10_000))
      .update(safe)
      .digest();
    const copies = copiesOfTheKey();
    expect(await openStore(pfx(safe, { digest: mac, salt }), PASSWORD)).toBeUndefined();
    expect(copies.map(({ whole: copy }) => isWiped(copy))).toEqual([true]);
  });

  it('is none where it is anything else', async () => {
    for (const other of [Buffer.alloc(0), randomBytes(500), file.subarray(0, -1), Buffer.concat([file, file])])
      expect(await openStore(other, PASSWORD)).toBeUndefined();
  });
});

describe('a trust store', () => {
  it('holds the anchors in their order and no key', async () => {
    const anchors = [root, chain[1] ?? root].map((certificate, i) => ({ certificate, alias: `anchor-${i}` }));
    const opened = await openStore(await trustStore(anchors, PASSWORD), PASSWORD);
    expect(opened).toEqual({
      privateKey: undefined,
      certificates: anchors.map(({ certificate }) => Buffer.from(certificate)),
    });
  });
});

describe('keys', () => {
  it('of MACs are those of RFC 7292 B.2, as OpenSSL derives them', () => {
    // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexpass:0073006500630072006500740000 -kdfopt hexsalt:07..07
    // -kdfopt iter:10000 -kdfopt id:3 PKCS12KDF
    expect(macKey(Buffer.from('secret'), Buffer.alloc(16, 7), 10_000).toString('hex')).toBe(
      'cce2d7330f34eb68db7b32f29f8978bcc2418e7c20ec926d3d80cdac0e6f47aa',
    );
  });

  it('leave the password and the salt as they were', () => {
    const [password, salt] = [Buffer.from('secret'), Buffer.alloc(16, 7)];
    macKey(password, salt, 1);
    expect([password.toString(), salt]).toEqual(['secret', Buffer.alloc(16, 7)]);
  });

  it('of passwords differ from user to user', async () => {
    const digest = await passwordDigest(PASSWORD, 'a');
    expect(digest).toMatch(/^[0-9a-f]{32}$/);
    expect(await passwordDigest(PASSWORD, 'a')).toBe(digest);
    expect(await passwordDigest(PASSWORD, 'b')).not.toBe(digest);
  });
});

describe('passwords', () => {
  it.each(['a', 'with spaces "and" $signs', '~'.repeat(256)])('can be %s', (text) => {
    expect(passwordProblem(Buffer.from(text))).toBeUndefined();
  });

  it('are never part of what is said about them', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 20, unit: 'binary' }), (text) => {
        expect(passwordProblem(Buffer.from(text)) ?? '').not.toContain(text);
      }),
    );
  });
});
