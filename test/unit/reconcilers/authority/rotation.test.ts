// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import type { RotationRequest, RotationStatus } from '../../../../src/api/trust-domain.ts';
import type { AuthoritySlot } from '../../../../src/authority/document.ts';
import type { Propagation } from '../../../../src/authority/propagation.ts';
import { type Certificate, parseCertificate } from '../../../../src/pki/certificate.ts';
import { mintSVID } from '../../../../src/pki/mint.ts';
import { pathProblem } from '../../../../src/pki/path.ts';
import { parseCertificatesPEM } from '../../../../src/pki/pem.ts';
import type { LoadedAuthority } from '../../../../src/reconcilers/authority/load.ts';
import type { StoredSecret } from '../../../../src/reconcilers/authority/secrets.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../../src/time.ts';
import { AuthorityHarness, ISSUING, ROOT } from '../../../support/authority-harness.ts';
import { aPropagation, aTrustDomain } from '../../../support/builders.ts';
import { anSVIDRequest } from '../../../support/test-authority.ts';

const M = 5 * MINUTE;
const clear: Propagation = aPropagation({ targets: 4 });

let harness: AuthorityHarness;

beforeEach(async () => {
  harness = new AuthorityHarness();
  await harness.run();
  harness.steps.length = 0;
});

function ask(rotation: RotationRequest, asked = harness): void {
  const { status } = asked;
  const changes = status === undefined ? {} : { status };
  asked.trustDomains.set('default', aTrustDomain({ ...changes, spec: { rotation }, metadata: { generation: 2 } }));
}

async function pass(duration: number): Promise<void> {
  await harness.clock.advance(duration);
  await harness.run();
}

function roots(): string[] {
  const slots = harness.document?.slots.filter(({ kind }) => kind === 'Root') ?? [];
  return slots.map(({ state, compromised, withdrawnSince }) =>
    [state, compromised === true ? 'compromised' : '', withdrawnSince === undefined ? '' : 'withdrawn']
      .filter(Boolean)
      .join(' '),
  );
}

function rootID(index: number): string {
  return harness.document?.slots.filter(({ kind }) => kind === 'Root')[index]?.id ?? '';
}

function root(id: string): Certificate {
  const slot = harness.document?.slots.find((candidate) => candidate.id === id);
  const [der] = parseCertificatesPEM(slot?.certificate ?? '');
  if (der === undefined) throw new Error(`no root ${id}`);
  return parseCertificate(der);
}

function rootFiles(): string[] {
  return [...(harness.store.stored.get(ROOT)?.data.keys() ?? [])].sort();
}

/** What verifiers that hold these roots say of an SVID that is minted now. */
async function verdict(anchors: readonly Certificate[]): Promise<string | undefined> {
  const issuer = harness.registry.get('default')?.loaded?.issuer;
  if (issuer === undefined) throw new Error('not loaded');
  const now = harness.clock.now();
  const svid = await mintSVID(issuer, anSVIDRequest(), now);
  const chain = parseCertificatesPEM(svid.chainPEM).map(parseCertificate);
  return pathProblem({ chain, anchors, trustDomain: 'example.org', now });
}

async function rotateFully(): Promise<void> {
  await pass(MINUTE);
  ask({ id: 'drill', action: 'RotateRoot' });
  await harness.run();
  await pass(M + SECOND);
  for (let days = 0; days < 10; days += 1) await pass(DAY);
  expect(roots()).toEqual(['Active']);
}

/** The root of that id as it is stored now. */
function slotOf(id: string): AuthoritySlot {
  const slot = harness.document?.slots.find((candidate) => candidate.id === id);
  if (slot === undefined) throw new Error(`no slot ${id}`);
  return slot;
}

/** What the identities would sign with. */
function loaded(): LoadedAuthority {
  const authority = harness.registry.get('default')?.loaded;
  if (authority === undefined) throw new Error('not loaded');
  return authority;
}

function rotation(): RotationStatus | undefined {
  return harness.status?.rotation;
}

describe('a planned rotation of the root', () => {
  it('goes step by step, and every verifier accepts what is signed meanwhile', async () => {
    const first = rootID(0);
    const old = root(first);
    harness.propagation = { ...clear, stale: 3 };
    ask({ id: 'drill', action: 'RotateRoot' });

    await harness.run();
    expect(harness.steps).toEqual(['PrepareRoot']);
    expect(roots()).toEqual(['Active', 'Prepared']);
    expect(rotation()).toMatchObject({ id: 'drill', step: 'PublishingRoot', stale: 3 });
    const second = rootID(1);
    const young = root(second);
    expect(loaded().anchorsPEM.match(/BEGIN/g)).toHaveLength(2);
    expect(rootFiles()).toEqual(
      [`${first}.crt`, `${first}.key`, `${second}.crt`, `${second}.cross.crt`, `${second}.key`].sort(),
    );
    expect(await verdict([old])).toBeUndefined();

    await pass(HOUR);
    expect(roots()).toEqual(['Active', 'Prepared']);
    harness.propagation = clear;
    await pass(SECOND);
    expect(rotation()?.step).toBe('WaitingForMargin');
    await pass(M - SECOND);
    expect(roots()).toEqual(['Active', 'Prepared']);

    await pass(SECOND);
    expect(roots()).toEqual(['Retired', 'Active']);
    expect(rotation()?.step).toBe('WaitingForOldSVIDs');
    expect(loaded().issuer.chain).toHaveLength(2);
    expect([await verdict([old]), await verdict([young]), await verdict([old, young])]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);

    // The key of the old root is gone as soon as it signs no more.
    expect(rootFiles()).not.toContain(`${first}.key`);
    expect(rootFiles()).toContain(`${first}.crt`);

    const end = slotOf(first).leavesUntil ?? 0;
    await pass(end - harness.clock.now());
    expect(roots()).toEqual(['Retired', 'Active']);
    await pass(MINUTE);
    expect(roots()).toEqual(['Retired withdrawn', 'Active']);
    expect(rotation()).toMatchObject({ id: 'drill', state: 'Completed' });
    expect(loaded().issuer.chain).toHaveLength(1);
    expect(await verdict([young])).toBeUndefined();
    expect(await verdict([old])).toBeDefined();

    await pass(DAY);
    expect(roots()).toEqual(['Active']);
    expect(rootFiles().filter((file) => file.startsWith(first))).toEqual([]);
    expect(harness.ready).toBe('True AuthorityReady');
  });

  it('takes up the root that was stored before a kill', async () => {
    await pass(MINUTE);
    ask({ id: 'drill', action: 'RotateRoot' });
    harness.store.fail(`patch ${ISSUING}`, 'ERR_KUBE_UNAVAILABLE');
    await expect(harness.run()).rejects.toThrow('failed');
    const [stored] = rootFiles().filter((file) => file.endsWith('.cross.crt'));
    expect(roots()).toEqual(['Active']);
    harness.propagation = { ...clear, stale: 1 };
    await harness.run();
    expect(`${rootID(1)}.cross.crt`).toBe(stored);
    expect(rootFiles()).toHaveLength(5);
  });

  it('does not take up one that is older than the root that signs', async () => {
    const old = harness.store.stored.get(ROOT);
    const before = rootID(0);
    await rotateFully();
    // Somebody restores the Secret from a backup, and the root in it was forgotten long ago.
    for (const [file, content] of old?.data ?? []) harness.store.edit(ROOT, file, content);
    harness.propagation = { ...clear, stale: 1 };
    ask({ id: 'again', action: 'RotateRoot' });
    await harness.run();
    expect(roots()).toEqual(['Active', 'Prepared']);
    expect(rootID(1)).not.toBe(before);
  });

  it('takes a published root back whose key is gone, and leaves nothing of it', async () => {
    await pass(MINUTE);
    ask({ id: 'drill', action: 'RotateRoot' });
    await harness.run();
    const published = rootID(1);
    harness.store.edit(ROOT, `${published}.key`, undefined);
    await pass(M + SECOND);
    expect(roots()).toEqual(['Active']);
    expect(rotation()).toMatchObject({ id: 'drill', state: 'Refused', message: expect.stringContaining('is gone') });
    expect(rootFiles().filter((file) => file.startsWith(published))).toEqual([]);
  });

  it('comes back where it was when the issuing Secret is lost', async () => {
    await pass(MINUTE);
    harness.propagation = { ...clear, stale: 1 };
    ask({ id: 'drill', action: 'RotateRoot' });
    await harness.run();
    const before = loaded();
    harness.store.stored.delete(ISSUING);
    await harness.run();
    const after = loaded();
    expect(roots()).toEqual(['Active', 'Prepared']);
    expect(after.anchorsPEM).toBe(before.anchorsPEM);
    expect(after.knownIDs).toContain(before.issuer.id);
    expect(harness.document).toMatchObject({ requestID: 'drill', rotation: { state: 'InProgress' } });
    harness.propagation = clear;
    await pass(SECOND);
    await pass(M);
    expect(roots()).toEqual(['Retired', 'Active']);
    expect(await verdict([root(rootID(0))])).toBeUndefined();
  });
});

describe('a compromise', () => {
  it('signs with a new root at once, and withdraws the old one when nothing depends on it', async () => {
    const first = rootID(0);
    const old = root(first);
    const before = loaded();
    harness.propagation = { ...clear, stale: 4, exposed: 3 };
    ask({ id: 'c', action: 'Compromise' });
    await harness.run();
    expect(harness.steps).toEqual(['PrepareRoot', 'ActivateRoot', 'DestroyRootKeys']);
    expect(roots()).toEqual(['Retired compromised', 'Active']);
    expect(loaded().knownIDs.has(before.issuer.id)).toBe(false);
    expect(rootFiles()).not.toContain(`${first}.key`);
    expect(await verdict([old])).toBeUndefined();
    harness.propagation = clear;
    await pass(SECOND);
    await pass(M - SECOND);
    expect(roots()).toEqual(['Retired compromised', 'Active']);
    await pass(SECOND);
    expect(roots()).toEqual(['Active']);
    expect(await verdict([old])).toBeDefined();
    expect(rotation()?.state).toBe('Completed');
    expect(rootFiles().filter((file) => file.startsWith(first))).toEqual([]);
  });

  it('does not take up what was stored before a kill: whoever read the Secret has it too', async () => {
    ask({ id: 'drill', action: 'RotateRoot' });
    harness.store.fail(`patch ${ISSUING}`, 'ERR_KUBE_UNAVAILABLE');
    await expect(harness.run()).rejects.toThrow('failed');
    const [orphan = ''] = rootFiles().filter((file) => file.endsWith('.cross.crt'));
    ask({ id: 'c', action: 'Compromise' });
    harness.propagation = { ...clear, exposed: 1 };
    await harness.run();
    expect(orphan.startsWith(rootID(1))).toBe(false);
    expect(rootFiles()).not.toContain(orphan);
    expect(rootFiles()).not.toContain(orphan.replace('.cross.crt', '.key'));
  });

  it('stays one when the issuing Secret is lost before the new root signs', async () => {
    ask({ id: 'c', action: 'Compromise' });
    harness.store.fail(`replace ${ISSUING}`, 'ERR_KUBE_FORBIDDEN');
    await harness.run();
    expect(roots()).toEqual(['Active compromised', 'Prepared']);
    expect(harness.registry.get('default')?.view.authority).toBeUndefined();
    harness.store.stored.delete(ISSUING);
    harness.store.fail(`replace ${ISSUING}`, 'ERR_KUBE_FORBIDDEN');
    await harness.run();
    // Nothing is signed under the compromised root, not by the intermediate that took the place of the lost one either.
    expect(harness.registry.get('default')?.view.authority).toBeUndefined();
    harness.propagation = { ...clear, exposed: 1 };
    await harness.run();
    expect(roots().sort()).toEqual(['Active', 'Retired compromised']);
    expect(loaded().knownIDs.size).toBe(1);
  });
});

describe('a root that has ended', () => {
  it('is followed at once and without a cross-certificate when an operator asks', async () => {
    harness.leading = false;
    await harness.clock.advance(366 * DAY);
    harness.leading = true;
    await harness.run();
    expect(harness.ready).toBe('False AuthorityExpired');
    ask({ id: 'over', action: 'RotateRoot' });
    harness.propagation = { ...clear, stale: 4 };
    await harness.run();
    expect(roots().at(-1)).toBe('Active');
    expect(
      harness.document?.slots.find(({ kind, state }) => kind === 'Root' && state === 'Active')?.cross,
    ).toBeUndefined();
    expect(harness.ready).toBe('True AuthorityReady');
    expect(loaded().issuer.chain).toHaveLength(1);
  });
});

describe('a cluster that was restored from an older state', () => {
  it('stops a replica that has seen newer, and not one that was started since', async () => {
    const older = harness.store.stored.get(ISSUING) as StoredSecret;
    harness.propagation = { ...clear, stale: 1 };
    ask({ id: 'drill', action: 'RotateRoot' });
    await harness.run();
    harness.store.stored.set(ISSUING, { ...older, resourceVersion: 'restored' });
    await harness.run();
    expect(harness.ready).toBe('False AuthorityWentBack');
    expect(harness.registry.get('default')?.loaded).toBeUndefined();
    const calls = harness.store.calls.length;
    await pass(HOUR);
    expect(harness.store.calls.slice(calls).every((call) => call.startsWith('get'))).toBe(true);
    const restarted = new AuthorityHarness(harness.store);
    restarted.leading = false;
    await restarted.run();
    expect(restarted.registry.get('default')?.loaded).toBeDefined();
  });
});
