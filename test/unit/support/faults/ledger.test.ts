// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { HOUR, type Instant, MINUTE, SECOND } from '../../../../src/time.ts';
import { Ledger } from '../../../support/faults/ledger.ts';
import { secretBytes } from '../../../support/faults/stored-bytes.ts';
import { managerOf } from '../../../support/faults/stored-object.ts';
import { aMintedSecret } from '../../../support/minted-secret.ts';
import { aTestAuthority, NOW, type TestAuthority } from '../../../support/test-authority.ts';

let authority: TestAuthority;
beforeAll(async () => {
  authority = await aTestAuthority();
});

let revision = 0;

/** An SVID of an hour, issued and stored at that time; its serial number. */
async function issue(ledger: Ledger, at: Instant): Promise<string> {
  const { secret, svid } = await aMintedSecret(authority, { at });
  const data = Object.fromEntries(
    Object.entries(secret.data).map(([name, text]) => [name, Buffer.from(text, 'base64')] as const),
  );
  const managers = [[managerOf(71), { 'f:data': { 'f:tls.key': {} } }]] as const;
  revision += 1;
  ledger.saw('checkout', { key: '', revision, at, value: secretBytes({ data, managers }) });
  return new X509Certificate(svid.chainPEM).serialNumber.toLowerCase();
}

function told(ledger: Ledger) {
  expect(ledger.violations).toEqual([]);
  return ledger.issuances.map(({ writer, race, overdue, left }) => ({ writer, race, overdue, left }));
}

it('tells who stored what, how late it was by the plan, and what was left', async () => {
  const ledger = new Ledger(0);
  const serial = await issue(ledger, NOW);
  ledger.planned('', 'checkout', { serial, due: NOW + 30 * MINUTE });
  expect(ledger.overdue(NOW + 30 * MINUTE + SECOND, SECOND)).toEqual([]);
  expect(ledger.overdue(NOW + 30 * MINUTE + SECOND + 1, SECOND)).toEqual(['checkout']);
  await issue(ledger, NOW + 31 * MINUTE);
  expect(told(ledger)[1]).toEqual({ writer: 71, race: undefined, overdue: MINUTE, left: 29 * MINUTE });
});

it('goes by the latest time there may be until a status tells the plan of that very SVID', async () => {
  const ledger = new Ledger(0);
  await issue(ledger, NOW);
  ledger.planned('', 'checkout', { serial: 'of another', due: NOW + 30 * MINUTE });
  await issue(ledger, NOW + 37 * MINUTE);
  expect(told(ledger)[1]?.overdue).toBe(MINUTE);
});

it('finds a plan outside of the part of the life that is for renewals', async () => {
  for (const due of [NOW + 0.39 * HOUR, NOW + 0.61 * HOUR]) {
    const ledger = new Ledger(0);
    ledger.planned('checkout@2', 'checkout', { serial: await issue(ledger, NOW), due });
    expect(ledger.violations).toEqual([`checkout@2: its renewal is planned after ${(due - NOW) / SECOND} s`]);
  }
});

it('finds an SVID that was replaced when it had expired', async () => {
  const ledger = new Ledger(0);
  await issue(ledger, NOW);
  await issue(ledger, NOW + HOUR + SECOND);
  expect(ledger.violations[0]).toContain('the SVID before it had expired 1000 ms ago');
});

it('tells one SVID too many from one that was asked for, and from the second for one request', async () => {
  const ledger = new Ledger(0);
  await issue(ledger, NOW);
  await issue(ledger, NOW + MINUTE);
  ledger.requested('checkout', { request: '1', at: NOW + 2 * MINUTE });
  await issue(ledger, NOW + 2 * MINUTE);
  await issue(ledger, NOW + 2 * MINUTE + SECOND);
  expect(told(ledger).map(({ race }) => race)).toEqual([undefined, 'early', undefined, 'twice']);
});
