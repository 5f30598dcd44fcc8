// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import type { TrustDomain, TrustDomainStatus } from '../../../../src/api/trust-domain.ts';
import { glancing, reconcileAuthority } from '../../../../src/reconcilers/authority/reconcile.ts';
import type { StoredSecret } from '../../../../src/reconcilers/own-secrets.ts';
import { DAY, HOUR, MINUTE } from '../../../../src/time.ts';
import { AuthorityHarness, ISSUING, ROOT } from '../../../support/authority-harness.ts';
import { aPropagation, aTrustDomain } from '../../../support/builders.ts';
import { Rotating } from './rotating.ts';

const clear = aPropagation({ targets: 4 });

let harness: Rotating;

beforeEach(async () => {
  harness = new Rotating();
  await harness.run();
  harness.steps.length = 0;
});

describe('a root that has ended', () => {
  it('is followed at once and without a cross-certificate when an operator asks', async () => {
    harness.leading = false;
    await harness.clock.advance(366 * DAY);
    harness.leading = true;
    await harness.run();
    expect(harness.ready).toBe('False AuthorityExpired');
    harness.ask({ id: 'over', action: 'RotateRoot' });
    harness.propagation = { ...clear, stale: 4 };
    await harness.run();
    expect(harness.roots.at(-1)).toBe('Active');
    expect(
      harness.document?.slots.find(({ kind, state }) => kind === 'Root' && state === 'Active')?.cross,
    ).toBeUndefined();
    expect(harness.ready).toBe('True AuthorityReady');
    expect(harness.loaded.issuer.chain).toHaveLength(1);
  });
});

describe('a root that has ended while the issuing Secret was lost', () => {
  beforeEach(async () => {
    harness.leading = false;
    await harness.clock.advance(366 * DAY);
    harness.leading = true;
    harness.store.stored.delete(ISSUING);
    await harness.run();
  });

  it('is not followed by itself: the condition says what to do', async () => {
    expect(harness.ready).toBe('False AuthorityLost');
    expect(harness.status?.conditions?.[0]?.message).toMatch(/expired at .*ask for RotateRoot .*with a new id/);
    await harness.pass(DAY);
    expect(harness.ready).toBe('False AuthorityLost');
    expect(harness.store.stored.has(ISSUING)).toBe(false);
  });

  it.each(['RotateRoot', 'Compromise'] as const)('is followed when an operator asks for %s', async (action) => {
    const [old] = harness.rootFiles;
    harness.ask({ id: 'over', action });
    await harness.run();
    expect(harness.ready).toBe('True AuthorityReady');
    expect(harness.roots).toEqual(['Active']);
    expect(harness.rootFiles).not.toContain(old);
    expect(harness.rootFiles).toHaveLength(2);
    expect(harness.rotation).toMatchObject({ id: 'over', action, state: 'Completed' });
    expect(harness.document?.requestID).toBe('over');
    expect(await harness.verdict([harness.root(harness.rootID(0))])).toBeUndefined();
    const steps = harness.steps.length;
    await harness.pass(DAY);
    expect(harness.steps).toHaveLength(steps);
  });

  it('is followed once, also by whoever was killed between the two Secrets', async () => {
    harness.ask({ id: 'over', action: 'RotateRoot' });
    harness.store.fail(`create ${ISSUING}`, 'ERR_KUBE_UNAVAILABLE');
    await expect(harness.run()).rejects.toThrow('failed');
    const files = harness.rootFiles;
    await harness.run();
    expect(harness.ready).toBe('True AuthorityReady');
    expect(harness.rootFiles).toEqual(files);
    expect(harness.rotation).toMatchObject({ id: 'over', state: 'Completed' });
  });

  it('is not followed for the sake of a request that was answered in its time', async () => {
    const asked = new Rotating();
    await asked.run();
    asked.ask({ id: 'r', action: 'RotateRoot' });
    await asked.run();
    asked.leading = false;
    await asked.clock.advance(2 * 366 * DAY);
    asked.leading = true;
    asked.store.stored.delete(ISSUING);
    await asked.run();
    expect(asked.ready).toBe('False AuthorityLost');
  });

  it('without a record begins anew when its Secret is deleted, as the condition says', async () => {
    harness.trustDomains.set('default', aTrustDomain());
    await harness.run();
    expect(harness.status?.conditions?.[0]?.message).toContain(`delete Secret ${ROOT}`);
    harness.store.stored.delete(ROOT);
    harness.trustDomains.set('default', aTrustDomain());
    await harness.run();
    expect(harness.ready).toBe('True AuthorityReady');
  });
});

describe('an authority whose status lags behind', () => {
  it('comes back under the new root when the issuing Secret is lost and the old key destroyed', async () => {
    await harness.pass(DAY);
    harness.ask({ id: 'c', action: 'Compromise' });
    const { status } = harness;
    harness.propagation = aPropagation({ exposed: 1, stale: 1 });
    await harness.run();
    const signs = harness.rootID(1);
    harness.trustDomains.set('default', aTrustDomain({ ...(status && { status }) }));
    harness.store.stored.delete(ISSUING);
    await harness.run();
    expect(harness.ready).toBe('True AuthorityReady');
    expect(harness.roots).toEqual(['Retired', 'Active']);
    expect(harness.rootID(1)).toBe(signs);
    // The request that status has not heard of is carried out once more: nothing is believed to be replaced.
    harness.ask({ id: 'c', action: 'Compromise' });
    await harness.run();
    expect(harness.roots).toEqual(['Retired compromised', 'Retired compromised', 'Active']);
  });
});

/** Another process, with what the API server holds. */
async function restart(status: TrustDomainStatus | undefined): Promise<AuthorityHarness> {
  const next = new AuthorityHarness(harness.store);
  await next.clock.advance(DAY);
  next.trustDomains.set('default', aTrustDomain({ ...(status && { status }) }));
  await next.run();
  return next;
}

function withBundle(sequence: number): TrustDomainStatus {
  return { ...harness.status, bundle: { sequence, configMaps: { total: 0, current: 0 } } };
}

describe('an issuing Secret that was restored from an older state under a new uid', () => {
  const restored = { uid: 'uid-restored', resourceVersion: 'restored' };
  let older: StoredSecret;
  let newest: number;

  beforeEach(async () => {
    older = harness.store.stored.get(ISSUING) as StoredSecret;
    await harness.pass(DAY);
    harness.propagation = clear;
    harness.ask({ id: 'leak', action: 'Compromise' });
    await harness.run();
    newest = harness.document?.sequence ?? 0;
    harness.store.stored.set(ISSUING, { ...older, ...restored });
  });

  it('is refused by whoever has seen newer, and rebuilt above that when it is deleted', async () => {
    await harness.run();
    expect(harness.ready).toBe('False AuthorityWentBack');
    expect(harness.registry.get('default')?.loaded).toBeUndefined();
    expect(harness.status?.conditions?.[0]?.message).toMatch(/delete that Secret to have it rebuilt/);
    harness.store.stored.delete(ISSUING);
    harness.clock.jump(-DAY);
    await harness.run();
    expect(harness.ready).toBe('True AuthorityReady');
    expect(harness.document?.sequence).toBe(newest + 1);
  });

  it('is refused also while the spec is not valid', async () => {
    const { status } = harness;
    harness.trustDomains.set(
      'default',
      aTrustDomain({ ...(status && { status }), spec: { trustDomain: 'Not Valid' } }),
    );
    await harness.run();
    expect(harness.registry.get('default')?.loaded).toBeUndefined();
  });

  it('is refused after a restart, because status knows newer', async () => {
    const next = await restart(withBundle(newest));
    expect(next.ready).toBe('False AuthorityWentBack');
    expect(next.registry.get('default')?.loaded).toBeUndefined();
  });

  it('is accepted after a restart by whoever takes the bundle out of status', async () => {
    const next = await restart(harness.status);
    expect(next.ready).toBe('True AuthorityReady');
  });

  it('is accepted where only the cache remembers newer: the whole cluster was restored', async () => {
    const next = new AuthorityHarness(harness.store);
    next.trustDomains.set('default', aTrustDomain({ status: withBundle(newest) }));
    await reconcileAuthority('default', { ...next.deps, readTrustDomain: async () => aTrustDomain() });
    expect(next.registry.get('default')?.loaded).toBeDefined();
  });

  it('is no older state when it is the last one', async () => {
    harness.store.stored.delete(ISSUING);
    await harness.run();
    const last = harness.store.stored.get(ISSUING) as StoredSecret;
    harness.store.stored.set(ISSUING, { ...last, ...restored });
    await harness.run();
    expect(harness.ready).toBe('True AuthorityReady');
  });
});

describe('a cluster that was restored from an older state', () => {
  it('is noticed soon although nobody sends an event, and told although the cache is ahead of the cluster', async () => {
    const older = harness.store.stored.get(ISSUING) as StoredSecret;
    harness.propagation = aPropagation({ stale: 1 });
    harness.ask({ id: 'drill', action: 'RotateRoot' });
    await harness.run();
    harness.store.stored.set(ISSUING, { ...older, resourceVersion: 'restored' });
    const written: TrustDomain[] = [];
    const forgotten = aTrustDomain({ metadata: { resourceVersion: 'older' } });
    await reconcileAuthority('default', {
      ...harness.deps,
      readTrustDomain: async () => forgotten,
      writeStatus: async (trustDomain) => void written.push(trustDomain),
    });
    expect(written).toEqual([forgotten]);
    expect(glancing({ requeueAfter: DAY }).requeueAfter).toBeLessThanOrEqual(MINUTE);
    expect(glancing({}).requeueAfter).toBeLessThanOrEqual(MINUTE);
    expect(glancing({ requeueAfter: 1 })).toEqual({ requeueAfter: 1 });
  });

  it('stops a replica that has seen newer, and not one that was started since', async () => {
    const older = harness.store.stored.get(ISSUING) as StoredSecret;
    harness.propagation = { ...clear, stale: 1 };
    harness.ask({ id: 'drill', action: 'RotateRoot' });
    await harness.run();
    harness.store.stored.set(ISSUING, { ...older, resourceVersion: 'restored' });
    await harness.run();
    expect(harness.ready).toBe('False AuthorityWentBack');
    expect(harness.registry.get('default')?.loaded).toBeUndefined();
    const calls = harness.store.calls.length;
    await harness.pass(HOUR);
    expect(harness.store.calls.slice(calls).every((call) => call.startsWith('get'))).toBe(true);
    const restarted = new AuthorityHarness(harness.store);
    restarted.leading = false;
    await restarted.run();
    expect(restarted.registry.get('default')?.loaded).toBeDefined();
  });
});
