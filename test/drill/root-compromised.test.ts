// SPDX-License-Identifier: Apache-2.0
/** @module A root is reported as compromised: everything follows, or a tenant keeps an SVID that nobody may replace. */
import { expect, it } from 'vitest';
import { present, storyWorld } from '../integration/stories/world.ts';
import { runFix, startDrill, withStandby } from './drill.ts';

const world = storyWorld();

function report(id: string): Promise<unknown> {
  const rotation = { id, action: 'Compromise', reason: 'a drill' };
  return world.cluster.patch({ kind: 'TrustDomain', name: 'default' }, { spec: { rotation } });
}

it('pages until the root is withdrawn, and for no rotation that takes its time', async () => {
  const drill = await startDrill(await withStandby(world));
  const { identity, namespace } = await world.issued();
  await drill.staysQuiet(15);
  await report('drill-1');
  expect(await drill.untilFiring('SignetRootCompromised')).toBeLessThan(30);
  const replaced = await world.reissued(identity);
  expect(replaced.status?.authorityID).not.toBe(identity.status?.authorityID);
  await world.untilTrustDomain('default', ({ status }) => status?.rotation?.state === 'Completed');
  expect(await drill.untilQuiet()).toBeLessThan(60);
  const phases = async () => (await drill.prometheus.query('sum(signet_compromise_seconds_count)'))[0]?.value;
  await expect.poll(phases, { timeout: 10_000 }).toBe(2);

  // Nothing goes on by itself while a tenant keeps what was stolen.
  await world.patch(namespace, { suspend: true });
  await world.because(namespace, 'Suspended');
  await report('drill-2');
  expect(await drill.untilFiring('SignetRootCompromised')).toBeLessThan(30);
  const { status } = await world.untilTrustDomain(
    'default',
    (now) => now.status?.rotation?.id === 'drill-2' && priceOf(now.status.rotation.message) !== undefined,
  );
  expect(status?.rotation?.blockers).toMatchObject([{ namespace }]);
  await runFix('SignetRootCompromised', {
    '<trust-domain>': 'default',
    '<number>': present(priceOf(status?.rotation?.message), 'price'),
  });
  expect(await drill.untilQuiet()).toBeLessThan(60);
  await world.untilTrustDomain('default', (now) => now.status?.rotation?.state === 'Completed');
});

/** How many workloads break if the root goes now. */
function priceOf(message = ''): string | undefined {
  return /acknowledgeBroken: (\d+)/u.exec(message)?.[1];
}
