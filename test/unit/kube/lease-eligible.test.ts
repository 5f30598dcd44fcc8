// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { holderOf } from '../../../src/kube/lease-record.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { aWorld, type Candidate, type LeaseWorld } from '../../support/lease-world.ts';

interface Fitness {
  eligible: boolean;
}

/** A candidate whose eligibility the test decides. */
function aFickle(world: LeaseWorld, identity: string, eligible: boolean): Candidate & { readonly fitness: Fitness } {
  const fitness = { eligible };
  return { ...world.candidate(identity, { eligible: () => fitness.eligible }), fitness };
}

function events({ log }: Candidate): string[] {
  return log.map(([event]) => event);
}

describe('somebody not eligible', () => {
  it('does not claim a Lease that is free, until it is eligible', async () => {
    const world = aWorld();
    const a = aFickle(world, 'a', false);
    a.elector.start();
    await world.clock.advance(MINUTE);
    expect(world.server.lease).toBeUndefined();
    expect(a.log).toEqual([]);
    // It goes on looking: that is how its clock is compared with the API server's.
    expect(world.server.calls.length).toBeGreaterThan(20);
    a.fitness.eligible = true;
    await world.clock.advance(3 * SECOND);
    expect(a.elector.mayAct()).toBe(true);
  });

  it('does not claim when it turns out only by its first look', async () => {
    const world = aWorld();
    const { server, clock } = world;
    const a = world.candidate('a', { eligible: () => server.calls.length === 0 });
    a.elector.start();
    await clock.advance(MINUTE);
    expect(server.calls.every((verb) => verb === 'get')).toBe(true);
    expect(a.log).toEqual([]);
  });

  it('leaves the Lease of a dead holder to somebody who is', async () => {
    const world = aWorld();
    const metadata = { name: 'signet', namespace: 'signet-system' };
    world.server.set({ metadata, spec: { holderIdentity: 'dead', leaseDurationSeconds: 10 } });
    const a = aFickle(world, 'a', false);
    const b = world.candidate('b');
    a.elector.start();
    await world.clock.advance(5 * SECOND);
    b.elector.start();
    await world.clock.advance(15 * SECOND);
    expect(a.log).toEqual([]);
    expect(b.elector.mayAct()).toBe(true);
  });

  it('gives up a Lease in its name that it no longer leads by', async () => {
    const world = aWorld();
    const a = aFickle(world, 'a', true);
    a.elector.start();
    await world.clock.advance(SECOND);
    a.process.weather = () => ({ there: 1, back: 1, lost: 'answer' });
    await world.clock.advance(10 * SECOND);
    expect(events(a)).toEqual(['win', 'loss']);
    a.fitness.eligible = false;
    a.process.weather = () => ({ there: 1, back: 1 });
    await world.clock.advance(5 * SECOND);
    expect(holderOf(world.server.lease)).toBeUndefined();
    expect(events(a)).toEqual(['win', 'loss']);
  });
});

describe('a holder that is no longer eligible', () => {
  it('gives the Lease up to a standby after the renew deadline, and takes it no more', async () => {
    const world = aWorld();
    const { clock, server } = world;
    const a = aFickle(world, 'a', true);
    const b = world.candidate('b');
    let most = 0;
    clock.onStep = () => {
      most = Math.max(most, Number(a.elector.mayAct()) + Number(b.elector.mayAct()));
    };
    a.elector.start();
    await clock.advance(SECOND);
    b.elector.start();
    await clock.advance(9 * SECOND);
    a.fitness.eligible = false;
    await clock.advance(5.5 * SECOND);
    expect(a.elector.mayAct()).toBe(true);
    await clock.advance(5 * SECOND);
    expect(events(a)).toEqual(['win', 'loss']);
    expect(b.elector.mayAct()).toBe(true);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    const stop = b.elector.stop();
    await clock.advance(MINUTE);
    await stop;
    expect(holderOf(server.lease)).toBeUndefined();
    expect(events(a)).toEqual(['win', 'loss']);
    expect(most).toBe(1);
  });

  it('keeps it through a doubt shorter than that, however often', async () => {
    const world = aWorld();
    const a = aFickle(world, 'a', true);
    a.elector.start();
    await world.clock.advance(SECOND);
    for (let i = 0; i < 5; i++) {
      a.fitness.eligible = false;
      await world.clock.advance(5 * SECOND);
      a.fitness.eligible = true;
      await world.clock.advance(3 * SECOND);
    }
    expect(events(a)).toEqual(['win']);
  });

  it('gives it up also when the first write for that fails, with nobody told twice', async () => {
    const world = aWorld();
    const a = aFickle(world, 'a', true);
    a.elector.start();
    await world.clock.advance(SECOND);
    a.fitness.eligible = false;
    a.process.weather = () => ({ there: 1, back: 1, lost: a.log.length === 2 ? 'request' : undefined });
    await world.clock.advance(10 * SECOND);
    expect(events(a)).toEqual(['win', 'loss']);
    expect(a.elector.mayAct()).toBe(false);
    expect(holderOf(world.server.lease)).toBe('a');
    a.process.weather = () => ({ there: 1, back: 1 });
    await world.clock.advance(10 * SECOND);
    expect(holderOf(world.server.lease)).toBeUndefined();
    expect(a.elector.holder()).toBeUndefined();
  });

  it('knows that it gave it up when it stops afterwards', async () => {
    const world = aWorld();
    const a = aFickle(world, 'a', true);
    a.elector.start();
    await world.clock.advance(SECOND);
    a.fitness.eligible = false;
    while (holderOf(world.server.lease) === 'a') {
      await world.clock.advance(1);
    }
    // The answer, but not yet the next look.
    await world.clock.advance(10);
    expect(a.elector.holder()).toBeUndefined();
    const calls = world.server.calls.length;
    const version = world.server.lease?.metadata.resourceVersion;
    const stop = a.elector.stop();
    await world.clock.advance(2 * SECOND);
    await stop;
    expect(world.server.lease?.metadata.resourceVersion).toBe(version);
    expect(world.server.calls.length).toBe(calls);
    expect(world.clock.timers).toBe(0);
  });
});
