// SPDX-License-Identifier: Apache-2.0
/** @module A Secret with a password that somebody writes again and again: each version costs a slow digest, so not each is read. */
import { expect, it } from 'vitest';
import { MINUTE } from '../../../../src/time.ts';
import { anIdentityHarness } from '../../../support/identity-harness.ts';

const PASSWORD_SECRET = 'shop/keystore-password';
const PKCS12 = { type: 'PKCS12' as const, pkcs12: { passwordSecretRef: { name: 'keystore-password' } } };

function passwordJSON(password: string) {
  return { type: 'Opaque', data: { password: Buffer.from(password).toString('base64') } };
}

it('is read a few times and followed fewer, and not even read then, and the last one counts in the end', async () => {
  const harness = await anIdentityHarness();
  harness.respecify({ secret: { formats: [{ type: 'PEM' }, PKCS12] } });
  harness.api.create({ name: 'keystore-password', labels: { 'signet.dev/password': 'true' } }, passwordJSON('first'));
  await harness.run();
  const change = (password: string): Promise<string[]> => {
    harness.api.edit(PASSWORD_SECRET, ({ meta }) => ({ meta, secret: passwordJSON(password) }));
    return harness.run();
  };
  const calls: string[] = [];
  for (let changes = 0; changes < 20; changes += 1) calls.push(...(await change(`password ${changes}`)));
  expect(calls.filter((call) => call.startsWith('replace')).length).toBe(5);
  for (let changes = 0; changes < 5; changes += 1) expect(await change(`another ${changes}`)).toEqual([]);
  await harness.clock.advance(MINUTE);
  expect(await harness.run()).toContain('replace checkout-svid');
  expect(await harness.run()).toEqual([]);
});
