// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { type Claim, Claims } from '../../../../src/reconcilers/service-identity/claims.ts';

const CROWD = 1000;

it('looks through a crowd that names one Secret when its first one leaves, and not for each of them', () => {
  let looks = 0;
  const claims = new Claims();
  const crowd = Array.from({ length: CROWD }, (_, i): Claim => {
    const creationTimestamp = new Date(Date.UTC(2026, 5, 1) + i * 1000).toISOString();
    return {
      key: `shop/${i}`,
      uid: `uid-${i}`,
      creationTimestamp,
      get leaving() {
        looks += 1;
        return false;
      },
    };
  });
  for (const claim of crowd) claims.changed(claim, undefined, 'shop/tls');
  const asked = () => new Set(crowd.map(() => claims.first('shop/tls')));
  expect([...asked()]).toEqual(['shop/0']);
  expect(looks).toBeLessThan(3 * CROWD);
  const [first] = crowd;
  if (first !== undefined) claims.changed(first, 'shop/tls', undefined);
  expect([...asked()]).toEqual(['shop/1']);
  expect(looks).toBeLessThan(6 * CROWD);
});
