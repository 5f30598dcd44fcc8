// SPDX-License-Identifier: Apache-2.0
/** @module What a replica does when its term begins: with what the one before it left, and while something hangs. */
import { describe, expect, it } from 'vitest';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import { POD_ANNOTATION } from '../../../src/api/well-known.ts';
import type { App } from '../../../src/app/app.ts';
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
  world.start({ reload: ['PodAnnotation'] });
  expect(await world.untilAnnotated('web')).toEqual({ [POD_ANNOTATION]: status?.secret?.resourceVersion });
});

/** Each TrustDomain with an identity of its name that is to be renewed; one process was there before. */
async function served(names: readonly string[]): Promise<MemoryApp> {
  const world = new MemoryApp();
  for (const name of names) {
    if (name !== 'default') world.trustDomain(name);
    world.identity(name, { trustDomainRef: { name } });
  }
  const before = world.start();
  await Promise.all(names.map((name) => world.until(name, isIssued)));
  await before.stop();
  for (const name of names) world.renew(name, 'now');
  return world;
}

const isRenewed = ({ status }: ServiceIdentity): boolean => status?.observedRenewRequest === 'now';
const canSign = ({ registry }: App, name: string): boolean => registry.get(name)?.view.authority !== undefined;

function hang({ api }: MemoryApp, stuck: readonly string[]): void {
  api.hangs = ({ path }) => stuck.some((name) => path.includes(`/secrets/${name}-`));
}

describe('a TrustDomain whose Secrets are not answered', () => {
  it.each(['default', 'other'])('holds up the others for seconds, and nothing else: %s', async (stuck) => {
    const world = await served(['default', 'other']);
    const sound = stuck === 'default' ? 'other' : 'default';
    hang(world, [stuck]);
    const { app, skew } = await world.startUntil(({ registry }) => registry.get(stuck) !== undefined);
    expect(app.term.running).toBe(false);
    // Neither the kubelet nor the prober waits for the term.
    expect(judge(readiness(app, skew))).toMatchObject({ healthy: true });
    expect(app.mayAct()).toBe(true);

    await world.clock.advance(PATIENCE);
    await world.until(sound, isRenewed);
    expect(world.stored(stuck).status?.observedRenewRequest).toBeUndefined();

    world.api.hangs = () => false;
    await world.clock.advance(MINUTE);
    await world.until(stuck, isRenewed);
  });

  it('signs nothing in a term in which it was not read, although it was read before', async () => {
    const world = await served(['default', 'other']);
    const running = await world.standbyUntil((app) => canSign(app, 'default') && canSign(app, 'other'));
    hang(world, ['other']);
    await world.win(running);
    const { app } = running;
    expect([app.term.running, canSign(app, 'other')]).toEqual([false, true]);

    await world.clock.advance(PATIENCE);
    expect([app.term.running, canSign(app, 'other')]).toEqual([true, false]);
    await world.until('default', isRenewed);
    expect(world.stored('other').status?.observedRenewRequest).toBeUndefined();

    world.api.hangs = () => false;
    await world.clock.advance(MINUTE);
    await world.until('other', isRenewed);
  });

  it('is one of many, and the others wait no longer than for one', async () => {
    const stuck = ['default', 'a', 'b', 'c', 'd', 'e'];
    const world = await served([...stuck, 'sound']);
    const running = await world.standbyUntil((app) => [...stuck, 'sound'].every((name) => canSign(app, name)));
    hang(world, stuck);
    await world.win(running);
    const { app } = running;
    expect(app.term.running).toBe(false);

    await world.clock.advance(PATIENCE);
    expect(app.term.running).toBe(true);
    expect(stuck.filter((name) => canSign(app, name))).toEqual([]);
    await world.until('sound', isRenewed);

    world.api.hangs = () => false;
    await world.clock.advance(MINUTE);
    await Promise.all(stuck.map((name) => world.until(name, isRenewed)));
  });
});
