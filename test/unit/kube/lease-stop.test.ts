// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { holderOf } from '../../../src/kube/lease-record.ts';
import { SECOND } from '../../../src/time.ts';
import { aWorld, type Candidate } from '../../support/lease-world.ts';
import { type ManualClock, settle } from '../../support/manual-clock.ts';

interface Stage {
  readonly clock: ManualClock;
  /** The standby. */
  readonly b: Candidate;
}

describe('stopping', () => {
  it.each([{ watch: true }, { watch: false }])('hands over at once (watch: $watch)', async ({ watch }) => {
    const { clock, server, candidate, seconds } = aWorld();
    const [a, b] = [candidate('a'), candidate('b')];
    b.process.noWatch = !watch;
    a.elector.start();
    await clock.advance(SECOND);
    b.elector.start();
    await clock.advance(10.3 * SECOND);
    const begin = seconds();
    const stop = a.elector.stop();
    expect(a.elector.mayAct()).toBe(false);
    await clock.advance(3 * SECOND);
    await stop;
    expect(b.elector.mayAct()).toBe(true);
    expect((b.log[0]?.[1] ?? 99) - begin).toBeLessThan(watch ? 0.5 : 2.5);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    expect(server.watchers).toBe(0);
  });

  it.each<readonly [what: string, happen: (stage: Stage) => Promise<void>]>([
    // Whoever is not told looks 0.8 s later, or more.
    ['when the watch has just ended by its timeout', ({ clock }) => clock.advance(120.2 * SECOND)],
    [
      'soon after every stream was cut',
      async ({ clock, b }) => {
        await clock.advance(8.2 * SECOND);
        b.process.cutStreams();
        await clock.advance(2 * SECOND);
      },
    ],
    [
      'soon after the watch ceased to tell of anything',
      async ({ clock, b }) => {
        await clock.advance(8.2 * SECOND);
        b.process.deafen();
        await clock.advance(8 * SECOND);
      },
    ],
    [
      'soon after a silence that the watch did not survive',
      async ({ clock, b }) => {
        await clock.advance(8.2 * SECOND);
        b.process.deafen();
        b.process.weather = () => ({ there: 1, back: 1, lost: 'request' });
        await clock.advance(2 * SECOND);
        b.process.weather = () => ({ there: 1, back: 1 });
        await clock.advance(5 * SECOND);
      },
    ],
  ])('hands over at once %s', async (_, happen) => {
    const { clock, server, candidate, seconds } = aWorld();
    const [a, b] = [candidate('a'), candidate('b')];
    a.elector.start();
    await clock.advance(SECOND);
    b.elector.start();
    await happen({ clock, b });
    const begin = seconds();
    void a.elector.stop();
    await clock.advance(0.5 * SECOND);
    expect(b.log.map(([event]) => event)).toEqual(['win']);
    expect(seconds() - begin).toBe(0.5);
    expect(b.elector.mayAct()).toBe(true);
    expect(server.watchers).toBe(0);
  });

  it('hands over at once where each call takes the API server a second', async () => {
    const { clock, candidate } = aWorld();
    const [a, b] = [candidate('a'), candidate('b')];
    a.elector.start();
    await clock.advance(SECOND);
    b.elector.start();
    await clock.advance(10 * SECOND);
    // An API server drops the work for whoever has given up.
    a.process.weather = ({ deadline = 0 }) =>
      deadline < SECOND ? { there: 1, back: 1, lost: 'request' } : { there: 900, back: 100 };
    const stop = a.elector.stop();
    await clock.advance(2 * SECOND);
    await stop;
    expect(b.elector.mayAct()).toBe(true);
  });

  it('opens no watch once it stops', async () => {
    const { clock, server, candidate } = aWorld();
    const [a, b] = [candidate('a'), candidate('b')];
    a.elector.start();
    await clock.advance(SECOND);
    b.process.weather = () => ({ there: 200, back: 200 });
    b.elector.start();
    await clock.advance(SECOND / 10);
    const stop = b.elector.stop();
    await clock.advance(SECOND);
    await stop;
    expect(server.watchers).toBe(0);
  });

  it('gives up a Lease whose last renewal nobody confirmed', async () => {
    const { clock, server, candidate } = aWorld();
    const a = candidate('a');
    a.elector.start();
    await clock.advance(SECOND);
    a.process.weather = () => ({ there: 1, back: 1, lost: 'answer' });
    await clock.advance(1.5 * SECOND);
    const stop = a.elector.stop();
    a.process.weather = () => ({ there: 1, back: 1 });
    await clock.advance(2 * SECOND);
    await stop;
    expect(holderOf(server.lease)).toBeUndefined();
    expect(clock.timers).toBe(0);
  });

  it('returns in time when nothing answers, and leaves no timer', async () => {
    const { clock, candidate } = aWorld();
    const a = candidate('a');
    a.elector.start();
    await clock.advance(SECOND);
    a.process.weather = () => ({ there: 1, back: 1, lost: 'request' });
    await clock.advance(1.5 * SECOND);
    let stopped = false;
    void a.elector.stop().then(() => {
      stopped = true;
    });
    await clock.advance(2.1 * SECOND);
    expect(stopped).toBe(true);
    expect(clock.timers).toBe(0);
  });

  it('does not touch a Lease it does not hold', async () => {
    const { clock, server, candidate } = aWorld();
    const [a, b] = [candidate('a'), candidate('b')];
    a.elector.start();
    await clock.advance(SECOND);
    b.elector.start();
    await clock.advance(SECOND);
    const before = server.lease?.metadata.resourceVersion;
    await b.elector.stop();
    expect(server.lease?.metadata.resourceVersion).toBe(before);
    await b.elector.stop();
    b.elector.start();
    await settle();
    expect(b.log).toEqual([]);
  });
});
