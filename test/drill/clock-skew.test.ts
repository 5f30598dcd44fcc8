// SPDX-License-Identifier: Apache-2.0
/** @module The clock of a standby's node is a minute ahead. What starts once the node is cordoned is on another one. */
import { expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { getJSON, kubectl } from '../support/control-plane.ts';
import { runFix, startDrill } from './drill.ts';
import { startPods } from './pods.ts';

const world = storyWorld({ running: false });
const NODE = 'drill-clock-ahead';
const AHEAD = 'data:text/javascript,const now=Date.now;Date.now=()=>now()+60000';

async function isCordoned(): Promise<boolean> {
  const { spec } = await getJSON<{ readonly spec: { readonly unschedulable?: boolean } }>(['node', NODE]);
  return spec.unschedulable === true;
}

it('pages for the clock and not for the standby that is not ready because of it', async () => {
  const signer = await world.start();
  await signer.untilSigning();
  await kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } }));
  const pods = await startPods(world, {
    name: 'signet-controller',
    replicas: 1,
    start: async () =>
      (await isCordoned()) ? world.start() : world.startAs({ nodeFlags: ['--disable-sigusr1', `--import=${AHEAD}`] }),
  });
  const [wrong = ''] = Object.keys(pods.running());
  const drill = await startDrill({ signer, ...pods.running() });
  pods.scrapedBy(drill.prometheus, { signer });
  expect(await drill.untilFiring('SignetClockSkew')).toBeLessThan(60);
  await runFix('SignetClockSkew', { 'signet-system': world.installation.namespace, '<node>': NODE, '<pod>': wrong });
  expect(await drill.untilQuiet()).toBeLessThan(60);
});
