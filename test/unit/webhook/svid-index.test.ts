// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import { SVIDIndex, svidSecret } from '../../../src/webhook/svid-index.ts';

describe('the index of SVIDs', () => {
  it('follows what the controller has recorded', () => {
    const index = new SVIDIndex();
    const one = { account: 'a', secret: 'shop/x' };
    const moved = { account: 'a', secret: 'shop/y' };
    index.changed('added', 'shop/i', one, undefined);
    expect(index.accountOf('shop', 'x')).toBe('a');
    index.changed('updated', 'shop/i', moved, one);
    expect(index.accountOf('shop', 'x')).toBeUndefined();
    expect(index.accountOf('shop', 'y')).toBe('a');
    index.changed('deleted', 'shop/i', moved, moved);
    expect(index.accountOf('shop', 'y')).toBeUndefined();
  });

  it('knows nothing of a claim that nothing was issued for', () => {
    const metadata = { name: 'i', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
    const identity: ServiceIdentity = { metadata, spec: { serviceAccountName: 'a', secret: { name: 'database' } } };
    expect(svidSecret(identity)).toEqual({ account: 'a', secret: undefined });
  });
});
