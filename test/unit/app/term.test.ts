// SPDX-License-Identifier: Apache-2.0
/** @module What a replica does when its term begins with what the one before it left. */
import { expect, it } from 'vitest';
import { POD_ANNOTATION } from '../../../src/api/well-known.ts';
import { isIssued, MemoryApp } from './memory-app.ts';

it('tells pods of an SVID that the replica before it stored and did not tell them of', async () => {
  const world = new MemoryApp();
  world.pod('web', 'checkout-svid');
  world.identity('checkout', { reload: { type: 'PodAnnotation' } });
  const before = world.start();
  const { status } = await world.until('checkout', isIssued);
  await before.stop();
  expect(world.annotationsOf('web')).toEqual({});

  // The identity does not change, so nothing else has the replica look.
  world.start(['PodAnnotation']);
  expect(await world.untilAnnotated('web')).toEqual({ [POD_ANNOTATION]: status?.secret?.resourceVersion });
});
