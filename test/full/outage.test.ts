// SPDX-License-Identifier: Apache-2.0
/**
 * A controller that was away for three lifetimes: everything has ended, everything is issued anew, each once and not
 * more.
 * @module
 */
import { expect, it } from 'vitest';
import { requestsOf, writesIn } from '../integration/stories/requests.ts';
import { disagreement, opensslVerdict } from '../integration/stories/svid-files.ts';
import { type Issued, storyWorld } from '../integration/stories/world.ts';

const world = storyWorld({
  running: false,
  flags: ['--lease-duration=4s', '--lease-renew-deadline=3s', '--lease-retry-period=1s'],
});
const TTL_MS = 20_000;

it('issues anew what has ended two lifetimes ago, and leaves alone what is not due', async () => {
  const first = await world.start();
  await first.untilSigning();
  const calm = await world.issued({ ttl: '1h' });
  const issued: Issued[] = await Promise.all(Array.from({ length: 10 }, () => world.issued({ ttl: '20s' })));
  await first.kill();
  const killed = Date.now();
  const from = (await requestsOf(world.installation.user)).length;
  await expect.poll(() => Date.now(), { timeout: 120_000, interval: 500 }).toBeGreaterThan(killed + 3 * TTL_MS);

  const second = await world.start();
  await second.untilSigning();
  await Promise.all(issued.map(({ identity }) => world.reissued(identity)));
  const since = (await requestsOf(world.installation.user)).slice(from);
  for (const { namespace } of issued) {
    // One issuance is two writes; the next renewal may have come since.
    expect(writesIn(since, namespace).length).toBeLessThanOrEqual(4);
    const secret = await world.secret(namespace);
    expect(disagreement(secret)).toBeUndefined();
    expect(await opensslVerdict(secret)).toBe('');
  }
  expect(writesIn(since, calm.namespace)).toEqual([]);
  expect(await world.secret(calm.namespace)).toEqual(calm.secret);
  await second.stop();
});
