// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { heldLease, holderOf, newLease } from '../../../src/kube/lease-record.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { aWorld } from '../../support/lease-world.ts';

describe('winning', () => {
  it('makes the Lease when there is none', async () => {
    const { clock, server, candidate } = aWorld();
    const a = candidate('a');
    a.elector.start();
    await clock.advance(SECOND);
    expect(a.elector.mayAct()).toBe(true);
    expect(a.elector.holder()).toBe('a');
    expect(server.lease?.spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 10,
      leaseTransitions: 0,
      acquireTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      renewTime: expect.any(String) as string,
    });
    expect(server.calls).toEqual(['get', 'create']);
  });

  it('takes a Lease that nobody holds and keeps what is in its metadata', async () => {
    const { clock, server, candidate } = aWorld();
    const metadata = { name: 'signet', namespace: 'signet-system', labels: { team: 'x' } };
    server.set({ metadata, spec: { leaseTransitions: 4 } });
    const a = candidate('a');
    a.elector.start();
    await clock.advance(SECOND);
    expect(server.lease?.metadata).toMatchObject({ labels: { team: 'x' } });
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'a', leaseTransitions: 5 });
  });

  it('renews with one write each period, and nothing else', async () => {
    const { clock, server, candidate } = aWorld();
    const a = candidate('a');
    a.elector.start();
    await clock.advance(MINUTE);
    expect(server.calls.slice(2).every((verb) => verb === 'update')).toBe(true);
    expect(server.calls.length).toBe(31);
    expect(server.lease?.spec?.leaseTransitions).toBe(0);
    expect(a.log.length).toBe(1);
  });

  it('changes the renewal time even when its clock stands still', () => {
    const holding = { identity: 'a', duration: 10 * SECOND, now: 1e12 };
    const first = newLease('signet-system', 'signet', holding);
    const second = heldLease(first, holding);
    expect(second.spec?.renewTime).not.toBe(first.spec?.renewTime);
    expect(second.spec?.acquireTime).toBe(first.spec?.acquireTime);
    expect(second.spec?.leaseTransitions).toBe(0);
  });
});

describe('waiting', () => {
  it('takes over from a holder that died, after one duration of its own clock, whatever the clocks say', async () => {
    const { clock, candidate } = aWorld();
    const a = candidate('a', {}, -MINUTE);
    const b = candidate('b', {}, MINUTE);
    a.elector.start();
    await clock.advance(SECOND);
    b.elector.start();
    await clock.advance(8.5 * SECOND);
    a.process.freeze();
    await clock.advance(15 * SECOND);
    expect(b.elector.mayAct()).toBe(true);
    expect(b.log[0]?.[1]).toBeGreaterThan(17);
    expect(b.log[0]?.[1]).toBeLessThan(19);
  });

  it('waits as long as the holder itself announced', async () => {
    const { clock, candidate } = aWorld();
    const a = candidate('a', { duration: 30 * SECOND });
    const b = candidate('b');
    a.elector.start();
    await clock.advance(SECOND);
    b.elector.start();
    await clock.advance(SECOND);
    a.process.freeze();
    await clock.advance(28 * SECOND);
    expect(b.log).toEqual([]);
    await clock.advance(5 * SECOND);
    expect(b.elector.mayAct()).toBe(true);
  });

  it('is not kept waiting by somebody who edits labels of a dead holder', async () => {
    const { clock, server, candidate } = aWorld();
    const metadata = { name: 'signet', namespace: 'signet-system' };
    server.set({ metadata, spec: { holderIdentity: 'dead', leaseDurationSeconds: 10 } });
    const b = candidate('b');
    b.elector.start();
    for (let i = 0; i < 13; i++) {
      await clock.advance(SECOND);
      if (holderOf(server.lease) === 'dead' && server.lease !== undefined) {
        server.set({ ...server.lease, metadata: { ...metadata, labels: { i: String(i) } } as typeof metadata });
      }
    }
    expect(b.elector.mayAct()).toBe(true);
  });

  it('does not jump in when somebody deletes the Lease of a living holder', async () => {
    const { clock, server, candidate } = aWorld();
    const [a, b] = [candidate('a'), candidate('b')];
    a.elector.start();
    await clock.advance(SECOND);
    b.elector.start();
    await clock.advance(SECOND / 2);
    server.set(undefined);
    await clock.advance(SECOND);
    expect(a.elector.mayAct()).toBe(true);
    expect(b.elector.mayAct()).toBe(false);
    await clock.advance(5 * SECOND);
    expect(a.elector.mayAct()).toBe(true);
    expect(server.lease?.spec?.holderIdentity).toBe('a');
  });

  it('looks no more often than without a watch when it tells of nothing but noise', async () => {
    const { clock, server, candidate } = aWorld();
    server.set({
      metadata: { name: 'signet', namespace: 'signet-system' },
      spec: { holderIdentity: 'x', leaseDurationSeconds: 300 },
    });
    const b = candidate('b');
    const stream = b.process.stream.bind(b.process);
    b.process.stream = (request, sink) => {
      const noise = (): void => {
        sink.chunk(Buffer.from('garbage'));
        clock.after(1, noise);
      };
      clock.after(1, noise);
      return stream(request, sink);
    };
    b.elector.start();
    await clock.advance(20 * SECOND);
    expect(server.calls.length).toBeLessThanOrEqual(14);
  });
});

describe('losing', () => {
  it('stops acting at the deadline though the renewal hangs, counted from the start of the last good one', async () => {
    const { clock, server, candidate } = aWorld();
    const a = candidate('a');
    a.elector.start();
    await clock.advance(SECOND);
    // The renewal at 2 s takes 1.5 s; nothing comes through after it.
    let slow = true;
    a.process.weather = () => {
      const weather = slow ? { there: 1, back: 1500 } : { there: 1, back: 1, lost: 'request' as const };
      slow = false;
      return weather;
    };
    await clock.advance(6 * SECOND);
    expect(a.elector.mayAct()).toBe(true);
    await clock.advance(1.1 * SECOND);
    expect(a.elector.mayAct()).toBe(false);
    expect(a.log.map(([event]) => event)).toEqual(['win', 'loss']);
    expect(a.log[1]?.[1]).toBeCloseTo(8, 2);
    expect(server.calls.length).toBe(3);
  });

  it('tells once when calls are answered again', async () => {
    const { clock, candidate, seconds } = aWorld();
    const recoveries: number[] = [];
    const a = candidate('a', { onRecovery: () => recoveries.push(seconds()) });
    a.elector.start();
    await clock.advance(MINUTE);
    expect(recoveries).toEqual([]);
    a.process.weather = () => ({ there: 1, back: 1, lost: 'request' });
    await clock.advance(MINUTE);
    expect(recoveries).toEqual([]);
    a.process.weather = () => ({ there: 1, back: 1 });
    await clock.advance(MINUTE);
    expect(recoveries.length).toBe(1);
    expect(recoveries[0]).toBeLessThan(128);
  });

  it('wins again by itself when the API server is back, also when its last write had arrived', async () => {
    const { clock, candidate } = aWorld();
    const a = candidate('a');
    a.elector.start();
    await clock.advance(SECOND);
    a.process.weather = () => ({ there: 1, back: 1, lost: 'answer' });
    await clock.advance(10 * SECOND);
    expect(a.elector.mayAct()).toBe(false);
    a.process.weather = () => ({ there: 1, back: 1 });
    await clock.advance(5 * SECOND);
    expect(a.elector.mayAct()).toBe(true);
    expect(a.log.map(([event]) => event)).toEqual(['win', 'loss', 'win']);
    expect(a.problems.length).toBeGreaterThan(0);
  });

  it('survives one dead connection between two renewals', async () => {
    const { clock, candidate } = aWorld();
    const a = candidate('a');
    a.elector.start();
    await clock.advance(SECOND);
    let first = true;
    a.process.weather = () => {
      const lost = first ? ('request' as const) : undefined;
      first = false;
      return { there: 1, back: 1, lost };
    };
    await clock.advance(10 * SECOND);
    expect(a.log.map(([event]) => event)).toEqual(['win']);
  });

  it('knows right after a freeze that its time is over', async () => {
    const { clock, candidate } = aWorld();
    const a = candidate('a');
    const b = candidate('b');
    a.elector.start();
    await clock.advance(SECOND);
    b.elector.start();
    a.process.freeze();
    await clock.advance(30 * SECOND);
    expect(a.elector.mayAct()).toBe(false);
    expect(b.elector.mayAct()).toBe(true);
    a.process.thaw();
    await clock.advance(5 * SECOND);
    expect(a.log.map(([event]) => event)).toEqual(['win', 'loss']);
    expect(a.elector.holder()).toBe('b');
  });

  it('counts from the start of a slow renewal also when it is frozen right after', async () => {
    const { clock, candidate } = aWorld();
    const a = candidate('a');
    a.elector.start();
    await clock.advance(SECOND);
    a.process.weather = () => ({ there: 1, back: 1500 });
    await clock.advance(2.6 * SECOND);
    a.process.freeze();
    await clock.advance(4.3 * SECOND);
    expect(a.elector.mayAct()).toBe(true);
    await clock.advance(0.2 * SECOND);
    expect(a.elector.mayAct()).toBe(false);
  });

  it('notices at once that somebody else wrote itself in', async () => {
    const { clock, server, candidate } = aWorld();
    const a = candidate('a');
    a.elector.start();
    await clock.advance(SECOND);
    const lease = server.lease;
    if (lease !== undefined) {
      server.set({ ...lease, spec: { ...lease.spec, holderIdentity: 'thief' } });
    }
    await clock.advance(1.5 * SECOND);
    expect(a.elector.mayAct()).toBe(false);
    expect(a.log.map(([event]) => event)).toEqual(['win', 'loss']);
  });
});

it('goes on when the API server answers with something else', async () => {
  const { clock, candidate } = aWorld();
  const a = candidate('a');
  const request = a.process.request.bind(a.process);
  a.process.request = <T>(): Promise<T> => Promise.resolve(null as T);
  a.elector.start();
  await clock.advance(5 * SECOND);
  expect(a.elector.mayAct()).toBe(false);
  expect(a.problems.length).toBeGreaterThan(1);
  a.process.request = request;
  await clock.advance(5 * SECOND);
  expect(a.elector.mayAct()).toBe(true);
});

it('goes on when a callback throws', async () => {
  const { clock, candidate } = aWorld();
  const a = candidate('a', {
    onWin: () => {
      throw new Error('broken');
    },
  });
  a.elector.start();
  await clock.advance(20 * SECOND);
  expect(a.elector.mayAct()).toBe(true);
  expect(a.problems.length).toBe(1);
});
