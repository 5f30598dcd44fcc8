// SPDX-License-Identifier: Apache-2.0
/** @module Kubeconfig files, written and read. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { addressOf, namesFile } from '../../../../hack/controlplane/external.ts';
import { kubeconfigText } from '../../../../hack/controlplane/kubeconfig.ts';

it('writes what the reader of foreign kubeconfigs understands', () => {
  const address = { server: 'https://127.0.0.1:20001', authority: '-----BEGIN CERTIFICATE-----\n' };
  const text = kubeconfigText(address, { token: 't' }, 'shop');
  expect(addressOf(JSON.parse(text))).toEqual(address);
  expect(JSON.parse(text)).toMatchObject({
    users: [{ user: { token: 't' } }],
    contexts: [{ context: { namespace: 'shop' } }],
  });
});

it('leaves the authority out where the trust store of the machine decides', () => {
  const text = kubeconfigText({ server: 'https://a.example', authority: undefined }, { token: 't' });
  expect(text).not.toContain('certificate-authority');
  expect(addressOf(JSON.parse(text))).toEqual({ server: 'https://a.example', authority: undefined });
});

it('refuses a kubeconfig without a cluster', () => {
  expect(() => addressOf({})).toThrow('names no cluster');
});

it.each<[names: boolean, ...files: string[]]>([
  [true, import.meta.filename],
  [true, '/nowhere/kubeconfig', import.meta.filename],
  [false, '/nowhere/kubeconfig'],
  [false, '/nowhere/kubeconfig', ''],
  [false, ''],
])('says whether any file is there (%s): %s', (names, ...files) => {
  expect(namesFile(files.join(path.delimiter))).toBe(names);
});
