// SPDX-License-Identifier: Apache-2.0
/** @module The Secret of the intermediate is damaged: nothing can be signed. */
import { expect, it } from 'vitest';
import { storyWorld } from '../integration/stories/world.ts';
import { runFix, startDrill, withStandby } from './drill.ts';

const world = storyWorld();

it('pages for the authority and for nothing that follows from it, and the runbook has it rebuilt', async () => {
  const drill = await startDrill(await withStandby(world));
  // Long enough that it is not old as soon as the authority is back: the patience of that rule is a second here.
  const { namespace, identity } = await world.issued({ ttl: '1m' });
  await drill.staysQuiet(15);
  const own = world.installation.namespace;
  await world.patchSecret(own, { data: { 'authority.json': 'e30=' } }, 'default-intermediate-authority');
  expect(await drill.untilFiring('SignetAuthorityUnavailable')).toBeLessThan(60);
  await runFix('SignetAuthorityUnavailable', { 'signet-system': own, '<trust-domain>': 'default' });
  await world.reissued(identity);
  expect(await drill.untilQuiet()).toBeLessThan(60);
  expect((await world.ready(namespace)).status?.spiffeID).toBe(identity.status?.spiffeID);
});
