// SPDX-License-Identifier: Apache-2.0
/**
 * PKCS#12 files: nothing that is thrown, nothing that is opened and not there. The MAC of a changed file is made right
 * again, as whoever has the password could, so that the reader goes on to what it protects.
 * @module
 */
import { createHmac } from 'node:crypto';
import { content, cursorOver, enter, whole } from '../../../src/pki/der-reader.ts';
import { parseCertificatesPEM, parsePrivateKeyPEM } from '../../../src/pki/pem.ts';
import { keyStore, trustStore } from '../../../src/pki/pkcs12.ts';
import { pfx } from '../../../src/pki/pkcs12-asn1.ts';
import { macKeyOffLoop } from '../../../src/pki/pkcs12-keys.ts';
import { openStore } from '../../../src/pki/pkcs12-reader.ts';
import { DAY } from '../../../src/time.ts';
import { mutateDER } from '../mutate-der.ts';
import { outcome, promise, refusing, type Target } from '../target.ts';
import { freshFiles } from './fresh-files.ts';

const PASSWORD = Buffer.from('changeit');
const SEQUENCE = 0x30;
const { certificate, authority, key } = await freshFiles({ notBefore: Date.now() - DAY, notAfter: Date.now() + DAY });
const privateKey = parsePrivateKeyPEM(key);
const chain = parseCertificatesPEM(certificate);
const anchors = parseCertificatesPEM(authority);
const salt = Buffer.alloc(16, 7);
const macKey = await macKeyOffLoop(PASSWORD, salt);

export const target: Target = {
  mutators: [mutateDER],
  quick: 10,
  made: async () => [
    await keyStore({ privateKey, chain, alias: 'service' }, PASSWORD),
    await trustStore(
      anchors.map((der) => ({ certificate: der, alias: 'anchor' })),
      PASSWORD,
    ),
  ],
  feed: async (input) => {
    const plain = await feedFile(input);
    const safe = refusing(['ERR_DER'], () => safeOf(input));
    if ('refused' in safe) return outcome(plain, safe.refused);
    return outcome(
      plain,
      await feedFile(pfx(safe.value, { salt, digest: createHmac('sha256', macKey).update(safe.value).digest() })),
    );
  },
};

async function feedFile(file: Buffer): Promise<string> {
  const opened = await openStore(file, PASSWORD);
  if (opened === undefined) return 'closed';
  // What is encrypted cannot be changed into something of sense: CBC without the key makes noise of it.
  const known = opened.certificates.filter((der) =>
    [...chain, ...anchors].some((one) => Buffer.compare(one, der) === 0),
  );
  promise(opened.privateKey === undefined || opened.privateKey.length > 0, 'a key is no empty one');
  return outcome('opened', opened.privateKey?.equals(privateKey), opened.certificates.length, known.length);
}

/** AuthenticatedSafe: what the MAC is over. */
function safeOf(file: Buffer): Uint8Array {
  const top = enter(cursorOver(file), SEQUENCE);
  whole(top, 0x02);
  const info = enter(top, SEQUENCE);
  whole(info, 0x06);
  return content(enter(info, 0xa0), 0x04);
}
