// SPDX-License-Identifier: Apache-2.0
/**
 * Row `pkcs12`: key store and trust store of one SVID, one after the other, beside their key derivations alone on one
 * thread; and how long the event loop stands still for a pair.
 * @module
 */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { mintSVID } from '../../src/pki/mint.ts';
import { macKey } from '../../src/pki/pkcs12-mac-key.ts';
import { PKCS12_ITERATIONS, PKCS12_KEY_LENGTH, PKCS12_SALT_LENGTH } from '../../src/pki/pkcs12-profile.ts';
import { keyStoreFiles } from '../../src/reconcilers/service-identity/keystores.ts';
import { against, median, type Row } from './report.ts';
import { REQUEST, testIssuer } from './test-issuer.ts';

const ROUNDS = 5;
const PAIRS = 40;
const PASSWORD = Buffer.from('a password of usual length');

export async function benchPKCS12(log: (line: string) => void): Promise<Row[]> {
  const issuer = await testIssuer();
  const svid = await mintSVID(issuer, REQUEST, Date.now());
  const write = (): Promise<unknown> => keyStoreFiles(svid, issuer.anchors, PASSWORD);
  for (let warm = 0; warm < PAIRS; warm += 1) await write();
  const rates: number[] = [];
  const raw: number[] = [];
  const blocked: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    log(`round ${round} of ${ROUNDS}`);
    raw.push(await rateOf(() => Promise.resolve(deriveAll())));
    const before = performance.eventLoopUtilization();
    rates.push(await rateOf(write));
    blocked.push(performance.eventLoopUtilization(before).active / PAIRS);
  }
  const alone: Row = {
    id: 'pkcs12_raw',
    value: median(raw),
    unit: '1/s',
    note: 'the four key derivations, one thread',
  };
  const row: Row = { id: 'pkcs12', value: median(rates), unit: '1/s', note: 'key store and trust store of one SVID' };
  return [
    alone,
    against(row, alone),
    { id: 'pkcs12_loop', value: median(blocked), unit: 'ms', note: 'of the event loop for both files' },
  ];
}

async function rateOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < PAIRS; i += 1) await work();
  return PAIRS / ((performance.now() - started) / 1000);
}

/** For either file one key that encrypts, and one for the MAC. */
function deriveAll(): void {
  for (let file = 0; file < 2; file += 1) {
    const salt = randomBytes(PKCS12_SALT_LENGTH);
    pbkdf2Sync(PASSWORD, salt, PKCS12_ITERATIONS, PKCS12_KEY_LENGTH, 'sha256');
    macKey(PASSWORD, salt, PKCS12_ITERATIONS);
  }
}
