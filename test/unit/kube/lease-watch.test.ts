// SPDX-License-Identifier: Apache-2.0
/** @module When the watch of the Lease is opened, given up and opened again, beside looks that the test makes. */
import { expect, it } from 'vitest';
import { isSignetError, SignetError } from '../../../src/errors.ts';
import { LeaseWatch } from '../../../src/kube/lease-watch.ts';
import type { KubeRequest, StreamSink, Transport } from '../../../src/kube/transport.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';

interface Stream {
  readonly request: KubeRequest;
  readonly tell: () => void;
  readonly end: () => Promise<void>;
  readonly fail: (error?: SignetError) => Promise<void>;
}

function aWatch(random = 0) {
  const clock = new ManualClock();
  const streams: Stream[] = [];
  const hints: number[] = [];
  const problems: unknown[] = [];
  const stream = (request: KubeRequest, sink: StreamSink): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    request.signal?.addEventListener('abort', () => reject(new SignetError('ERR_KUBE_UNAVAILABLE', 'canceled')));
    streams.push({
      request,
      tell: () => sink.chunk(Buffer.from('{}\n')),
      end: () => {
        resolve();
        return settle();
      },
      fail: (error = new SignetError('ERR_KUBE_UNAVAILABLE', 'connection reset')) => {
        reject(error);
        return settle();
      },
    });
    return promise;
  };
  const watch = new LeaseWatch({
    transport: { stream } as unknown as Transport,
    clock,
    namespace: 'signet-system',
    name: 'signet',
    random: () => random,
    onHint: () => hints.push(clock.monotonic()),
    onProblem: (problem) => problems.push(problem),
  });
  let version = 1;
  return {
    clock,
    streams,
    hints,
    problems,
    watch,
    /** A look that finds the Lease as the last one did. */
    look: () => watch.ensure(String(version)),
    /** One that finds it renewed. */
    lookRenewed: () => watch.ensure(String(++version)),
    latest: (): Stream => streams.at(-1) as Stream,
    aborted: () => streams.filter(({ request }) => request.signal?.aborted === true).length,
  };
}

it('watches from the version that a look found, once, and not before there is one', () => {
  const { watch, streams, look } = aWatch();
  watch.ensure(undefined);
  expect(streams).toEqual([]);
  look();
  look();
  expect(streams.map(({ request }) => request.query?.['resourceVersion'])).toEqual(['1']);
});

it('asks for a look at once when a stream has ended by its timeout, and opens the next from there', async () => {
  const { clock, streams, hints, problems, look, lookRenewed, latest } = aWatch();
  look();
  await clock.advance(2 * MINUTE);
  await latest().end();
  expect(hints).toEqual([clock.monotonic()]);
  lookRenewed();
  expect(streams.map(({ request }) => request.query?.['resourceVersion'])).toEqual(['1', '2']);
  expect(problems).toEqual([]);
});

it.each([0, 0.999])('pauses for 1 to 2 s after a failure, doubling up to 30 s (dice: %d)', async (random) => {
  const { clock, streams, hints, problems, look, latest } = aWatch(random);
  const pauses: number[] = [];
  for (let nth = 0; nth < 8; nth += 1) {
    look();
    await latest().fail();
    const failed = clock.monotonic();
    await clock.advance(0.99 * SECOND);
    look();
    expect(streams.length).toBe(nth + 1);
    await clock.advance(30 * SECOND);
    pauses.push((hints[nth] ?? Number.NaN) - failed);
  }
  expect(hints.length).toBe(8);
  expect(problems.length).toBe(8);
  for (const [nth, pause] of pauses.entries()) {
    const longest = Math.min(30, 2 ** (nth + 1)) * SECOND;
    expect(pause).toBeGreaterThanOrEqual(longest / 2);
    expect(pause).toBeLessThanOrEqual(longest);
  }
});

it('pauses as briefly as at first once a stream has been heard for a while', async () => {
  const { clock, hints, look, latest } = aWatch();
  for (let nth = 0; nth < 6; nth += 1) {
    look();
    await latest().fail();
    await clock.advance(30 * SECOND);
  }
  look();
  await clock.advance(10 * SECOND);
  latest().tell();
  await latest().fail();
  const failed = clock.monotonic();
  await clock.advance(30 * SECOND);
  expect((hints.at(-1) ?? Number.NaN) - failed).toBe(SECOND);
});

it('pauses as after a failure when a stream ends at once', async () => {
  const { clock, streams, hints, look, latest } = aWatch();
  for (let nth = 0; nth < 4; nth += 1) {
    look();
    await latest().end();
    look();
    expect(streams.length).toBe(nth + 1);
    await clock.advance(2 ** nth * SECOND - 1);
    expect(hints.length).toBe(nth);
    await clock.advance(1);
    expect(hints.length).toBe(nth + 1);
  }
});

it('pauses for as long as the API server asks', async () => {
  const { clock, hints, look, latest } = aWatch();
  look();
  await latest().fail(new SignetError('ERR_KUBE_THROTTLED', 'too many requests', { retryAfter: MINUTE }));
  await clock.advance(MINUTE - 1);
  expect(hints).toEqual([]);
  await clock.advance(MINUTE);
  expect(hints.length).toBe(1);
});

it('gives up a stream that tells nothing while looks find renewals, and says so', async () => {
  const { clock, streams, hints, problems, look, lookRenewed, latest, aborted } = aWatch();
  look();
  latest().tell();
  lookRenewed();
  await clock.advance(2 * SECOND);
  lookRenewed();
  expect(aborted()).toBe(0);
  await clock.advance(2 * SECOND);
  lookRenewed();
  expect(aborted()).toBe(1);
  await settle();
  // Calls are answered: nothing but this is to be opened anew.
  expect(problems.map((problem) => isSignetError(problem, 'ERR_KUBE_TIMEOUT'))).toEqual([false]);
  expect(String(problems[0])).toContain('does not tell of its renewals');
  await clock.advance(2 * SECOND);
  expect(hints.length).toBe(2);
  lookRenewed();
  expect(streams.length).toBe(2);
});

it('pauses longer and longer where no stream ever tells anything', async () => {
  const { clock, streams, lookRenewed } = aWatch();
  for (let nth = 0; nth < 300; nth += 1) {
    lookRenewed();
    await clock.advance(2 * SECOND);
  }
  expect(streams.length).toBeGreaterThan(10);
  expect(streams.length).toBeLessThan(40);
});

it('keeps a stream that is silent while nobody renews, or that a look overtakes', async () => {
  const { clock, look, lookRenewed, latest, aborted } = aWatch();
  for (let nth = 0; nth < 20; nth += 1) {
    look();
    await clock.advance(2 * SECOND);
  }
  for (let nth = 0; nth < 20; nth += 1) {
    lookRenewed();
    latest().tell();
    look();
    await clock.advance(10 * SECOND);
  }
  expect(aborted()).toBe(0);
});

it('leaves nothing behind when it stops: no stream, no timer, no hint and no problem', async () => {
  const { clock, watch, streams, hints, problems, look, latest, aborted } = aWatch();
  look();
  watch.stop();
  await settle();
  latest().tell();
  expect(aborted()).toBe(1);
  look();
  await latest().fail();
  expect([clock.timers, problems.length]).toEqual([1, 1]);
  watch.stop();
  expect(clock.timers).toBe(0);
  expect(hints).toEqual([]);
  // The next look asks for it again, and has not to wait.
  look();
  expect(streams.length).toBe(3);
  expect(problems.length).toBe(1);
});
