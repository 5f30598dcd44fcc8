// SPDX-License-Identifier: Apache-2.0
/**
 * Admission webhooks of others that rewrite what we store: a disagreement that no write can settle must not become a
 * storm of writes.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { MINUTE } from '../../../src/time.ts';
import type { ModelSecret } from '../../support/model-cluster.ts';
import { ModelWorld, SPEC_EDITS, TENANT_EDITS } from '../../support/model-world.ts';
import { EVERYTHING, issuances, stories } from '../../support/stories.ts';

type Rewrite = (secret: ModelSecret) => ModelSecret;

function meta(change: (meta: ModelSecret['meta']) => Partial<ModelSecret['meta']>): Rewrite {
  return (secret) => ({ ...secret, meta: { ...secret.meta, ...change(secret.meta) } });
}

function dropped(from: Readonly<Record<string, string>>, ...keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key)));
}

const REWRITES: Readonly<Record<string, Rewrite>> = {
  'adds an annotation': meta(({ annotations }) => ({ annotations: { ...annotations, 'tool.org/x': 'y' } })),
  'drops the digest of the SVID': meta(({ annotations }) => ({
    annotations: dropped(annotations, 'signet.dev/svid-digest'),
  })),
  'drops the digest of the files': meta(({ annotations }) => ({
    annotations: dropped(annotations, 'signet.dev/files-digest'),
  })),
  'drops every annotation': meta(() => ({ annotations: {} })),
  'drops our label': meta(({ labels }) => ({ labels: dropped(labels, 'signet.dev/service-identity') })),
  'drops every label': meta(() => ({ labels: {} })),
  'drops the owner': meta(() => ({ ownerReferences: [] })),
};

it.each(Object.keys(REWRITES))('one that %s makes us write now and then, not again and again', (name) => {
  const { services, peers, labels, renew } = SPEC_EDITS;
  fc.assert(
    fc.property(stories({ services, peers, labels, renew, touch: TENANT_EDITS.touch }), (story) => {
      const world = new ModelWorld();
      world.cluster.admit = REWRITES[name] ?? world.cluster.admit;
      world.cluster.createIdentity('checkout');
      world.settle();
      for (const [happening, number] of story) {
        EVERYTHING[happening]?.(world, number);
        world.settle();
      }
      const before = world.cluster.log.length;
      const issuedBefore = issuances(world).length;
      for (let turn = 0; turn < 200; turn += 1) {
        world.advance(6_000);
        world.settle();
      }
      // Twenty minutes: two budgets of heals and one that runs over, each two writes; Contended comes and goes.
      expect(world.cluster.log.length - before).toBeLessThanOrEqual(60);
      expect(issuances(world).length - issuedBefore).toBeLessThanOrEqual(15);
      expect(world.cluster.now).toBeGreaterThan(20 * MINUTE);
    }),
    { numRuns: 30 },
  );
});
