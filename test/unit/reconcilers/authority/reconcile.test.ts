// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { isSignetError } from '../../../../src/errors.ts';
import { mintSVID } from '../../../../src/pki/mint.ts';
import { DAY, HOUR, MINUTE } from '../../../../src/time.ts';
import { AuthorityHarness, AuthorityStore, ISSUING, ROOT } from '../../../support/authority-harness.ts';
import { aTrustDomain } from '../../../support/builders.ts';
import { anSVIDRequest } from '../../../support/test-authority.ts';

let harness: AuthorityHarness;

beforeEach(() => {
  harness = new AuthorityHarness();
});

function slots(): string[] {
  return harness.document?.slots.map(({ kind, state }) => `${kind} ${state}`) ?? [];
}

describe('bootstrap', () => {
  it('makes a root and an intermediate in two Secrets, and can sign', async () => {
    await harness.run();
    expect(harness.steps).toEqual(['CreateRoot', 'CreateIssuing']);
    expect(slots()).toEqual(['Root Active', 'Intermediate Active']);
    expect(harness.ready).toBe('True AuthorityReady');
    const loaded = harness.registry.get('default')?.loaded;
    if (loaded === undefined) throw new Error('not loaded');
    expect((await mintSVID(loaded.issuer, anSVIDRequest(), harness.clock.now())).clamped).toBe(false);
    // No key of the root stands beside the intermediate's.
    const keys = [...(harness.store.stored.get(ISSUING)?.data.keys() ?? [])].filter((name) => name.endsWith('.key'));
    expect(keys).toEqual([`${loaded.issuer.id}.key`]);
  });

  it('happens once when two controllers race', async () => {
    const store = new AuthorityStore();
    const racers = [new AuthorityHarness(store), new AuthorityHarness(store), new AuthorityHarness(store)];
    await Promise.all(racers.map((racer) => racer.run()));
    const [first, ...others] = racers.map(({ registry }) => registry.get('default')?.loaded);
    expect(first).toBeDefined();
    for (const other of others) {
      expect(other?.issuer.id).toBe(first?.issuer.id);
      expect(other?.anchorsPEM).toBe(first?.anchorsPEM);
    }
    expect(store.stored.size).toBe(2);
  });

  it('goes on after it was killed between the two', async () => {
    harness.store.fail(`create ${ISSUING}`, 'ERR_KUBE_UNAVAILABLE');
    await expect(harness.run()).rejects.toSatisfy((error) => isSignetError(error, 'ERR_KUBE_UNAVAILABLE'));
    const root = harness.store.stored.get(ROOT);
    await harness.run();
    expect(harness.store.stored.get(ROOT)).toBe(root);
    expect(harness.ready).toBe('True AuthorityReady');
  });

  it('is left to the leader', async () => {
    harness.leading = false;
    await harness.run();
    expect(harness.store.calls).toEqual([]);
    expect(harness.statuses).toEqual([]);
  });
});

describe('in steady state', () => {
  beforeEach(async () => {
    await harness.run();
    harness.store.calls.length = 0;
    harness.statuses.length = 0;
    harness.changes.length = 0;
  });

  it('reads no key, writes nothing and wakes nobody', async () => {
    await harness.run();
    await harness.clock.advance(DAY);
    await harness.run();
    expect([harness.store.calls, harness.statuses, harness.changes]).toEqual([[], [], []]);
  });

  it('asks to be run again when the next intermediate is due', async () => {
    const { requeueAfter = 0 } = await harness.run();
    await harness.clock.advance(requeueAfter - HOUR);
    await harness.run();
    expect(harness.steps).not.toContain('ReplaceIntermediate');
    await harness.clock.advance(HOUR);
    await harness.run();
    expect(harness.steps).toContain('ReplaceIntermediate');
  });

  it('is loaded by a standby, which writes nothing', async () => {
    const standby = new AuthorityHarness(harness.store);
    standby.leading = false;
    await standby.run();
    expect(standby.registry.get('default')?.loaded?.issuer.id).toBe(harness.registry.get('default')?.loaded?.issuer.id);
    expect(harness.store.calls).toEqual([`get ${ISSUING}`]);
  });
});

describe('the next intermediate', () => {
  beforeEach(async () => {
    await harness.run();
    await harness.clock.advance(5 * DAY);
  });

  it('signs at once; the one before stays known, and its key is destroyed', async () => {
    const before = harness.registry.get('default')?.loaded;
    await harness.run();
    const after = harness.registry.get('default')?.loaded;
    expect(slots()).toEqual(['Root Active', 'Intermediate Retired', 'Intermediate Active']);
    expect(after?.issuer.id).not.toBe(before?.issuer.id);
    expect(after?.knownIDs).toEqual(new Set([before?.issuer.id, after?.issuer.id]));
    expect(after?.anchorsPEM).toBe(before?.anchorsPEM);
    expect(harness.store.stored.get(ISSUING)?.data.has(`${before?.issuer.id}.key`)).toBe(false);
  });

  it('is made once by two controllers that both believe they lead', async () => {
    const other = new AuthorityHarness(harness.store);
    await other.clock.advance(5 * DAY);
    const outcomes = await Promise.allSettled([harness.run(), other.run()]);
    // Both decided on the same version, so one of the two writes is refused.
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await harness.run();
    await other.run();
    expect(slots()).toEqual(['Root Active', 'Intermediate Retired', 'Intermediate Active']);
    expect(other.registry.get('default')?.loaded?.issuer.id).toBe(harness.registry.get('default')?.loaded?.issuer.id);
  });

  it('is forgotten with its last leaf', async () => {
    await harness.run();
    await harness.clock.advance(2 * DAY + 2 * MINUTE);
    await harness.run();
    expect(slots()).toEqual(['Root Active', 'Intermediate Active']);
    expect(harness.registry.get('default')?.loaded?.knownIDs.size).toBe(1);
    expect(harness.ready).toBe('True AuthorityReady');
  });

  it('cannot be made without the root key; the present one goes on until it must not', async () => {
    harness.store.stored.delete(ROOT);
    const { requeueAfter } = await harness.run();
    expect(requeueAfter).toBe(MINUTE);
    expect(harness.ready).toBe('True RootKeyLost');
    expect(harness.registry.get('default')?.loaded).toBeDefined();
    await harness.clock.advance(DAY + HOUR);
    await harness.run();
    expect(harness.ready).toBe('False RootKeyLost');
  });

  it('cannot be made with a root key that is damaged', async () => {
    const { id = '' } = harness.document?.slots[0] ?? {};
    harness.store.edit(ROOT, `${id}.key`, Buffer.from('garbage'));
    await harness.run();
    expect(harness.ready).toBe('True RootKeyLost');
    expect(slots()).toEqual(['Root Active', 'Intermediate Active']);
  });
});

describe('what is lost', () => {
  beforeEach(async () => {
    await harness.run();
  });

  it('is never made anew when both Secrets are gone', async () => {
    harness.store.stored.clear();
    await harness.run();
    expect(harness.store.stored.size).toBe(0);
    expect(harness.ready).toBe('False AuthorityLost');
    expect(harness.registry.get('default')?.loaded).toBeUndefined();
    expect(harness.status?.authorities).toHaveLength(2);
  });

  it('is made anew under the same root when only the intermediate is gone', async () => {
    const before = harness.registry.get('default')?.loaded;
    harness.store.stored.delete(ISSUING);
    await harness.run();
    const after = harness.registry.get('default')?.loaded;
    expect(after?.anchorsPEM).toBe(before?.anchorsPEM);
    expect(after?.issuer.id).not.toBe(before?.issuer.id);
  });

  it('is not overwritten when it is only damaged', async () => {
    harness.store.edit(ISSUING, 'authority.json', Buffer.from('garbage'));
    const damaged = harness.store.stored.get(ISSUING);
    await harness.run();
    expect(harness.ready).toBe('False AuthorityLost');
    expect(harness.store.stored.get(ISSUING)).toBe(damaged);
    expect(harness.registry.get('default')?.loaded).toBeUndefined();
  });
});

describe('TrustDomains', () => {
  it('of another name than the stored authority sign nothing with it', async () => {
    await harness.run();
    const stored = new Map(harness.store.stored);
    harness.trustDomains.set('default', aTrustDomain({ spec: { trustDomain: 'other.org' } }));
    await harness.run();
    expect(harness.ready).toBe('False AuthorityMismatch');
    expect(harness.registry.get('default')?.loaded).toBeUndefined();
    expect(harness.store.stored).toEqual(stored);
    // As the troubleshooting page says to begin anew.
    for (const name of [ROOT, ISSUING]) {
      harness.store.stored.delete(name);
      await harness.run();
    }
    expect(harness.ready).toBe('True AuthorityReady');
    expect(harness.registry.get('default')?.loaded?.document.trustDomain).toBe('other.org');
  });

  it('that are gone are served no longer', async () => {
    await harness.run();
    harness.trustDomains.clear();
    harness.changes.length = 0;
    await harness.run();
    expect(harness.registry.get('default')).toBeUndefined();
    expect(harness.changes).toEqual(['default']);
  });

  it('that are younger than another of the same name are not served', async () => {
    const metadata = { name: 'younger', uid: 'younger', creationTimestamp: '2026-06-02T00:00:00Z' };
    harness.trustDomains.set('younger', aTrustDomain({ metadata }));
    await harness.run('younger');
    expect(harness.store.calls).toEqual([]);
    expect(harness.registry.get('younger')).toMatchObject({ conflictsWith: 'default', loaded: undefined });
    expect(harness.trustDomains.get('younger')?.status?.conditions?.[0]).toMatchObject({
      status: 'False',
      reason: 'Conflict',
    });
  });

  it('are known to exist while their authority cannot be read for the first time', async () => {
    await harness.run();
    const restarted = new AuthorityHarness(harness.store);
    harness.store.fail(`get ${ISSUING}`, 'ERR_KUBE_UNAVAILABLE');
    await expect(restarted.run()).rejects.toThrow('failed');
    expect(restarted.registry.get('default')).toMatchObject({ loaded: undefined });
  });

  it('go on signing while their authority cannot be read again', async () => {
    await harness.run();
    const loaded = harness.registry.get('default')?.loaded;
    harness.store.edit(ISSUING, 'note', Buffer.from('touched'));
    harness.store.fail(`get ${ISSUING}`, 'ERR_KUBE_UNAVAILABLE');
    await expect(harness.run()).rejects.toThrow('failed');
    expect(harness.registry.get('default')?.loaded).toBe(loaded);
  });

  it('say so when the API server refuses their Secrets', async () => {
    harness.store.fail(`create ${ROOT}`, 'ERR_KUBE_FORBIDDEN');
    expect(await harness.run()).toEqual({ requeueAfter: MINUTE });
    expect(harness.ready).toBe('False WriteRefused');
  });
});
