// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { secretBytes } from '../../../support/faults/stored-bytes.ts';
import { managerOf, storedSecret } from '../../../support/faults/stored-object.ts';

const data = { 'tls.key': Buffer.from('a key'), 'ca.crt': Buffer.alloc(300, 'c') };
const owns = (...files: string[]) => ({ 'f:data': Object.fromEntries(files.map((file) => [`f:${file}`, {}])) });

it('reads what a Secret holds', () => {
  const secret = storedSecret(secretBytes({ data, annotations: { 'signet.dev/renew-request': '7' } }));
  expect(secret).toEqual({ uid: 'uid', annotations: { 'signet.dev/renew-request': '7' }, data, writer: undefined });
});

it('knows the process that stored the key from its field manager, whoever wrote the rest before or after', () => {
  const managers = [
    [managerOf(70), { 'f:metadata': { 'f:labels': {} } }],
    [managerOf(71), owns('tls.key', 'tls.crt')],
    [managerOf(72), owns('ca.crt')],
  ] as const;
  expect(storedSecret(secretBytes({ data, managers })).writer).toBe(71);
});

it('knows nobody where the owner of the key is no process of the proof', () => {
  const managers = [
    [managerOf(70), owns('ca.crt')],
    ['signet', owns('tls.key')],
  ] as const;
  expect(storedSecret(secretBytes({ data, managers })).writer).toBeUndefined();
});
