// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { secretBody } from '../../../src/kube/secret-body.ts';
import { watchBuffers } from '../../support/buffer-watch.ts';

const metadata = { name: 'tls', namespace: 'shop', annotations: { note: 'a "quoted" \\ line\n' } };

it('is the JSON of the Secret, whatever its files are called and hold', () => {
  const files = fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), fc.uint8Array()), { selector: ([key]) => key });
  fc.assert(
    fc.property(files, (data) => {
      const body = secretBody({ metadata, type: 'Opaque', data });
      const encoded = data.map(([key, value]) => [key, Buffer.from(value).toString('base64')] as const);
      const expected = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata,
        type: 'Opaque',
        data: Object.fromEntries(encoded),
      };
      // Through JSON, for which a lone surrogate is not the same before and after UTF-8.
      expect(JSON.parse(body.toString())).toEqual(JSON.parse(Buffer.from(JSON.stringify(expected)).toString()));
    }),
    { numRuns: 200 },
  );
});

it('is a merge patch without a type, in which null takes a file away', () => {
  const body = secretBody({
    metadata,
    data: [
      ['old', null],
      ['new', Buffer.from('a')],
    ],
  });
  expect(JSON.parse(body.toString())).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    data: { old: null, new: 'YQ==' },
  });
});

it('leaves what the files hold in the body and in the Buffers they came in, and nowhere else', () => {
  const key = Buffer.from('-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n');
  const watch = watchBuffers();
  try {
    const body = secretBody({ metadata, type: 'Opaque', data: [['tls.key', key]] });
    expect(body.includes('LS0tLS1CRUdJTiBQUklWQVRF')).toBe(true);
    expect(watch.holding(Buffer.from('LS0tLS1CRUdJTiBQUklWQVRF', 'latin1'))).toBe(2);
    body.fill(0);
    expect(watch.holding(key.subarray(30, 60))).toBe(0);
    expect(key.includes('PRIVATE')).toBe(true);
  } finally {
    watch.stop();
  }
});
