// SPDX-License-Identifier: Apache-2.0
/**
 * Certificates bent in their DER and then signed rightly, so that no broken signature hides what a reader or a rule
 * lets through. Signet never accepts what Go or OpenSSL refuses, but for three extensions of imported authorities that
 * it leaves unread; what only Signet refuses falls under a known reason.
 * @module
 */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Judges, ourVerdict, refusals } from './support/judges.ts';
import { BENDS } from './support/mutations/bends.ts';
import type { Dice } from './support/mutations/mutation.ts';
import { exhibitOf, SCENES } from './support/scene.ts';
import { printTable } from './support/tally.ts';

const RUNS = Number(process.env['SIGNET_DIFFERENTIAL_RUNS'] ?? 4000);
const SEED = Number(process.env['SIGNET_DIFFERENTIAL_SEED'] ?? 5);
const OPENSSL_SAMPLE = 200;

/** What Signet says where Go has nothing to say, and why it is right to. */
const STRICTER: readonly (readonly [RegExp, string])[] = [
  [/^malformed: /u, 'DER and the forms of RFC 5280 to the letter'],
  [/key identifier/u, 'RFC 5280 4.2.1.1 and 4.2.1.2: key identifiers are there and fit (OpenSSL asks for it too)'],
  [/is not self-signed|is not signed by its own key/u, 'design rule 5: anchors are self-signed'],
  [/SPIFFE ID|URI/u, 'SPIFFE-ID and X509-SVID 2, 3: one SPIFFE ID, of the trust domain'],
  [/does not mark its|not digitalSignature alone|key usage/u, 'X509-SVID 4.3, 4.4: usages present, critical, exact'],
  [/public key|signature of an unsupported/u, 'the profile knows five kinds of keys'],
  [/unknown critical extension/u, 'Go passes over what it has no use for; RFC 5280 4.2 does not'],
  [/name constraint/u, 'only forms that all verifiers read alike'],
  [/an empty subject/u, 'RFC 5280 4.1.2.6: authorities have names'],
  [/outlives its issuer|older than its issuer/u, 'design rule 1'],
  [/serial number/u, 'RFC 5280 4.1.2.2: positive, at most 20 octets'],
  [/subject alternative name|DNS name/u, 'the profile has URI and DNS names only'],
  [/extension/u, 'extensions that other verifiers act on and Signet does not'],
];

const judges = new Judges();
const counts = {
  chains: 0,
  'accepted by Signet': 0,
  'compared with Go': 0,
  'refused by both': 0,
  'refused by Signet only': 0,
  'OpenSSL asked': 0,
};
const unexplained = new Set<string>();
const seen = new Map<string, number>();
beforeAll(() => judges.start());
afterAll(async () => {
  await judges.stop();
  printTable('Path validator: bent and signed certificates', [
    ['outcome', 'chains'],
    ...Object.entries(counts).map(([outcome, count]) => [outcome, `${count}`]),
  ]);
  printTable('Path validator: bent certificates that Go accepts and Signet refuses', [
    ['reason', 'chains'],
    ...[...seen].toSorted(([, a], [, b]) => b - a).map(([reason, count]) => [reason, `${count}`]),
  ]);
});

const bending = fc.record({
  bend: fc.constantFrom(...(Object.keys(BENDS) as (keyof typeof BENDS)[])),
  numbers: fc.array(fc.nat(), { minLength: 24, maxLength: 24 }),
});

test('Signet never accepts a bent certificate that Go or OpenSSL refuses', async () => {
  await fc.assert(
    fc.asyncProperty(bending, async ({ bend, numbers }) => {
      const exhibit = exhibitOf(BENDS[bend](SCENES.plain, diceOf(numbers)));
      const ours = ourVerdict(exhibit);
      const go = refusals(await judges.go(exhibit, ['x509']));
      counts.chains++;
      if (ours !== '') {
        if (Object.keys(go).length > 0) counts['refused by both']++;
        else noteStricter(ours);
        return;
      }
      counts['accepted by Signet']++;
      if (bend.startsWith('unread')) return;
      counts['compared with Go']++;
      expect(go).toEqual({});
      if (counts['OpenSSL asked'] >= OPENSSL_SAMPLE) return;
      counts['OpenSSL asked']++;
      expect(refusals(await judges.openssl(exhibit))).toEqual({});
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

test('what only Signet refuses has a known reason', () => {
  expect([...unexplained]).toEqual([]);
});

function noteStricter(ours: string): void {
  const reason = STRICTER.find(([pattern]) => pattern.test(ours))?.[1];
  counts['refused by Signet only']++;
  if (reason === undefined) unexplained.add(ours);
  else seen.set(reason, (seen.get(reason) ?? 0) + 1);
}

function diceOf(numbers: readonly number[]): Dice {
  let next = 0;
  return (n) => (numbers[next++ % numbers.length] ?? 0) % n;
}
