// SPDX-License-Identifier: Apache-2.0
/**
 * Passwords of key stores: one that is taken makes files that we and OpenSSL open with it, and with no other; what is
 * said of one that is not never quotes it.
 * @module
 */
import { createSecureContext } from 'node:tls';
import { parseCertificatesPEM, parsePrivateKeyPEM } from '../../../src/pki/pem.ts';
import { keyStore } from '../../../src/pki/pkcs12.ts';
import { passwordProblem } from '../../../src/pki/pkcs12-profile.ts';
import { openStore } from '../../../src/pki/pkcs12-reader.ts';
import { DAY } from '../../../src/time.ts';
import { outcome, promise, promiseSame, type Target } from '../target.ts';
import { freshFiles } from './fresh-files.ts';

const { certificate, key } = await freshFiles({ notBefore: Date.now() - DAY, notAfter: Date.now() + DAY });
const entry = { privateKey: parsePrivateKeyPEM(key), chain: parseCertificatesPEM(certificate), alias: 'service' };

export const target: Target = {
  tokens: ['hunter2', ' ', '"', "'", '\\', '$', '\n', '\r\n', '\u0000', 'é', '\u0080', '~', '\u007f', 'x'.repeat(256)],
  quick: 4,
  feed: async (input) => {
    const problem = passwordProblem(input);
    promiseSame(
      problem === undefined,
      /^[\x20-\x7e]{1,256}$/u.test(input.toString('latin1')),
      'a password is printable ASCII',
    );
    if (problem !== undefined) {
      const text = input.toString('latin1');
      promise(text.length < 12 || !problem.includes(text), 'a message does not quote a password');
      return outcome(problem);
    }
    const file = await keyStore(entry, input);
    const opened = await openStore(file, input);
    promise(opened?.privateKey?.equals(entry.privateKey) === true, 'what was written is read back');
    promiseSame(opened?.certificates.map(hex), entry.chain.map(hex), 'the certificates are read back');
    promise(
      (await openStore(file, Buffer.concat([input, Buffer.from('x')]))) === undefined,
      'another password opens nothing',
    );
    createSecureContext({ pfx: file, passphrase: input.toString('latin1') });
    return outcome('opened', Math.ceil(Math.log2(input.length)), input.includes(0x20), input.includes(0x5c));
  },
};

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
