// SPDX-License-Identifier: Apache-2.0
/** @module Somebody enforces a policy that nobody keeps. */
import { randomBytes } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { runFix, startDrill, withStandby } from './drill.ts';

const COUNT = 15;
const POLICY = `drill-${randomBytes(4).toString('hex')}`;
const world = storyWorld();

afterAll(() => world.cluster.delete({ kind: 'IdentityPolicy', name: POLICY }));

it('pages for the policy, and is over when it is taken out of force', async () => {
  const processes = await withStandby(world);
  const namespace = await world.namespace();
  const names = Array.from({ length: COUNT }, (_, i) => `service-${i}`);
  for (const name of names) await world.identity(namespace, {}, name);
  await Promise.all(names.map((name) => world.ready(namespace, name)));
  const drill = await startDrill(processes);
  await drill.staysQuiet(15);
  await world.cluster.create({
    kind: 'IdentityPolicy',
    metadata: { name: POLICY },
    spec: { match: { namespaces: { names: [namespace] } }, issue: { keyAlgorithms: ['Ed25519'] } },
  });
  expect(await drill.untilFiring('SignetPolicyBlocksMany')).toBeLessThan(60);
  await runFix('SignetPolicyBlocksMany', { '<name>': POLICY });
  expect(await drill.untilQuiet()).toBeLessThan(60);
  await Promise.all(names.map((name) => world.because(namespace, 'Issued', name)));
});
