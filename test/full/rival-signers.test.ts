// SPDX-License-Identifier: Apache-2.0
/**
 * Two controllers that both believe they may sign do no harm (design rule 14): what they write carries what they
 * decided on, so one of them wins each time, and the other looks again.
 * @module
 */
import { expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { createFleet, troubles, untilWell } from './fleet.ts';
import { watchSecrets } from './secret-stream.ts';

const IDENTITIES = 150;
const world = storyWorld({ running: false, flags: ['--leader-elect=false'] });

it(`two signers share ${IDENTITIES} identities through their renewals without harm`, async () => {
  const namespace = await world.namespace();
  const witness = await watchSecrets(namespace);
  // Both start with no authority there: they race for the root and the intermediate as well.
  const rivals = await Promise.all([world.start(), world.start()]);
  await createFleet(world, namespace, IDENTITIES, '20s');
  await untilWell(world, namespace);
  const first = new Map(
    (await world.cluster.list('ServiceIdentity', namespace)).map(({ metadata, status }) => [
      metadata.name,
      status?.serialNumber,
    ]),
  );
  for (const [name, serial] of first)
    await world.until(namespace, ({ status }) => status?.serialNumber !== serial, name);
  await untilWell(world, namespace);

  const { status } = await world.untilTrustDomain('default', () => true);
  expect(status?.authorities?.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
    'Root Active',
    'Intermediate Active',
  ]);
  await Promise.all(rivals.map((rival) => rival.stop()));
  await witness.stop();
  expect(await troubles(world, namespace)).toEqual([]);
  expect(witness.violations).toEqual([]);
});
