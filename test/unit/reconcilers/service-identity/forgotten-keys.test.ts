// SPDX-License-Identifier: Apache-2.0
/**
 * A private key that was read to judge a Secret is zeroed, whatever happens while the password of its files is read.
 * @module
 */
import { beforeEach, expect, it } from 'vitest';
import { anIdentityHarness, type IdentityHarness, SECRET } from '../../../support/identity-harness.ts';

let harness: IdentityHarness;

/** Everything that is read of Secrets with keys from here on. */
function filesRead(): readonly Buffer[] {
  const { getSecret } = harness.api.api;
  const files: Buffer[] = [];
  harness.api.api.getSecret = async (namespace, name) => {
    const read = await getSecret(namespace, name);
    files.push(...(read?.secret.data.values() ?? []));
    return read;
  };
  return files;
}

beforeEach(async () => {
  harness = await anIdentityHarness();
  const pkcs12 = { passwordSecretRef: { name: 'keystore-password' } };
  harness.respecify({ secret: { formats: [{ type: 'PEM' }, { type: 'PKCS12', pkcs12 }] } });
  const data = { password: Buffer.from('first').toString('base64') };
  harness.api.create(
    { name: 'keystore-password', labels: { 'signet.dev/password': 'true' } },
    { type: 'Opaque', data },
  );
  await harness.run();
  harness.touch();
});

it('is zeroed when everything was judged', async () => {
  const files = filesRead();
  expect(await harness.run()).toEqual([`get ${SECRET.split('/')[1]}`, 'get keystore-password']);
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((file) => file.some((octet) => octet !== 0))).toEqual([]);
});

it('is zeroed when the password cannot be read', async () => {
  const files = filesRead();
  harness.api.api.getPasswordSecret = () => Promise.reject(new Error('no answer'));
  expect(await harness.failure()).toMatchObject({ message: 'no answer' });
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((file) => file.some((octet) => octet !== 0))).toEqual([]);
});
