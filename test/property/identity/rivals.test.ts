// SPDX-License-Identifier: Apache-2.0
/**
 * Two identities that name one Secret, and two controllers that believe they are alone: nobody ever writes into the
 * Secret of the other, and what is stored is always right for the one who owns it.
 * @module
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controllingOwner } from '../../../src/api/owner-reference.ts';
import { precedingRival } from '../../../src/identity/ownership.ts';
import { MINUTE } from '../../../src/time.ts';
import type { ModelSecret } from '../../support/model-cluster.ts';
import { ModelController } from '../../support/model-controller.ts';
import { type Happening, ModelWorld, SPEC_EDITS, TENANT_EDITS, TIME } from '../../support/model-world.ts';
import { EVERYTHING, issuances, justified, type Story, stories, without } from '../../support/stories.ts';

const { services, ttl, peers, renew, policy } = SPEC_EDITS;
const { touch, stripLabels, breakKey, deleteSecret, freeze } = TENANT_EDITS;

describe('two rivals for one Secret', () => {
  const MOVES: Readonly<Record<string, Happening>> = {
    drop: ({ cluster }, n) => {
      cluster.identities.delete(n % 2 === 0 ? 'checkout' : 'cart');
      cluster.collect();
    },
    create: ({ cluster }, n) => {
      const name = n % 2 === 0 ? 'checkout' : 'cart';
      if (!cluster.identities.has(name)) cluster.createIdentity(name, { secret: { name: 'tls' } });
    },
    yield: ({ cluster }, n) =>
      cluster.respecify('cart', (spec) => ({ ...spec, secret: { name: n % 2 === 0 ? 'tls' : 'own' } })),
    lag: (world) => {
      world.lagging = true;
    },
    catchUp: (world) => {
      world.lagging = false;
    },
    restart: (world) => world.controller.restart(),
  };
  const everything = { ...MOVES, services, renew, touch, stripLabels, breakKey, deleteSecret, freeze, ...TIME };

  function contest(story: Story, check?: (world: ModelWorld) => void): ModelWorld {
    const world = new ModelWorld();
    world.onMoment = () => check?.(world);
    for (const name of ['checkout', 'cart']) world.cluster.createIdentity(name, { secret: { name: 'tls' } });
    world.settle();
    for (const [happening, number] of story) {
      everything[happening as keyof typeof everything](world, number);
      world.settle();
    }
    return world;
  }

  it('never both issue to it: what one of them holds, the other leaves alone', () => {
    fc.assert(
      fc.property(stories(everything), (story) => {
        const world = contest(story);
        for (const { issued, at } of issuances(world)) {
          const owner = controllingOwner(issued.found?.meta.ownerReferences ?? []);
          expect(owner === undefined || owner.uid === issued.uid || !issued.living.has(owner.uid)).toBe(true);
          expect([issued.reason, justified(issued, at)]).toEqual([issued.reason, true]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('take an absent one by age, and only its holder is Ready', () => {
    fc.assert(
      fc.property(stories(without(everything, 'lag', 'stripLabels')), (story) => {
        let seen = 0;
        contest(story, ({ cluster }) => {
          const claimants = [...cluster.identities.values()].filter(({ spec }) => spec.secret?.name === 'tls');
          const holder = controllingOwner(cluster.secrets.get('tls')?.meta.ownerReferences ?? [])?.uid;
          const ready = claimants.filter(({ status }) => status?.conditions?.[0]?.status === 'True');
          for (const { metadata } of ready) expect(metadata.uid).toBe(holder);
          for (const { identity, issued } of cluster.log.slice(seen)) {
            const creator = claimants.find(({ metadata }) => metadata.name === identity);
            if (issued?.found !== undefined || issued === undefined || creator === undefined) continue;
            const others = claimants.filter((other) => other !== creator).map(({ metadata }) => metadata);
            expect(precedingRival(creator, others)).toBeUndefined();
          }
          seen = cluster.log.length;
        });
      }),
      { numRuns: 500 },
    );
  });
});

/** Whether key, chain and the files beside belong together, as everybody who reads the Secret sees them. */
function isWhole({ svid, files, formatsComplete }: ModelSecret): boolean {
  return svid !== undefined && files.anchors !== undefined && formatsComplete;
}

describe('two controllers at once', () => {
  const MOVES: Readonly<Record<string, Happening>> = {
    ...TIME,
    services,
    ttl,
    peers,
    renew,
    policy,
    touch,
    stripLabels,
    deleteSecret,
  };

  it('do no harm: every issuance has its reason, and everything stored is whole', () => {
    const who = fc.constantFrom('first', 'second', 'both', 'second, without looking', 'first, without looking');
    const turns = fc.array(fc.tuple(fc.constantFrom(...Object.keys(MOVES)), fc.nat(1000), who), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(turns, (story) => {
        const world = new ModelWorld();
        const { cluster, controller: first } = world;
        const second = new ModelController(cluster);
        cluster.createIdentity('checkout');
        for (const [happening, number, acting] of story) {
          EVERYTHING[happening]?.(world, number);
          const blind = acting.includes('without looking');
          for (const [name, controller] of [
            ['first', first],
            ['second', second],
          ] as const) {
            if (!acting.startsWith(name) && acting !== 'both') continue;
            if (!blind) controller.sync();
            controller.runAll();
          }
          for (const secret of cluster.secrets.values()) expect(isWhole(secret)).toBe(true);
        }
        for (const { issued, at } of issuances(world))
          expect([issued.reason, justified(issued, at)]).toEqual([issued.reason, true]);
        for (const controller of [first, second]) {
          controller.sync();
          controller.runAll();
          controller.sync();
          controller.runAll();
        }
        const writes = cluster.log.length;
        cluster.now += MINUTE;
        for (const controller of [first, second]) {
          controller.sync();
          controller.runAll();
        }
        expect(
          cluster.log.slice(writes).filter(({ issued }) => issued !== undefined && issued.reason !== 'RenewalDue'),
        ).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
