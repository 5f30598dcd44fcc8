// SPDX-License-Identifier: Apache-2.0
/**
 * Which identities a Pod can have to do with, as they come, move and go.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import { IdentityIndex, identityFacts } from '../../../src/webhook/identity-index.ts';

function identity(name: string, claimed?: string, held?: string): ServiceIdentity {
  const metadata = { name, namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  const secret = claimed === undefined ? {} : { secret: { name: claimed } };
  const status = held === undefined ? {} : { status: { secret: { name: held, uid: 'u', resourceVersion: '1' } } };
  return { metadata, spec: { serviceAccountName: 'a', ...secret }, ...status };
}

describe('what is kept of an identity', () => {
  it.each([
    ['nothing was issued', identity('i'), [['i-svid', true]]],
    ['nothing was issued, and it asks for a Secret', identity('i', 'database'), [['database', true]]],
    ['it holds what it asks for', identity('i', 'x', 'x'), [['x', undefined]]],
    [
      'its Secret is to move',
      identity('i', 'y', 'x'),
      [
        ['x', undefined],
        ['y', true],
      ],
    ],
  ] as const)('where %s', (_what, one, secrets) => {
    expect(identityFacts(one).map(({ secretName, claimed }) => [secretName, claimed])).toEqual(secrets);
  });
});

function names(index: IdentityIndex, account: string, ...secrets: string[]): readonly string[] {
  return index.about('shop', account, secrets).map(({ name, secretName }) => `${name} ${secretName}`);
}

describe('the index of identities', () => {
  it('finds those of an account, and those that hold a Secret, each once', () => {
    const index = new IdentityIndex();
    index.changed('added', 'shop/i', identityFacts(identity('i', 'x', 'x')), undefined);
    index.changed('added', 'shop/j', identityFacts(identity('j')), undefined);
    expect(names(index, 'a', 'x')).toEqual(['i x', 'j j-svid']);
    expect(names(index, 'other', 'x', 'unknown')).toEqual(['i x']);
    expect(index.about('other', 'a', ['x'])).toEqual([]);
  });

  it('follows a Secret that moves, and an identity that goes', () => {
    const index = new IdentityIndex();
    const [before, after] = [identityFacts(identity('i', 'x', 'x')), identityFacts(identity('i', 'y', 'y'))];
    index.changed('added', 'shop/i', before, undefined);
    index.changed('updated', 'shop/i', after, before);
    expect(names(index, 'other', 'x')).toEqual([]);
    expect(names(index, 'a')).toEqual(['i y']);
    index.changed('deleted', 'shop/i', after, after);
    expect(names(index, 'a', 'y')).toEqual([]);
  });
});
