// SPDX-License-Identifier: Apache-2.0
/**
 * Level-based: what a cluster comes to depends on what is asked for, not on the order in which it was asked or seen.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { RENEW_REQUEST_ANNOTATION, SVID_DIGEST_ANNOTATION } from '../../../src/api/well-known.ts';
import { ModelWorld, recover, SPEC_EDITS, SURROUNDINGS, TENANT_EDITS, TIME } from '../../support/model-world.ts';
import { EVERYTHING } from '../../support/stories.ts';

const { services, subject, peers, labels, renew } = SPEC_EDITS;
const { touch, stripLabels, stripAnnotations, rogueAnchors, breakKey, freeze, deleteSecret } = TENANT_EDITS;
const { account, authorityReplaced } = SURROUNDINGS;

/** Each sets something of its own, so that only their order can matter. */
const INDEPENDENT = Object.keys({ services, subject, peers, labels, renew, account, authorityReplaced });
const PASSING = Object.keys({
  touch,
  stripLabels,
  stripAnnotations,
  rogueAnchors,
  breakKey,
  freeze,
  deleteSecret,
  ...TIME,
});

/** What is left of a world once the numbers that no two runs share are taken away. */
function essence(world: ModelWorld): unknown {
  const status = world.cluster.identities.get('checkout')?.status;
  const secret = world.cluster.secrets.get(world.secretName());
  const { spiffeID, dnsNames, subject, algorithm, authorityID } = secret?.svid ?? {};
  const { labels, annotations, ownerReferences } = secret?.meta ?? {};
  const numbered = ['tool.org/seen', RENEW_REQUEST_ANNOTATION];
  const touches = Object.entries(annotations ?? {}).filter(([key]) => !numbered.includes(key));
  return {
    ready: status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
    svid: { spiffeID, dnsNames, subject, algorithm, authorityID },
    secret: {
      labels,
      annotations: Object.fromEntries(touches),
      ownerReferences,
      files: secret?.files,
      type: secret?.type,
    },
    issuedFor: secret?.issuedFor === annotations?.[SVID_DIGEST_ANNOTATION],
  };
}

function outcome(steps: readonly (readonly [string, number])[], seen: readonly boolean[]): unknown {
  const world = new ModelWorld();
  world.cluster.createIdentity('checkout');
  for (const [index, [happening, number]] of steps.entries()) {
    EVERYTHING[happening]?.(world, number);
    if (seen[index] === true) world.settle();
  }
  recover(world);
  return essence(world);
}

it('comes to the same whatever the order, and whichever states were seen in between', () => {
  const wanted = fc.uniqueArray(fc.tuple(fc.constantFrom(...INDEPENDENT), fc.nat(100)), {
    selector: ([happening]) => happening,
    minLength: 1,
  });
  const passing = fc.array(fc.tuple(fc.constantFrom(...PASSING), fc.nat(100)), { maxLength: 8 });
  const twoOrders = fc.tuple(wanted, passing).chain(([wanted, passing]) => {
    const all = [...wanted, ...passing];
    const shuffled = fc.shuffledSubarray(all, { minLength: all.length });
    const seen = fc.array(fc.boolean(), { minLength: all.length, maxLength: all.length });
    return fc.record({ one: shuffled, other: shuffled, seenOnce: seen, seenAgain: seen, wanted: fc.constant(wanted) });
  });
  fc.assert(
    fc.property(twoOrders, ({ one, other, seenOnce, seenAgain, wanted }) => {
      const plain = outcome(wanted, []);
      expect(outcome(one, seenOnce)).toEqual(plain);
      expect(outcome(other, seenAgain)).toEqual(plain);
    }),
    { numRuns: 700 },
  );
});
