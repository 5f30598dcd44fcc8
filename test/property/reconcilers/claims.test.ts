// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { precedes } from '../../../src/api/age.ts';
import { type Claim, Claims } from '../../../src/reconcilers/service-identity/claims.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd');
const change = fc.record({
  key: name,
  uid: fc.constantFrom('u1', 'u2', 'u3', 'u4'),
  creationTimestamp: fc.constantFrom('2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z', '2026-06-03T00:00:00Z'),
  leaving: fc.boolean(),
  to: fc.option(fc.constantFrom('shop/x', 'shop/y'), { nil: undefined }),
});

it('knows who names a Secret, and who of them came first, after any sequence of changes', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const claims = new Claims();
      const model = new Map<string, { readonly claim: Claim; readonly to: string }>();
      for (const { to, ...claim } of changes) {
        claims.changed(claim, model.get(claim.key)?.to, to);
        model.delete(claim.key);
        if (to !== undefined) model.set(claim.key, { claim, to });
        for (const secret of ['shop/x', 'shop/y']) {
          const there = [...model.values()].filter((each) => each.to === secret).map((each) => each.claim);
          expect([...claims.keys(secret)].toSorted()).toEqual(there.map(({ key }) => key).toSorted());
          const staying = there.filter(({ leaving }) => !leaving);
          const found = staying.find(({ key }) => key === claims.first(secret));
          expect(found === undefined).toBe(staying.length === 0);
          if (found !== undefined) expect(staying.some((other) => precedes(other, found))).toBe(false);
        }
      }
    }),
  );
});
