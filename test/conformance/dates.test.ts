// SPDX-License-Identifier: Apache-2.0
/**
 * Validity: the change of encoding between 2049 and 2050, the ends of the calendar, the shortest lifetimes. Every case
 * is judged in its first and last valid second, where all accept, and one second outside of it, where all refuse.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCertificate } from '../../src/pki/certificate.ts';
import { DAY, HOUR, type Instant, MINUTE, SECOND } from '../../src/time.ts';
import { anAuthority, mint } from './support/authorities.ts';
import { expectAccepted, expectRefused } from './support/exceptions.ts';
import { type Exhibit, Judges } from './support/judges.ts';

const judges = new Judges();
beforeAll(() => judges.start());
afterAll(async () => {
  await judges.stop();
  judges.tally.print('Judged: dates and lifetimes (half of them outside of the validity)');
});

const Y2050 = Date.UTC(2050, 0, 1);
const END = Date.UTC(9999, 11, 31, 23, 59, 59);

interface Case {
  readonly authorityBegins: Instant;
  readonly authorityEnds: Instant;
  readonly now: Instant;
  readonly ttl: number;
  /** Of the leaf. */
  readonly expected: readonly [notBefore: Instant, notAfter: Instant];
}

const CASES: readonly (readonly [string, Case])[] = [
  ['ends in the last second of 2049', leafOf(Y2050 - DAY, Y2050 + DAY, Y2050 - HOUR, HOUR - SECOND)],
  ['ends in the first second of 2050', leafOf(Y2050 - DAY, Y2050 + DAY, Y2050 - HOUR, HOUR)],
  ['begins in the last second of 2049', leafOf(Y2050 - DAY, Y2050 + DAY, Y2050 + 59 * SECOND, HOUR)],
  ['begins in the first second of 2050', leafOf(Y2050 - DAY, Y2050 + DAY, Y2050 + MINUTE, HOUR)],
  ['ends with an authority of the last second of 2049', leafOf(Y2050 - DAY, Y2050 - SECOND, Y2050 - HOUR, 2 * HOUR)],
  ['ends with an authority of the first second of 2050', leafOf(Y2050 - DAY, Y2050, Y2050 - HOUR, 2 * HOUR)],
  ['begins with an authority of the last second of 2049', leafOf(Y2050 - SECOND, Y2050 + DAY, Y2050, HOUR)],
  ['begins with an authority of the first second of 2050', leafOf(Y2050, Y2050 + DAY, Y2050, HOUR)],
  ['lies after 2^31 seconds', leafOf(2 ** 31 * SECOND - SECOND, Y2050, 2 ** 31 * SECOND + MINUTE, HOUR)],
  ['has an authority from 1950 on', leafOf(Date.UTC(1950, 0, 1), Y2050 - DAY, Date.UTC(2026, 6, 1), HOUR)],
  ['begins in 1999 and ends in 2000', leafOf(Date.UTC(1999, 0, 1), Y2050, Date.UTC(2000, 0, 1), HOUR)],
  ['is of the leap day of 2028', leafOf(Date.UTC(2028, 0, 1), Y2050, Date.UTC(2028, 1, 29, 23, 59, 59), HOUR)],
  ['has an authority without end', leafOf(Date.UTC(2026, 0, 1), END, Date.UTC(2026, 6, 1), HOUR)],
  ['ends in the last second there is', leafOf(Y2050, END, END - HOUR, 2 * HOUR)],
  ['lives for 20 seconds', leafOf(Date.UTC(2026, 0, 1), Y2050, Date.UTC(2026, 6, 1), 20 * SECOND)],
  ['lives for a second, and begins with its authority', leafOf(Y2050 - DAY, Y2050, Y2050 - DAY, SECOND)],
];

/** What design rule 1 says of the leaf: backdated a minute, inside of its issuer's validity. */
function leafOf(authorityBegins: Instant, authorityEnds: Instant, now: Instant, ttl: number): Case {
  const expected = [Math.max(now - MINUTE, authorityBegins), Math.min(now + ttl, authorityEnds)] as const;
  return { authorityBegins, authorityEnds, now, ttl, expected };
}

describe('a leaf that', () => {
  test.each(CASES)('%s', async (_, { authorityBegins, authorityEnds, now, ttl, expected }) => {
    const { issuer } = await anAuthority({
      notBefore: authorityBegins,
      rootEnds: authorityEnds,
      intermediateEnds: authorityEnds,
    });
    const exhibit = await mint(issuer, { ttl }, now);
    const [notBefore, notAfter] = expected;
    expect(validityOf(exhibit)).toEqual(expected);
    expectAccepted(await judges.everybody(exhibit));
    expectAccepted(await judges.everybody({ ...exhibit, now: notBefore }));
    expectAccepted(await judges.everybody({ ...exhibit, now: notAfter - SECOND }));
    expectRefused(await judges.everybody({ ...exhibit, now: notBefore - SECOND }));
    expectRefused(await judges.everybody({ ...exhibit, now: notAfter + SECOND }));
  });

  test('is in its very last second is accepted but by OpenSSL, which does not count notAfter in', async () => {
    const { issuer } = await anAuthority();
    const exhibit = await mint(issuer);
    const [, notAfter] = validityOf(exhibit);
    // RFC 5280 4.1.2.5 counts it in. Nothing is ever minted at that moment, so either answer of ours does no harm.
    const { signet: _, ...others } = await judges.everybody({ ...exhibit, now: notAfter });
    const { 'openssl-server': server, 'openssl-client': client, ...accepting } = others;
    expect([server, client]).toEqual(Array(2).fill(expect.stringContaining('certificate has expired')));
    expectAccepted(accepting);
  });
});

function validityOf({ chain }: Exhibit): readonly [Instant, Instant] {
  const { notBefore, notAfter } = parseCertificate(chain[0] ?? new Uint8Array());
  return [notBefore, notAfter];
}
