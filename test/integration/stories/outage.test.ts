// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of a controller that was away for a part of a lifetime, or for longer than one: what is due is renewed once,
 * what has ended is replaced, and nobody else's certificate changes.
 * @module
 */
import { expect, it } from 'vitest';
import { requestsOf, writesIn } from './requests.ts';
import { disagreement, opensslVerdict } from './svid-files.ts';
import { type Issued, storyWorld } from './world.ts';

const world = storyWorld({
  running: false,
  flags: ['--lease-duration=4s', '--lease-renew-deadline=3s', '--lease-retry-period=1s'],
});
const TTL_SECONDS = 20;

/** How long the controller is away, in lifetimes of each of these. */
const AWAY: readonly (readonly [name: string, ttl: number])[] = [
  ['1.1', TTL_SECONDS],
  ['0.6', 37],
  ['0.4', 55],
  ['hardly any', 3600],
];

function seconds(time: string | undefined): number {
  return Date.parse(time ?? '') / 1000;
}

it('a controller comes back after 0.4, 0.6 and 1.1 lifetimes', async () => {
  const first = await world.start();
  await first.untilSigning();
  const issued = new Map<string, Issued>();
  for (const [name, ttl] of AWAY) issued.set(name, await world.issued({ ttl: `${ttl}s` }));
  await first.kill();
  const from = (await requestsOf(world.installation.user)).length;
  const ended = seconds(issued.get('1.1')?.identity.status?.notAfter) * 1000;
  // The one that has ended is what the story is about: time has to pass.
  await expect.poll(() => Date.now(), { timeout: 40_000, interval: 250 }).toBeGreaterThan(ended + 2000);

  const back = Date.now() / 1000;
  const second = await world.start();
  await second.untilSigning();
  for (const [name] of AWAY) {
    const { identity } = issued.get(name) as Issued;
    if (name === 'hardly any' || (name === '0.4' && seconds(identity.status?.renewalTime) > back + 10)) continue;
    const { status } = await world.reissued(identity);
    expect(seconds(status?.notAfter), name).toBeGreaterThan(seconds(identity.status?.notAfter));
  }
  const since = (await requestsOf(world.installation.user)).slice(from);
  for (const [name] of AWAY) {
    const { namespace, identity } = issued.get(name) as Issued;
    const secret = await world.secret(namespace);
    expect(disagreement(secret), name).toBeUndefined();
    expect(await opensslVerdict(secret), name).toBe('');
    // One issuance is two writes; an SVID of 20 s may have come to its next renewal since.
    expect(writesIn(since, namespace).length, name).toBeLessThanOrEqual(name === '1.1' ? 4 : 2);
    if (name === 'hardly any') expect((await world.ready(namespace)).status).toEqual(identity.status);
  }
  await second.stop();
});
