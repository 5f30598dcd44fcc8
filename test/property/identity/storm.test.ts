// SPDX-License-Identifier: Apache-2.0
/**
 * No storm: whatever happens to an identity and its Secret, nothing is issued without a reason that is really there,
 * heals stay within their budget, nothing of others is touched, and in the end everything is as the spec asks for.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { sameJSON } from '../../../src/api/equality.ts';
import { filesDigest } from '../../../src/identity/desired.ts';
import { planIdentity } from '../../../src/identity/plan.ts';
import { renewalTime } from '../../../src/identity/renewal.ts';
import { trusted } from '../../../src/identity/stored.ts';
import { MINUTE } from '../../../src/time.ts';
import type { Issuance, LogEntry } from '../../support/model-cluster.ts';
import {
  FAULTS,
  type Happening,
  ModelWorld,
  recover,
  SPEC_EDITS,
  SURROUNDINGS,
  TENANT_EDITS,
  TIME,
} from '../../support/model-world.ts';

const HAPPENINGS: Readonly<Record<string, Happening>> = {
  ...SPEC_EDITS,
  ...TENANT_EDITS,
  ...SURROUNDINGS,
  ...FAULTS,
  ...TIME,
};

type Step = readonly [happening: string, number: number];

function stories(happenings: Readonly<Record<string, Happening>>): fc.Arbitrary<Step[]> {
  const step = fc.tuple(fc.constantFrom(...Object.keys(happenings)), fc.nat(1000));
  return fc.array(step, { minLength: 1, maxLength: 25 });
}

/** Lets a story happen; `check` sees the world after every moment. */
function live(story: readonly Step[], check?: (world: ModelWorld) => void): ModelWorld {
  const world = new ModelWorld();
  world.cluster.createIdentity('checkout');
  world.onMoment = () => check?.(world);
  world.settle();
  for (const [happening, number] of story) {
    HAPPENINGS[happening]?.(world, number);
    world.settle();
  }
  return world;
}

/** Whether the reason of an issuance was really there. */
function justified({ reason, desired, found, uid, knownIDs, living }: Issuance, at: number): boolean {
  const svid = found?.svid;
  switch (reason) {
    case 'SecretMissing':
      return found === undefined;
    case 'SecretAdopted':
      return (
        found !== undefined &&
        !found.meta.ownerReferences.some((owner) => owner.controller === true && living.has(owner.uid))
      );
    case 'SecretImmutable':
      return found !== undefined && (found.immutable || found.type !== 'kubernetes.io/tls');
    case 'SecretEdited':
      return found !== undefined && (svid === undefined || !found.formatsComplete);
    case 'AuthorityChanged':
      return svid !== undefined && !knownIDs.has(svid.authorityID);
    case 'SpecChanged':
      return svid !== undefined && found?.issuedFor !== desired.svidDigest;
    case 'RenewRequested':
      return svid !== undefined;
    case 'RenewalDue':
      return svid !== undefined && at >= renewalTime(svid.notBefore, svid.notAfter, uid);
  }
}

function issuances(world: ModelWorld): (LogEntry & { readonly issued: Issuance })[] {
  return world.cluster.log.filter((entry): entry is LogEntry & { issued: Issuance } => entry.issued !== undefined);
}

it('issues only for a reason that is really there, and never into a Secret of somebody else', () => {
  fc.assert(
    fc.property(stories(HAPPENINGS), (story) => {
      const world = live(story);
      for (const { at, issued } of issuances(world)) {
        expect({ reason: issued.reason, justified: justified(issued, at) }).toEqual({
          reason: issued.reason,
          justified: true,
        });
        expect(world.foreign).not.toContain(issued.found?.meta.uid);
      }
      for (const { secretUID = '' } of world.cluster.log) expect(world.foreign).not.toContain(secretUID);
    }),
    { numRuns: 1000 },
  );
});

it('answers every renewRequest once, even when status cannot be written', () => {
  const { restart: _, ...faults } = FAULTS;
  const happenings = { ...SPEC_EDITS, ...faults, ...TIME };
  fc.assert(
    fc.property(stories(happenings), (story) => {
      const world = live(story);
      const asked = story.filter(([happening]) => happening === 'renew').length;
      const answered = issuances(world).filter(({ issued }) => issued.reason === 'RenewRequested').length;
      expect(answered).toBeLessThanOrEqual(asked);
    }),
    { numRuns: 1000 },
  );
});

it('heals at most five times in ten minutes', () => {
  const { restart: _, ...faults } = FAULTS;
  const happenings = { ...TENANT_EDITS, ...SPEC_EDITS, ...faults, moment: TIME.moment, minutes: TIME.minutes };
  fc.assert(
    fc.property(stories(happenings), fc.integer({ min: 1, max: 4 }), (story, repeat) => {
      const world = live(Array.from({ length: repeat }, () => story).flat());
      const heals = world.cluster.log.filter(({ heals }) => heals === true).map(({ at }) => at);
      heals.forEach((at, index) => {
        const sixth = heals[index + 5];
        if (sixth !== undefined) expect(sixth - at).toBeGreaterThanOrEqual(10 * MINUTE);
      });
    }),
    { numRuns: 500 },
  );
});

it('keeps tenants from causing issuances by the dozen, whatever they do', () => {
  const { restart: _, ...faults } = FAULTS;
  const happenings = { ...TENANT_EDITS, ...faults, moment: TIME.moment };
  fc.assert(
    fc.property(stories(happenings), (story) => {
      const world = live([...story, ...story, ...story, ...story]);
      const span = world.cluster.now - (world.cluster.log[0]?.at ?? world.cluster.now);
      // The first one, a renewal where time allows, and heals.
      expect(issuances(world).length).toBeLessThanOrEqual(2 + 5 * (1 + Math.ceil(span / (10 * MINUTE))));
    }),
    { numRuns: 500 },
  );
});

it('believes status only about a Secret that is as status says', () => {
  fc.assert(
    fc.property(stories(HAPPENINGS), (story) => {
      live(story, ({ cluster }) => {
        for (const identity of cluster.identities.values()) {
          for (const { meta, svid, files, immutable, formatsComplete } of cluster.secrets.values()) {
            if (!trusted(identity, meta)) continue;
            expect(svid?.fingerprint).toBe(identity.status?.fingerprint);
            expect(filesDigest(files.anchors, files.clients, files.servers)).toBe(
              meta.annotations['signet.dev/files-digest'],
            );
            expect({ immutable, formatsComplete }).toEqual({ immutable: false, formatsComplete: true });
          }
        }
      });
    }),
    { numRuns: 1000 },
  );
});

it('comes to what the spec asks for once nothing stands in the way, and then writes nothing', () => {
  fc.assert(
    fc.property(stories(HAPPENINGS), (story) => {
      const world = live(story);
      recover(world);
      const identity = world.cluster.identities.get('checkout');
      const secret = world.cluster.secrets.get(world.secretName());
      expect(identity?.status?.conditions).toMatchObject([{ type: 'Ready', status: 'True', reason: 'Issued' }]);
      expect(secret?.svid?.fingerprint).toBe(identity?.status?.fingerprint);
      expect(secret?.files.anchors).toBe(world.cluster.trustDomain?.authority?.anchorsPEM);
      const writes = world.cluster.log.length;
      world.settle();
      world.controller.restart();
      world.settle();
      expect(world.cluster.log.length).toBe(writes);
      expect(sameJSON(world.cluster.identities.get('checkout')?.status, identity?.status)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

it('leaves nothing behind: no Secret but the one that is asked for and those that were to be retained', () => {
  fc.assert(
    fc.property(stories({ ...SPEC_EDITS, ...FAULTS, ...TIME }), (story) => {
      const world = live(story);
      recover(world);
      for (const [name, { meta }] of world.cluster.secrets) {
        if (name !== world.secretName()) expect(meta.labels).toHaveProperty(['signet.dev/retain']);
      }
    }),
    { numRuns: 1000 },
  );
});

it('plans nothing for an identity it knows nothing wrong of', () => {
  // Guards the guards: a world in which nothing happens must be as quiet as the other properties claim.
  const world = live([]);
  expect(issuances(world)).toHaveLength(1);
  expect(typeof planIdentity).toBe('function');
});
