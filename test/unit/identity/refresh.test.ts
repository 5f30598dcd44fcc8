// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { AuthorityView } from '../../../src/identity/observed.ts';
import { planIdentity } from '../../../src/identity/plan.ts';
import { HOUR, type Instant, MINUTE } from '../../../src/time.ts';
import { ANCHORS, anAuthorityView, anIssued, anObserved, aTrustDomainView, NOW } from '../../support/builders.ts';

const NEW_ANCHORS = `${ANCHORS}and a new root\n`;
/** Issued for an hour ten minutes ago: the renewal comes between 24 and 36 minutes after the issuance. */
const issued = anIssued({ issuedAt: NOW - 10 * MINUTE });

function under(changes: Partial<AuthorityView>, observed: typeof issued = issued): typeof issued {
  return { ...observed, trustDomain: aTrustDomainView({ authority: anAuthorityView(changes) }) };
}

function kinds(observed: typeof issued, now: Instant = NOW): string[] {
  return planIdentity(observed, now).actions.map(({ kind }) => kind);
}

function files(observed: typeof issued): Readonly<Record<string, string | null>> | undefined {
  const [action] = planIdentity(observed, NOW).actions;
  return action?.kind === 'PatchSecret' ? action.patch.files : undefined;
}

describe('a new root', () => {
  it('is patched into a Secret whose renewal is far away', () => {
    expect(files(under({ anchorsPEM: NEW_ANCHORS }))).toMatchObject({ 'ca.crt': NEW_ANCHORS });
  });

  it('rides on a renewal that is due within the margin', () => {
    const observed = under({ anchorsPEM: NEW_ANCHORS, refreshPatience: 30 * MINUTE });
    const plan = planIdentity(observed, NOW);
    expect(plan.actions).toEqual([]);
    expect(plan.intact).toBeUndefined();
    const renewal = plan.requeueAfter ?? Number.NaN;
    expect(renewal).toBeLessThan(30 * MINUTE);
    expect(kinds(observed, NOW + renewal)).toEqual(['IssueSVID']);
  });

  it('does not ride while a compromised root is on its way out', () => {
    expect(kinds(under({ anchorsPEM: NEW_ANCHORS, refreshPatience: 0 }))).toEqual(['PatchSecret']);
  });

  it('comes with a patch that is due anyway', () => {
    const { secret } = issued;
    const meta = { ...secret.meta, labels: {} };
    const stripped = under(
      { anchorsPEM: NEW_ANCHORS, refreshPatience: HOUR },
      { ...issued, secret: { ...secret, meta } },
    );
    expect(kinds(stripped)).toEqual(['PatchSecret']);
  });

  it('reaches an identity that may not be renewed: its peers get new certificates', () => {
    const suspended = anIssued({ issuedAt: NOW - 40 * MINUTE, identity: { spec: { suspend: true } } });
    const plan = planIdentity(under({ anchorsPEM: NEW_ANCHORS }, suspended), NOW);
    expect(plan.blocked?.reason).toBe('Suspended');
    expect(plan.actions.map(({ kind }) => kind)).toEqual(['PatchSecret']);
  });

  it('is withheld where the authority of the stored SVID is gone: ca.crt keeps the root of tls.crt', () => {
    const suspended = anIssued({ identity: { spec: { suspend: true } } });
    const plan = planIdentity(under({ anchorsPEM: NEW_ANCHORS, knownIDs: new Set(['other']) }, suspended), NOW);
    expect(plan.blocked?.reason).toBe('Suspended');
    expect(plan.actions).toEqual([]);
  });
});

describe('a compromised root that was withdrawn', () => {
  const suspended = anIssued({ identity: { spec: { suspend: true } } });
  const withdrawn = { anchorsPEM: NEW_ANCHORS, knownIDs: new Set(['other']), refreshPatience: 0 };

  it('leaves a Secret whose SVID may not be replaced: it must not accept the thief', () => {
    const plan = planIdentity(under({ ...withdrawn, distrustedIDs: new Set(['authority-1']) }, suspended), NOW);
    expect(plan.blocked?.reason).toBe('Suspended');
    expect(plan.actions.map(({ kind }) => kind)).toEqual(['PatchSecret']);
  });

  it('stays as long as it is an anchor', () => {
    expect(planIdentity(under(withdrawn, suspended), NOW).actions).toEqual([]);
  });
});

describe('an authority that ends', () => {
  const due = anIssued({ issuedAt: NOW - 40 * MINUTE });

  it('issues nothing that would live no longer', () => {
    const { notAfter = '' } = due.identity.status ?? {};
    expect(planIdentity(under({ leavesEnd: Date.parse(notAfter) }, due), NOW).actions).toEqual([]);
    expect(kinds(under({ leavesEnd: Date.parse(notAfter) + 1 }, due))).toEqual(['IssueSVID']);
  });

  it('does not keep the next one from issuing', () => {
    const { notAfter = '' } = due.identity.status ?? {};
    const knownIDs = new Set(['authority-1', 'authority-2']);
    expect(kinds(under({ id: 'authority-2', knownIDs, leavesEnd: Date.parse(notAfter) }, due))).toEqual(['IssueSVID']);
  });
});

describe('a root that was withdrawn in peace', () => {
  const withdrawn = { anchorsPEM: 'the root that is left\n', toleratedPEMs: ['something else\n', ANCHORS] };

  it('stays until the next renewal', () => {
    const plan = planIdentity(under(withdrawn), NOW);
    expect(plan.actions).toEqual([]);
    expect(plan.intact).toBe(true);
  });

  it('goes with that renewal', () => {
    const observed = under(withdrawn, anIssued({ issuedAt: NOW - 40 * MINUTE }));
    expect(planIdentity(observed, NOW).actions).toMatchObject([
      { kind: 'IssueSVID', desired: { secret: { anchorsPEM: withdrawn.anchorsPEM } } },
    ]);
  });

  it('goes at once when it is not tolerated', () => {
    expect(files(under({ ...withdrawn, toleratedPEMs: [] }))).toMatchObject({ 'ca.crt': withdrawn.anchorsPEM });
  });
});

describe('what a new identity refers to and is not there yet', () => {
  const creationTimestamp = new Date(NOW).toISOString();
  const young = anObserved({ serviceAccountExists: false });
  const { status: _, ...identity } = young.identity;
  const observed = { ...young, identity: { ...identity, metadata: { ...identity.metadata, creationTimestamp } } };

  it('is not spoken of for a moment', () => {
    const plan = planIdentity(observed, NOW + 500);
    expect(plan).toMatchObject({ undecided: true, actions: [] });
    expect(planIdentity(observed, NOW + 500 + (plan.requeueAfter ?? 0)).blocked?.reason).toBe('ServiceAccountNotFound');
  });

  it('is told at once by a clock that is behind, and of an older identity', () => {
    expect(planIdentity(observed, NOW - MINUTE).blocked?.reason).toBe('ServiceAccountNotFound');
    expect(planIdentity(observed, NOW + MINUTE).blocked?.reason).toBe('ServiceAccountNotFound');
  });
});
