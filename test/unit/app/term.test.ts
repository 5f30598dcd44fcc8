// SPDX-License-Identifier: Apache-2.0
/** @module What a replica does when its term begins: with what the one before it left, and while something hangs. */
import { describe, expect, it } from 'vitest';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import { POD_ANNOTATION } from '../../../src/api/well-known.ts';
import { readiness } from '../../../src/app/readings.ts';
import { judge } from '../../../src/observability/health.ts';
import { PATIENCE } from '../../../src/reconcilers/authority/verification.ts';
import { MINUTE } from '../../../src/time.ts';
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

/** Each with an identity that is to be renewed; one process was there before. */
async function twoTrustDomains(): Promise<MemoryApp> {
  const world = new MemoryApp();
  world.trustDomain('other');
  world.identity('checkout');
  world.identity('cart', { trustDomainRef: { name: 'other' } });
  const before = world.start();
  await Promise.all([world.until('checkout', isIssued), world.until('cart', isIssued)]);
  await before.stop();
  world.renew('checkout', 'now');
  world.renew('cart', 'now');
  return world;
}

const isRenewed = ({ status }: ServiceIdentity): boolean => status?.observedRenewRequest === 'now';

describe('a TrustDomain whose Secrets are not answered', () => {
  it.each(['default', 'other'])('holds up the others for seconds, and nothing else: %s', async (stuck) => {
    const world = await twoTrustDomains();
    const [held, served] = stuck === 'default' ? ['checkout', 'cart'] : ['cart', 'checkout'];
    world.api.hangs = ({ path }) => path.includes(`/secrets/${stuck}-`);
    const { app, skew } = await world.startUntil(({ registry }) => registry.get(stuck) !== undefined);
    expect(app.term.running).toBe(false);
    // Neither the kubelet nor the prober waits for the term.
    expect(judge(readiness(app, skew))).toMatchObject({ healthy: true });
    expect(app.mayAct()).toBe(true);

    // For the look that had begun before the term, and the one that it asks for.
    await world.clock.advance(2 * PATIENCE);
    await world.until(served, isRenewed);
    expect(world.stored(held).status?.observedRenewRequest).toBeUndefined();
    expect(app.registry.get(stuck)?.view.authority).toBeUndefined();

    world.api.hangs = () => false;
    await world.clock.advance(MINUTE);
    await world.until(held, isRenewed);
  });
});
