// SPDX-License-Identifier: Apache-2.0
/**
 * Wherever a story has led, once nothing stands in the way the cluster comes to what the spec asks for, status says what
 * is true, nothing is left behind, and then nothing is written any more, not even by a new process.
 * @module
 */

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { sameJSON } from '../../../src/api/equality.ts';
import { controllingOwner } from '../../../src/api/owner-reference.ts';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import { secretNameOf } from '../../../src/api/service-identity-validation.ts';
import { filesDigest } from '../../../src/identity/desired.ts';
import { ownership } from '../../../src/identity/ownership.ts';
import { trusted } from '../../../src/identity/stored.ts';
import { aServiceIdentity } from '../../support/builders.ts';
import {
  BULK,
  BYSTANDER,
  FAULTS,
  type ModelWorld,
  recover,
  SPEC_EDITS,
  TENANT_EDITS,
  TIME,
} from '../../support/model-world.ts';
import { EVERYTHING, live, stories, without } from '../../support/stories.ts';

/** What the identity, its status and its Secret must come to. */
function expectServed({ cluster }: ModelWorld, identity: ServiceIdentity): void {
  const secret = cluster.secrets.get(secretNameOf(identity));
  const ready = identity.status?.conditions?.[0];
  // The rules may have it that the Secret is somebody else's: then that is what is said.
  if (secret !== undefined && ownership(identity, secret.meta).kind === 'foreign') {
    expect(ready).toMatchObject({ status: 'False', reason: 'SecretConflict' });
    return;
  }
  expect(ready).toMatchObject({ status: 'True', reason: 'Issued' });
  expect(secret?.svid?.fingerprint).toBe(identity.status?.fingerprint);
  expect(secret?.files.anchors).toBe(cluster.trustDomain?.authority?.anchorsPEM);
}

it('comes to what the spec asks for, and then writes nothing', () => {
  fc.assert(
    fc.property(stories(EVERYTHING), (story) => {
      const world = live(story);
      recover(world);
      const { cluster, controller } = world;
      const identity = cluster.identities.get('checkout') ?? aServiceIdentity();
      expectServed(world, identity);
      const writes = cluster.log.length;
      world.settle();
      controller.restart();
      world.settle();
      expect(cluster.log.slice(writes)).toEqual([]);
      expect(sameJSON(cluster.identities.get('checkout')?.status, identity.status)).toBe(true);
    }),
    { numRuns: 700 },
  );
});

it('believes status only about a Secret that is as status says', () => {
  fc.assert(
    fc.property(stories(EVERYTHING), (story) => {
      live(story, ({ cluster }) => {
        const identity = cluster.identities.get('checkout');
        for (const { meta, svid, files, immutable, formatsComplete } of cluster.secrets.values()) {
          if (identity === undefined || !trusted(identity, meta)) continue;
          expect(svid?.fingerprint).toBe(identity.status?.fingerprint);
          const digest = filesDigest(files.anchors, files.clients, files.servers);
          expect(digest).toBe(meta.annotations['signet.dev/files-digest']);
          expect([immutable, formatsComplete]).toEqual([false, true]);
        }
      });
    }),
    { numRuns: 700 },
  );
});

it('leaves no Secret behind but those that were to be retained', () => {
  const { stripLabels, bloat } = TENANT_EDITS;
  const happenings = { ...SPEC_EDITS, ...without(FAULTS, 'refuseDelete'), ...TIME, stripLabels, bloat };
  fc.assert(
    fc.property(stories(happenings), (story) => {
      const world = live(story);
      recover(world);
      for (const [name, { meta }] of world.cluster.secrets) {
        if (name === world.secretName()) continue;
        // Stripped of its labels, one to be retained is known by having no owner of ours.
        const stripped = Object.keys(meta.labels).length === 0 && controllingOwner(meta.ownerReferences) === undefined;
        if (!stripped) expect(meta.labels).toHaveProperty(['signet.dev/retain']);
      }
    }),
    { numRuns: 700 },
  );
});

it('keeps what others put on a Secret, also where it is more than a cache keeps', () => {
  const { touch, bloat, stripLabels, breakKey } = TENANT_EDITS;
  const happenings = {
    ...without(SPEC_EDITS, 'rename', 'policy'),
    ...FAULTS,
    ...TIME,
    touch,
    bloat,
    stripLabels,
    breakKey,
  };
  fc.assert(
    fc.property(stories(happenings), fc.nat(1000), (story, last) => {
      const world = live([...story, ['bloat', last]]);
      const before = world.cluster.secrets.get(world.secretName())?.meta;
      recover(world);
      world.respecify({ renewRequest: 'once more' });
      world.settle();
      const after = world.cluster.secrets.get(world.secretName())?.meta;
      expect(after?.uid).toBe(before?.uid);
      expect(after?.resourceVersion).not.toBe(before?.resourceVersion);
      expect(after?.annotations[BULK]).toBe(`${last}`.padEnd(5000, '.'));
      expect(after?.ownerReferences).toContainEqual(BYSTANDER);
    }),
    { numRuns: 300 },
  );
});
