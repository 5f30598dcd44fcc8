// SPDX-License-Identifier: Apache-2.0
/** @module Every replica of the webhook is gone. Restarting a process stands for the runbook's `kubectl rollout restart`. */
import { expect, it } from 'vitest';
import { webhookWorld } from '../integration/webhook/webhook-world.ts';
import { startDrill } from './drill.ts';

const made = webhookWorld({ ttl: '24h' });
const { world } = made;

it('pages for admission, renews on, and is over when it is back', async () => {
  const { signet: signer } = world;
  const standby = await world.start([...world.flags, ...made.installation.controllerFlags]);
  await standby.untilReady();
  const drill = await startDrill({ signer, standby, webhook: made.webhook });
  const { identity } = await world.issued({ ttl: '20s' });
  await drill.staysQuiet(15);
  await made.webhook.stop();
  expect(await drill.untilFiring('SignetAdmissionNotProven')).toBeLessThan(60);
  await world.reissued(identity);
  await made.start();
  await made.webhook.untilReady();
  await drill.untilQuiet();
});
