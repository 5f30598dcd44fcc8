// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of an operator who starts, watches and stops the controller.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { serviceAccountKubeconfig } from '../../support/control-plane.ts';
import { disagreement } from './svid-files.ts';
import { isReady, storyWorld } from './world.ts';

const world = storyWorld({ running: false });

const LEASE = { kind: 'Lease', name: 'signet-controller' } as const;

describe.concurrent('an operator starts the controller', () => {
  it('with wrong flags, and hears of all of them at once', async () => {
    const flags = ['--trust-domain=Example.org', '--workers=0', '--nonsense', '--default-trust-domain-min-ttl=1m'];
    const signet = await world.installation.startAs({ flags });
    expect(await signet.exited).toEqual({ code: 2, signal: null });
    const output = await signet.output();
    for (const wrong of ['--trust-domain', '--workers', '--nonsense', '--default-trust-domain-min-ttl']) {
      expect(output).toContain(wrong);
    }
    expect(output).not.toMatch(/^\s+at /m);
  });

  it.each(['--inspect=127.0.0.1:0', '--heapsnapshot-signal=SIGUSR2', '--report-on-signal'])(
    'in a way that lets others look into its memory (%s), and it refuses',
    async (flag) => {
      const signet = await world.installation.startAs({ flags: world.flags, nodeFlags: ['--disable-sigusr1', flag] });
      expect(await signet.exited).toEqual({ code: 2, signal: null });
      expect(await signet.output()).toContain(`refuses to hold CA keys in a process started with ${flag}`);
    },
  );

  it('where its account has no rights, and hears which one is missing', async () => {
    const { kubeconfig } = await powerless();
    const signet = await world.installation.startAs({ flags: world.flags, kubeconfig });
    const { err } = await signet.untilLogged('Watch ended and will be opened again', { resource: 'secrets' });
    expect(JSON.stringify(err)).toMatch(/ERR_KUBE_FORBIDDEN.*secrets/);
    const ready = await signet.ask('/readyz');
    expect(ready.code).toBe(503);
    expect(ready.text).toMatch(/not yet synced: .*secrets/);
    expect((await signet.ask('/livez')).code).toBe(200);
    expect(await signet.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('an operator watches and stops the controller', () => {
  it('by its probes and metrics, and the Lease is free when it has stopped', async () => {
    const lease = { ...LEASE, namespace: world.installation.namespace };
    const signet = await world.start();
    await signet.untilSigning();
    await world.untilTrustDomain('default', isReady);
    await signet.untilReady();
    expect(await signet.ask('/livez')).toEqual({ code: 200, text: 'ok\n' });
    expect((await signet.ask('/readyz?verbose')).text).toContain('[+]caches ok');
    expect((await signet.ask('/debug')).code).toBe(404);
    const held = await world.cluster.get(lease);
    expect(held?.spec.holderIdentity).toMatch(/^controller-\d+_/);

    const issued = await world.issued();
    const { text } = await signet.ask('/metrics');
    const metric = metricsIn(text);
    expect(metric('signet_lease_held')).toBe(1);
    expect(metric('signet_issuances_total', 'FirstIssuance', 'success')).toBe(1);
    expect(metric('signet_identities', 'Issued')).toBe(1);
    expect(metric('signet_nearest_expiry_timestamp_seconds')).toBe(
      Date.parse(issued.identity.status?.notAfter ?? '') / 1000,
    );
    expect(metric('signet_api_requests_total', 'create', 'secrets', '201')).toBeGreaterThanOrEqual(3);
    // One series for each identity would be the end of every monitoring system.
    expect(text.includes(issued.namespace)).toBe(false);

    // Work is at hand while it is told to stop.
    const namespaces = await Promise.all(Array.from({ length: 5 }, () => world.namespace()));
    const asked = namespaces.flatMap((namespace) =>
      Array.from({ length: 8 }, (_, index) => world.identity(namespace, {}, `busy-${index}`)),
    );
    await Promise.race(asked);
    const exit = signet.stop();
    await Promise.all(asked);
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(await signet.untilLogged('Stopped')).toMatchObject({ unfinished: [] });
    expect((await world.cluster.get(lease))?.spec.holderIdentity ?? '').toBe('');
    for (const namespace of namespaces) {
      for (const secret of await world.cluster.list('Secret', namespace)) expect(disagreement(secret)).toBeUndefined();
    }
    const log = await signet.log();
    expect(log.filter(({ level }) => level === 'error')).toEqual([]);

    // Whoever comes next finishes what was left.
    const next = await world.start();
    await Promise.all(
      namespaces.flatMap((namespace) =>
        Array.from({ length: 8 }, (_, index) => world.ready(namespace, `busy-${index}`)),
      ),
    );
    await next.stop();
  });
});

/** Looks up one series by its name and some of its label values. */
function metricsIn(text: string): (name: string, ...values: readonly string[]) => number | undefined {
  return (name, ...values) => {
    const line = text
      .split('\n')
      .find((series) => series.startsWith(name) && values.every((value) => series.includes(`"${value}"`)));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  };
}

/** An account of the controller's namespace that may do nothing. */
async function powerless(): Promise<{ readonly kubeconfig: string }> {
  const { namespace } = world.installation;
  await world.serviceAccount(namespace, 'powerless');
  return { kubeconfig: await serviceAccountKubeconfig({ namespace, name: 'powerless' }) };
}
