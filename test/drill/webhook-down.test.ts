// SPDX-License-Identifier: Apache-2.0
/** @module Every replica of the webhook is gone, and its pods are still there as if nothing were. */
import { expect, it } from 'vitest';
import { webhookWorld } from '../integration/webhook/webhook-world.ts';
import { runFix, startDrill } from './drill.ts';
import { startPods } from './pods.ts';

const made = webhookWorld({ ttl: '24h' });
const { world } = made;

it('pages for admission, renews on, and is over when it is back', async () => {
  const { signet: signer } = world;
  const standby = await world.start([...world.flags, ...made.installation.controllerFlags]);
  await standby.untilReady();
  const pods = await startPods(world, {
    name: 'signet-webhook',
    replicas: 1,
    start: async (nth) => (nth === 0 ? made.webhook : made.start()),
  });
  const drill = await startDrill({ signer, standby, ...pods.running() });
  pods.scrapedBy(drill.prometheus, { signer, standby });
  const { identity } = await world.issued({ ttl: '20s' });
  await drill.staysQuiet(15);
  await made.webhook.kill();
  expect(await drill.untilFiring('SignetAdmissionNotProven')).toBeLessThan(60);
  await world.reissued(identity);
  await runFix('SignetAdmissionNotProven', { 'signet-system': world.installation.namespace });
  expect(await drill.untilQuiet()).toBeLessThan(60);
});
