// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuthorityPlan } from '../../../src/authority/actions.ts';
import type { AuthorityDocument, AuthoritySlot } from '../../../src/authority/document.ts';
import { formatDocument, parseDocument } from '../../../src/authority/document-format.ts';
import {
  type ImportedFacts,
  importedIntermediateSlot,
  importedRootSlot,
  type ObservedImport,
} from '../../../src/authority/imported.ts';
import { withActiveImport, withPreparedImport } from '../../../src/authority/imported-transitions.ts';
import type { ObservedAuthority } from '../../../src/authority/observed.ts';
import { planAuthority } from '../../../src/authority/plan.ts';
import {
  chainAbove,
  forgetTime,
  leafEnd,
  ownMaxTTL,
  quarantineTime,
  signsUntil,
} from '../../../src/authority/slots.ts';
import { DAY, HOUR, MINUTE } from '../../../src/time.ts';
import { aDocument, aPropagation, aResolvedTrustDomain, aSlot, NOW } from '../../support/builders.ts';

const source = { type: 'Imported', imported: { secretRef: { name: 'issuing-ca' } } } as const;
const td = aResolvedTrustDomain({ authority: { source } });
const own = aResolvedTrustDomain();

function someFacts(label: string, changes: Partial<ImportedFacts> = {}): ImportedFacts {
  const part = (kind: string, life: number) => ({
    id: `${kind}-${label}`,
    certificate: `certificate of ${kind} ${label}\n`,
    notBefore: NOW - DAY,
    notAfter: NOW + life,
  });
  return {
    intermediate: part('issuing', 700 * DAY),
    root: part('root', 3000 * DAY),
    chain: [`policy ${label}\n`],
    endsAt: NOW + 600 * DAY,
    warnFrom: NOW + 510 * DAY,
    rootFingerprint: label.repeat(64),
    shared: false,
    warnings: [],
    ...changes,
  };
}

const a = someFacts('a');
const b = someFacts('b');

function slotsOf(facts: ImportedFacts, state: 'Prepared' | 'Active'): [AuthoritySlot, AuthoritySlot] {
  return [importedRootSlot(facts, state, NOW), importedIntermediateSlot(facts, state, td.maxTTL, NOW)];
}

const active = aDocument({ slots: slotsOf(a, 'Active') });

function preparing(facts: ImportedFacts, document: AuthorityDocument = active): AuthorityDocument {
  const [root, intermediate] = slotsOf(facts, 'Prepared');
  return withPreparedImport(document, { root, intermediate }, 'why', NOW);
}

interface Circumstances extends Partial<ObservedAuthority> {
  readonly document?: AuthorityDocument;
}

function planOf(
  wanted: ImportedFacts | ObservedImport | undefined,
  circumstances: Circumstances = {},
  now = NOW,
): AuthorityPlan {
  const { document, ...changes } = circumstances;
  const imported = wanted !== undefined && 'root' in wanted ? ({ kind: 'valid', facts: wanted } as const) : wanted;
  return planAuthority(
    {
      trustDomain: td,
      recorded: { authorities: [], rotation: undefined },
      rootPresent: false,
      issuing: document === undefined ? { kind: 'absent' } : { kind: 'loaded', document },
      propagation: aPropagation({ stale: 1 }),
      imported,
      ...changes,
    },
    now,
  );
}

function recorded(id: string): ObservedAuthority['recorded'] {
  const times = { notBefore: '2026-01-01T00:00:00Z', notAfter: '2030-01-01T00:00:00Z' };
  return { authorities: [{ id, kind: 'Root', state: 'Active', ...times }], rotation: undefined };
}

describe('an authority that is not there yet', () => {
  it.each([
    ['nothing was before', {}, 'CreateImported'],
    ['its root was trusted before', { recorded: recorded('root-a') }, 'CreateImported'],
    ['our own root waits to be used', { rootPresent: true }, 'CreateIssuing'],
    ['our own root was trusted before', { recorded: recorded('own'), rootPresent: true }, 'CreateIssuing'],
  ])('begins as it should where %s', (_, circumstances, kind) => {
    expect(planOf(a, circumstances).action?.kind).toBe(kind);
  });

  it('does not begin under a root that nobody trusts', () => {
    const plan = planOf(a, { recorded: recorded('root-b') });
    expect(plan.action).toBeUndefined();
    expect(plan.blocked?.reason).toBe('AuthorityLost');
  });

  it.each([
    ['ImportedSecretNotFound', { kind: 'absent' } as const],
    ['ImportedAuthorityInvalid', { kind: 'invalid', problem: 'is wrong' } as const],
    ['ImportedAuthorityInvalid', someFacts('a', { endsAt: NOW - 1 })],
    ['ImportedAuthorityInvalid', someFacts('a', { root: { ...a.root, id: a.intermediate.id } })],
    ['RootNotDedicated', someFacts('a', { shared: true })],
  ])('waits, and says %s', (reason, wanted) => {
    expect(planOf(wanted)).toMatchObject({ blocked: { reason }, requeueAfter: MINUTE });
  });
});

describe('an imported authority in use', () => {
  it('is left alone, and looked at every minute, whatever its age', () => {
    for (const age of [0, 300 * DAY, 599 * DAY]) {
      expect(planOf(a, { document: active }, NOW + age)).toEqual({ requeueAfter: MINUTE });
    }
  });

  it('notes a longer maxTTL before any SVID is that long', () => {
    const settled = planOf(a, { document: active, trustDomain: { ...td, maxTTL: 2 * td.maxTTL } });
    expect(settled.action?.kind).toBe('NoteLifetime');
  });

  it('signs to its end, with everything above it in the chain', () => {
    const [, intermediate] = slotsOf(a, 'Active');
    expect(signsUntil(intermediate, td)).toBe(a.endsAt);
    expect(chainAbove(active)).toEqual([a.intermediate.certificate, ...a.chain]);
  });

  it.each([
    ['the issuing CA', someFacts('a', { intermediate: b.intermediate }), 'ImportIntermediate'],
    ['a certificate between', someFacts('a', { chain: [] }), 'ImportIntermediate'],
    ['the root', b, 'PrepareImported'],
  ])('is followed when the Secret has another one: %s', (_, wanted, kind) => {
    expect(planOf(wanted, { document: active }).action?.kind).toBe(kind);
  });

  it.each([
    ['another certificate of its root', someFacts('a', { root: { ...a.root, certificate: 'other' } })],
    ['its key under another root', someFacts('b', { intermediate: a.intermediate })],
    ['its root as an issuing CA', someFacts('b', { intermediate: a.root })],
  ])('is not followed by %s', (_, wanted) => {
    expect(planOf(wanted, { document: active })).toMatchObject({ blocked: { reason: 'ImportedAuthorityInvalid' } });
  });

  it('is not followed by one that was reported as compromised', () => {
    const slots = [
      ...active.slots,
      { ...importedRootSlot(b, 'Active', NOW), state: 'Retired', compromised: true } as const,
    ];
    expect(planOf(b, { document: { ...active, slots } }).blocked?.message).toMatch(/compromised/);
  });

  it('counts as ended when its first certificate does', () => {
    const plan = planOf(a, { document: active }, a.endsAt + 1);
    expect(plan.blocked?.reason).toBe('AuthorityExpired');
  });
});

describe('a published imported root', () => {
  it('is waited for until the margin, and no longer than the one in use lives', () => {
    expect(planOf(b, { document: preparing(b) })).not.toHaveProperty('action');
    const late = aDocument({ slots: slotsOf(someFacts('a', { endsAt: NOW + HOUR }), 'Active') });
    const document = preparing(b, late);
    const half = NOW + 30 * MINUTE;
    expect(planOf(b, { document }, half - 1).action).toBeUndefined();
    expect(planOf(b, { document }, half).action?.kind).toBe('MarkStored');
    expect(planOf(b, { document }, NOW + HOUR + 1).action?.kind).toBe('ActivateRoot');
    const [root] = slotsOf(b, 'Prepared');
    expect(quarantineTime(root, root, td, NOW + HOUR)).toBe(half);
  });

  it.each([
    ['the one in use is wanted again', a, td],
    ['a third one is wanted', someFacts('c'), td],
    ['our own is wanted', undefined, own],
  ])('is taken back when %s', (_, wanted, trustDomain) => {
    const { action } = planOf(wanted, { document: preparing(b), trustDomain });
    expect(action).toMatchObject({ kind: 'Forget', slots: [{ id: 'root-b' }, { id: 'issuing-b' }] });
  });

  it('is taken back when it is shared and not acknowledged any more', () => {
    const shared = someFacts('b', { shared: true });
    const document = preparing(shared);
    const acknowledged = {
      ...td,
      source: { type: 'Imported', secretName: 'x', acknowledgedRoot: 'b'.repeat(64) },
    } as const;
    expect(planOf(shared, { document, trustDomain: acknowledged }).action).toBeUndefined();
    expect(planOf(shared, { document }).action?.kind).toBe('Forget');
  });

  it('waits for its key where that is still to come', () => {
    const document = preparing(b);
    const keyless = { ...document, slots: document.slots.filter(({ id }) => id !== 'issuing-b') };
    const propagation = aPropagation();
    expect(planOf({ kind: 'absent' }, { document: keyless, propagation }).action).toBeUndefined();
    expect(planOf(b, { document: keyless, propagation }).action?.kind).toBe('PrepareImported');
  });

  it('leaves the old one an anchor until the longest leaf has ended', () => {
    const document = preparing(b);
    const [root, intermediate] = slotsOf(b, 'Prepared');
    const next = withActiveImport(document, root, intermediate, NOW + HOUR);
    const retired = next.slots.filter(({ state }) => state === 'Retired');
    const until = NOW + HOUR + td.maxTTL + MINUTE;
    expect(retired.map(({ id, leavesUntil }) => [id, leavesUntil])).toEqual([
      ['root-a', until],
      ['issuing-a', until],
    ]);
    expect(retired.map(forgetTime)).toEqual([until + MINUTE, until + MINUTE]);
    expect(leafEnd(intermediate, b.endsAt)).toBe(b.endsAt);
  });
});

describe('our own authority', () => {
  const ours = aDocument();
  it('goes on by itself until an imported one can be had', () => {
    const circumstances = { document: ours, rootPresent: true };
    expect(planOf({ kind: 'absent' }, circumstances).blocked?.reason).toBe('ImportedSecretNotFound');
    expect(planOf({ kind: 'absent' }, circumstances, NOW + 6 * DAY).action?.kind).toBe('ReplaceIntermediate');
    expect(planOf(a, circumstances).action?.kind).toBe('PrepareImported');
  });

  it('is not stopped by lifetimes that only an imported one can keep', () => {
    const trustDomain = aResolvedTrustDomain({ authority: { source }, svid: { maxTTL: '1000h' } });
    const plan = planOf({ kind: 'absent' }, { document: ours, rootPresent: true, trustDomain });
    expect(plan).toMatchObject({ blocked: { reason: 'ImportedSecretNotFound' } });
    expect(signsUntil(aSlot(), trustDomain)).toBeGreaterThan(NOW + 3 * DAY);
    expect(ownMaxTTL(own)).toBe(own.maxTTL);
  });

  it('is not followed while a compromise of it is cleared up', () => {
    const slots = [
      aSlot({ kind: 'Root' }),
      aSlot(),
      aSlot({ kind: 'Root', id: 'old', state: 'Retired', compromised: true }),
    ];
    expect(planOf(a, { document: aDocument({ slots }), rootPresent: true }).action?.kind).not.toBe('PrepareImported');
  });

  it.each([
    [false, 'CreateRoot'],
    [true, 'PrepareRoot'],
  ])('comes back after an imported one (root Secret: %s)', (rootPresent, kind) => {
    expect(planOf(undefined, { document: active, trustDomain: own, rootPresent }).action?.kind).toBe(kind);
  });
});

describe('the stored document', () => {
  let text: string;
  beforeEach(() => {
    text = formatDocument(preparing(someFacts('b', { shared: true })));
  });

  it('comes back as it was', () => {
    expect(parseDocument(text)).toEqual({ value: preparing(someFacts('b', { shared: true })) });
  });

  it.each([
    ['"chain": [', '"chain": [7,'],
    ['"endsAt"', '"ends"'],
  ])('is refused when it is damaged (%s)', (intact, damaged) => {
    expect(parseDocument(text.replace(intact, damaged))).toEqual({ problem: expect.stringMatching(/damaged slot/) });
  });
});
