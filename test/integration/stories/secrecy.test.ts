// SPDX-License-Identifier: Apache-2.0
/**
 * The story of whoever gets hold of the controller's heap or its log: no key is in them.
 * @module
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type ServiceIdentity, type ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../../../src/spiffe/svid.ts';
import { fileOf } from './svid-files.ts';
import { isReady, NAME, storyWorld } from './world.ts';

const world = storyWorld({ running: false });
const SCRIPT = path.resolve(import.meta.dirname, '../../support/snapshot-controller.ts');
const IDENTITIES = 200;
const ROUNDS = 5;
const ISSUANCES = IDENTITIES * ROUNDS;

/** How a private key may stand in text: PEM, its base64 (alone and inside other base64), bare PKCS#8 of P-256. */
const MARKS = {
  PEM: 'BEGIN PRIVATE KEY',
  'base64 of PEM': 'LS0tLS1CRUdJTiBQUklWQVRF',
  'base64 of PEM, one octet later': '0tLS0tQkVHSU4gUFJJVkFURS',
  'base64 of PEM, two octets later': 'tLS0tLUJFR0lOIFBSSVZBVE',
  'base64 of PKCS#8': 'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg',
} as const;

it(`after ${ISSUANCES} issuances neither the heap nor the log holds a private key`, { timeout: 300_000 }, async () => {
  const snapshot = path.join(world.installation.directory, 'controller.heapsnapshot');
  const signet = await world.startAs({ script: SCRIPT, flags: [...world.flags, '--log-level=debug', snapshot] });
  await signet.untilSigning();
  await world.untilTrustDomain('default', isReady);
  const namespace = await world.namespace();
  const numbers = Array.from({ length: IDENTITIES }, (_, index) => index);
  await Promise.all(numbers.map((index) => world.identity(namespace, specOf(index), `${NAME}-${index}`)));
  for (let round = 1; round < ROUNDS; round += 1) {
    await untilEveryOne(namespace, round - 1);
    const spec = { renewRequest: String(round) };
    await Promise.all(numbers.map((index) => world.patch(namespace, spec, `${NAME}-${index}`)));
  }
  await untilEveryOne(namespace, ROUNDS - 1);

  process.kill(signet.pid, 'SIGUSR2');
  await signet.untilLogged('Heap snapshot written');
  const found = await marksIn(snapshot, {
    ...MARKS,
    canary: '-canary of the heap',
    certificate: 'spiffe://example.org/ns/',
  });
  expect(found.sort()).toEqual(['canary', 'certificate']);

  const read = () => readFile(path.join(world.installation.directory, 'controller-1.log'), 'utf8');
  const told = async () => (await read()).split('\n').filter((line) => line.includes('"Issued X509-SVID"')).length;
  // Lines are written a moment after what they tell of.
  await expect.poll(told).toBe(ISSUANCES);
  const log = await read();
  expect(Object.values(MARKS).filter((mark) => log.includes(mark))).toEqual([]);
  // The marks are those of the keys there are.
  const secret = await world.secret(namespace, `${NAME}-${IDENTITIES - 1}-svid`);
  expect(fileOf(secret, 'tls.key')).toContain(MARKS.PEM);
  expect(secret.data?.['tls.key']).toContain(MARKS['base64 of PEM']);
  expect(fileOf(secret, 'tls.key').replaceAll('\n', '')).toContain(MARKS['base64 of PKCS#8']);
});

/** RSA keys take long to make: some of each algorithm are enough. */
function specOf(index: number): Partial<ServiceIdentitySpec> {
  const algorithm: KeyAlgorithm = KEY_ALGORITHMS[index] ?? 'ECDSA-P256';
  const formats = [{ type: 'PEM' as const }, { type: 'CombinedPEM' as const }];
  return { privateKey: { algorithm }, ...(index % 10 === 0 ? { secret: { formats } } : {}) };
}

async function untilEveryOne(namespace: string, round: number): Promise<void> {
  const renewed = (identity: ServiceIdentity) =>
    isReady(identity) && (round === 0 || identity.status?.observedRenewRequest === String(round));
  await world.cluster.untilAll('ServiceIdentity', namespace, (all) => all.length === IDENTITIES && all.every(renewed));
}

/** Names of the marks that occur in a file, which may be too long to be a string. */
async function marksIn(file: string, marks: Readonly<Record<string, string>>): Promise<string[]> {
  const longest = Math.max(...Object.values(marks).map((mark) => mark.length));
  const found = new Set<string>();
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    const text = Buffer.concat([rest, chunk]);
    for (const [name, mark] of Object.entries(marks)) if (text.includes(mark)) found.add(name);
    rest = text.subarray(-longest);
  }
  return [...found];
}
