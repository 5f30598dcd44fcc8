// SPDX-License-Identifier: Apache-2.0
/**
 * One minting measurement in a process of its own: `raw` (generateKeyPair and sign), `mint` (up to the signed leaf) or
 * `mint_verify` (with the path check and PEM), for a number of milliseconds; prints how many a second.
 * @module
 */
import { generateKeyPair as generate, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { parseCertificate } from '../../src/pki/certificate.ts';
import { mintSVID, signLeaf } from '../../src/pki/mint.ts';
import { REQUEST, testIssuer } from './test-issuer.ts';

const [, , kind = '', milliseconds = '1000'] = process.argv;
const work = await workOf(kind);
for (let warm = 0; warm < 500; warm += 1) await work();
const started = performance.now();
const end = started + Number(milliseconds);
let count = 0;
while (performance.now() < end) {
  await work();
  count += 1;
}
console.log((count / ((performance.now() - started) / 1000)).toFixed(1));

async function workOf(name: string): Promise<() => Promise<unknown>> {
  const issuer = await testIssuer();
  switch (name) {
    case 'raw': {
      const asynchronous = promisify(generate);
      const { privateKey } = await asynchronous('ec', { namedCurve: 'P-256' });
      const tbs = parseCertificate((await signLeaf(issuer, REQUEST, Date.now())).der).tbs;
      return async () => {
        await asynchronous('ec', { namedCurve: 'P-256' });
        return sign('sha256', tbs, privateKey);
      };
    }
    case 'mint':
      return async () => (await signLeaf(issuer, REQUEST, Date.now())).key.privateKey.fill(0);
    case 'mint_verify':
      return async () => (await mintSVID(issuer, REQUEST, Date.now())).privateKeyPEM.fill(0);
    default:
      throw new Error(`no measurement is called ${name}: raw, mint or mint_verify`);
  }
}
