// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { SignetError } from '../../../src/errors.ts';
import { undefinedOn } from '../../../src/kube/undefined-on.ts';

const missing = new SignetError('ERR_KUBE_NOT_FOUND', 'get secrets: 404');

it('gives what the call gives, and undefined for the one failure that is expected', async () => {
  expect(await undefinedOn('ERR_KUBE_NOT_FOUND', Promise.resolve('found'))).toBe('found');
  expect(await undefinedOn('ERR_KUBE_NOT_FOUND', Promise.reject(missing))).toBeUndefined();
});

it('passes every other failure on', async () => {
  await expect(undefinedOn('ERR_KUBE_ALREADY_EXISTS', Promise.reject(missing))).rejects.toBe(missing);
});
