// SPDX-License-Identifier: Apache-2.0
/** @module A root is reported as compromised. */
import { expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { startDrill, withStandby } from './drill.ts';

const world = storyWorld();

it('pages until the root is withdrawn, and for no rotation that takes its time', async () => {
  const drill = await startDrill(await withStandby(world));
  const { identity } = await world.issued();
  await drill.staysQuiet(15);
  const rotation = { id: 'drill-1', action: 'Compromise', reason: 'a drill' };
  await world.cluster.patch({ kind: 'TrustDomain', name: 'default' }, { spec: { rotation } });
  expect(await drill.untilFiring('SignetRootCompromised')).toBeLessThan(30);
  const replaced = await world.reissued(identity);
  expect(replaced.status?.authorityID).not.toBe(identity.status?.authorityID);
  await world.untilTrustDomain('default', ({ status }) => status?.rotation?.state === 'Completed');
  await drill.untilQuiet();
  const [seen] = await drill.prometheus.query('sum(signet_compromise_seconds_count)');
  expect(seen?.value).toBe(2);
});
