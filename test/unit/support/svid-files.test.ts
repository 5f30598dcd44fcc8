// SPDX-License-Identifier: Apache-2.0
import { beforeAll, expect, it } from 'vitest';
import { createCrossCertificate } from '../../../src/pki/authority.ts';
import { encodePEM } from '../../../src/pki/pem.ts';
import { DAY, MINUTE } from '../../../src/time.ts';
import { disagreement } from '../../integration/stories/svid-files.ts';
import type { SecretObject } from '../../support/kinds.ts';
import { aMintedSecret, anchorsPEM, fileOf, withFiles } from '../../support/minted-secret.ts';
import { aTestAuthority, NOW, type TestAuthority } from '../../support/test-authority.ts';

let old: TestAuthority;
let next: TestAuthority;
let third: TestAuthority;
/** What `next` issued: leaf, intermediate, and the root under the signature of the one before. */
let parts: { readonly key: string; readonly chain: readonly string[] };

beforeAll(async () => {
  [old, next, third] = (await Promise.all([1, 2, 3].map((generation) => aTestAuthority({ generation })))) as [
    TestAuthority,
    TestAuthority,
    TestAuthority,
  ];
  const { secret } = await aMintedSecret(next);
  const cross = await createCrossCertificate({
    trustDomain: 'example.org',
    root: next.root,
    issuer: { certificate: old.root, signer: old.rootSigner },
    notBefore: NOW - MINUTE,
    notAfter: NOW + 5 * DAY,
  });
  const short = fileOf(secret, 'tls.crt').match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/gu) ?? [];
  parts = { key: fileOf(secret, 'tls.key'), chain: [...short, encodePEM('CERTIFICATE', cross.der).toString('utf8')] };
});

function stored(chain: readonly string[], anchors: readonly TestAuthority[], key = parts.key): SecretObject {
  const files = { 'tls.key': key, 'tls.crt': chain.join(''), 'ca.crt': anchors.map(anchorsPEM).join('') };
  const { data = {} } = withFiles({}, files);
  return { metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' }, data };
}

it('finds nothing wrong with a chain that an anchor has signed, whatever follows for those who lag', () => {
  expect(parts.chain).toHaveLength(3);
  expect(disagreement(stored(parts.chain.slice(0, 2), [next]))).toBeUndefined();
  expect(disagreement(stored(parts.chain, [old]))).toBeUndefined();
  expect(disagreement(stored(parts.chain, [old, next]))).toBeUndefined();
  expect(disagreement(stored(parts.chain, [next]))).toBeUndefined();
  expect(disagreement(stored(parts.chain, [next, third]))).toBeUndefined();
});

it('finds a chain that no anchor has signed', () => {
  expect(disagreement(stored(parts.chain, [third]))).toContain('no anchor has signed');
  expect(disagreement(stored(parts.chain.slice(0, 2), [old]))).toContain('no anchor has signed');
  expect(disagreement(stored(parts.chain.slice(0, 1), [next]))).toContain('no anchor has signed');
});

it('finds a link that does not hold', async () => {
  const [leaf = '', intermediate = '', cross = ''] = parts.chain;
  expect(disagreement(stored([leaf, cross, intermediate], [next]))).toContain('has not signed the one before it');
  const { secret } = await aMintedSecret(third);
  expect(disagreement(stored(parts.chain, [next], fileOf(secret, 'tls.key')))).toContain('not the key');
});
