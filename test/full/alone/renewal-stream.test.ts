// SPDX-License-Identifier: Apache-2.0
/**
 * Over 1,000 renewals, with tenants editing at the same time, every version that the controller wrote fits together:
 * key and certificate match, and ca.crt has the root of tls.crt (design rule 4).
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { storyWorld } from '../../integration/stories/world.ts';
import { RefusedCall } from '../../support/cluster.ts';
import { createFleet, untilWell } from '../fleet.ts';
import { watchSecrets } from '../secret-stream.ts';

const IDENTITIES = 250;
const RENEWALS = 1000;
const EDIT_EVERY_MS = 150;
const world = storyWorld();

/** What tenants do to Secrets: harmless and harmful. */
const EDITS: readonly ((secret: number) => object)[] = [
  () => ({ metadata: { labels: { tenant: String(Math.random()).slice(2, 10) } } }),
  () => ({ metadata: { annotations: { note: String(Math.random()) } } }),
  () => ({ metadata: { labels: { 'signet.dev/service-identity': null } } }),
  () => ({ data: { 'ca.crt': Buffer.from('not a certificate').toString('base64') } }),
  () => ({ data: { 'tls.key': Buffer.from('not a key').toString('base64') } }),
  () => ({ data: { extra: Buffer.from('a file of mine').toString('base64') } }),
];

it(`shows no version of ours that does not fit together, over ${RENEWALS} renewals`, async () => {
  const namespace = await world.namespace();
  const witness = await watchSecrets(namespace);
  await createFleet(world, namespace, IDENTITIES, '20s');
  await untilWell(world, namespace);

  const editing = new AbortController();
  const tenant = (async () => {
    for (let edit = 0; !editing.signal.aborted; edit += 1) {
      const number = 1 + Math.floor(Math.random() * IDENTITIES);
      const patch = EDITS[edit % EDITS.length]?.(number) ?? {};
      try {
        const { metadata } = await world.patchSecret(namespace, patch, `fleet-${number}-svid`);
        witness.foreign(metadata.resourceVersion);
      } catch (error) {
        // The Secret was just replaced; the next edit finds it again.
        if (!(error instanceof RefusedCall) || error.code !== 404) throw error;
      }
      await pause(EDIT_EVERY_MS);
    }
  })();
  await renewed(RENEWALS);
  editing.abort();
  await tenant;
  await untilWell(world, namespace);
  await witness.stop();
  expect(witness.violations).toEqual([]);
  expect(witness.judged).toBeGreaterThanOrEqual(IDENTITIES + RENEWALS);
});

/** Waits until the controller has counted so many renewals. */
async function renewed(count: number): Promise<void> {
  for (let seen = 0; seen < count; ) {
    await pause(500);
    const { text } = await world.signet.ask('/metrics');
    seen = Number(/^signet_issuances_total\{reason="RenewalDue",result="success"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  }
}
