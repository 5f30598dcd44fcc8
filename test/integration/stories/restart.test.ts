// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of controllers that come and go: nobody's certificate changes because of it.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { SignetProcess } from '../../support/signet-process.ts';
import { requestsOf, secretReadsIn, writesIn } from './requests.ts';
import { disagreement, opensslVerdict } from './svid-files.ts';
import { type Issued, isReady, storyWorld } from './world.ts';

const world = storyWorld({ running: false });
/** Short, so that a story does not wait long for the Lease of a controller that was killed. */
const SHORT_LEASE = ['--lease-duration=4s', '--lease-renew-deadline=3s', '--lease-retry-period=1s'];
/** Long enough that nobody lives to see it expire. */
const LONG_LEASE = ['--lease-duration=600s', '--lease-renew-deadline=300s', '--lease-retry-period=1s'];

function start(lease: readonly string[]): Promise<SignetProcess> {
  return world.start([...world.flags, ...lease]);
}

async function someIdentities(count: number): Promise<Issued[]> {
  return Promise.all(Array.from({ length: count }, () => world.issued()));
}

/** Nothing was written, issued or read for identities that nobody touched, by the API server's record since `from`. */
async function expectUntouched(issued: readonly Issued[], from: number): Promise<void> {
  const since = (await requestsOf(world.installation.user)).slice(from);
  for (const { namespace, identity, secret } of issued) {
    expect(writesIn(since, namespace)).toEqual([]);
    expect(secretReadsIn(since, namespace)).toEqual([]);
    expect(await world.secret(namespace)).toEqual(secret);
    expect(await world.ready(namespace)).toEqual(identity);
  }
}

describe('two controllers begin at the same moment', () => {
  it('and there is one root and one intermediate, whoever of them made it', async () => {
    // Without a Lease between them, as after a split brain.
    const alone = [...world.flags, '--leader-elect=false'];
    const both = await Promise.all([world.start(alone), world.start(alone)]);
    const { status } = await world.untilTrustDomain('default', isReady);
    expect(status?.authorities?.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
      'Intermediate Active',
      'Root Active',
    ]);
    await Promise.all(both.map((signet) => signet.untilReady()));
    const { namespace } = world.installation;
    const secrets = (await world.cluster.list('Secret', namespace)).filter(
      ({ type }) => type === 'signet.dev/authority',
    );
    expect(secrets.map(({ metadata }) => metadata.name).sort()).toEqual([
      'default-intermediate-authority',
      'default-root-authority',
    ]);

    // Both of them serve every identity: what is stored fits together all the same.
    const issued = await someIdentities(10);
    for (const { secret } of issued) expect(disagreement(secret)).toBeUndefined();
    expect(await opensslVerdict((issued[0] as Issued).secret)).toBe('');
    await Promise.all(both.map((signet) => signet.stop()));
    for (const { namespace: home } of issued) {
      const identity = await world.ready(home);
      const { metadata } = await world.secret(home);
      expect(identity.status?.secret).toMatchObject({ uid: metadata.uid, resourceVersion: metadata.resourceVersion });
    }
  });
});

describe('the controller is killed', () => {
  it('and started again: nothing is issued, no Secret is read, no status is written', async () => {
    const first = await start(SHORT_LEASE);
    await first.untilSigning();
    const issued = await someIdentities(5);
    await first.kill();
    const from = (await requestsOf(world.installation.user)).length;

    const second = await start(SHORT_LEASE);
    await second.untilSigning();
    // Whoever asks now is served after the others were looked at.
    await world.issued();
    await expectUntouched(issued, from);

    // And it goes on where the other one stopped.
    const [one] = issued as [Issued];
    await world.patch(one.namespace, { renewRequest: 'after the restart' });
    await world.reissued(one.identity);
    await second.stop();
  });

  it('and what was changed while it was away is seen to when it is back', async () => {
    const first = await start(SHORT_LEASE);
    await first.untilSigning();
    const [lost, edited, changed, gone] = (await someIdentities(4)) as [Issued, Issued, Issued, Issued];
    await first.kill();
    const name = 'checkout-svid';
    await world.cluster.delete({ kind: 'Secret', namespace: lost.namespace, name });
    await world.patchSecret(edited.namespace, { data: { 'tls.key': 'AAAA' } });
    await world.patch(changed.namespace, { services: ['new'] });
    await world.cluster.delete({ kind: 'ServiceIdentity', namespace: gone.namespace, name: 'checkout' });
    const arrived = await world.namespace();
    await world.identity(arrived);

    const second = await start(SHORT_LEASE);
    await second.untilSigning();
    for (const { identity } of [lost, edited, changed]) await world.reissued(identity);
    await world.ready(arrived);
    await world.cluster.until({ kind: 'Secret', namespace: gone.namespace, name }, (now) => now === undefined);
    for (const { namespace } of [lost, edited, changed]) {
      expect(disagreement(await world.secret(namespace))).toBeUndefined();
    }
    await second.stop();
  });
});

describe('a standby', () => {
  it('takes over at once when the holder leaves in order, and issues nothing again', async () => {
    const holder = await start(LONG_LEASE);
    await holder.untilSigning();
    const issued = await someIdentities(3);
    const standby = await start(LONG_LEASE);
    await standby.untilReady();
    const lines = await standby.log();
    expect(lines.map(({ msg }) => msg)).not.toContain('Lease won, signing');
    expect((await standby.ask('/metrics')).text).toMatch(/^signet_lease_held 0$/m);

    const from = (await requestsOf(world.installation.user)).length;
    const exit = await holder.stop();
    expect(exit).toEqual({ code: 0, signal: null });
    await standby.untilSigning();
    await world.issued();
    await expectUntouched(issued, from);
    await standby.stop();
  });

  it('takes over when the holder dies, in time for what is due', async () => {
    const holder = await start(SHORT_LEASE);
    await holder.untilSigning();
    const calm = await someIdentities(2);
    const due = await world.issued({ ttl: '20s' });
    const standby = await start(SHORT_LEASE);
    await standby.untilReady();
    const from = (await requestsOf(world.installation.user)).length;
    await holder.kill();
    const renewed = await world.reissued(due.identity);
    expect(Date.parse(renewed.status?.notBefore ?? '') + 60_000).toBeLessThan(
      Date.parse(due.identity.status?.notAfter ?? ''),
    );
    await expectUntouched(calm, from);
    await standby.stop();
  });
});
