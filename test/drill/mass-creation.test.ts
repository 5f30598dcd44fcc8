// SPDX-License-Identifier: Apache-2.0
/** @module Somebody applies five hundred identities at once. */
import { it } from 'vitest';
import { NAME, storyWorld } from '../integration/stories/world.ts';
import { apply } from '../support/control-plane.ts';
import { startDrill, withStandby } from './drill.ts';

const COUNT = 500;
const world = storyWorld();

it('pages nobody while they are issued, and nobody afterwards', async () => {
  const drill = await startDrill(await withStandby(world));
  const namespace = await world.namespace();
  const names = Array.from({ length: COUNT }, (_, i) => `service-${i}`);
  const identities = names.map((name) => ({
    apiVersion: 'signet.dev/v1alpha1',
    kind: 'ServiceIdentity',
    metadata: { name, namespace },
    spec: { serviceAccountName: NAME },
  }));
  await Promise.all([apply(...identities), drill.staysQuiet(10)]);
  await Promise.all(names.map((name) => world.ready(namespace, name)));
  await drill.staysQuiet(20);
});
