// SPDX-License-Identifier: Apache-2.0
/**
 * What is done about one place of a bundle, for every state it can be found in.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { BundleMeta } from '../../../src/bundle/objects.ts';
import { ownerReferenceTo } from '../../../src/bundle/objects.ts';
import { type BundleObserved, type FoundObject, planBundle, type WantedObject } from '../../../src/bundle/plan.ts';
import { UNPACED } from '../../../src/rates/pacing.ts';
import { MINUTE } from '../../../src/time.ts';
import { aBundleMeta, OWNER } from '../reconcilers/bundle/place.ts';

const NOW = Date.UTC(2026, 5, 15);
const WANTED: WantedObject = { name: 'bundle', digest: 'now', trustDomainName: 'example.org', owner: OWNER };
const BURST = Array.from({ length: 5 }, () => NOW - MINUTE);

function found(more: Partial<BundleMeta> = {}, content: FoundObject['content'] = { digest: 'now', immutable: false }) {
  return { meta: aBundleMeta(more), content };
}

function observed(more: Partial<BundleObserved> = {}): BundleObserved {
  return {
    trustDomain: 'default',
    exists: true,
    wanted: WANTED,
    found: [],
    writtenUID: undefined,
    published: undefined,
    healing: [],
    reads: UNPACED,
    ...more,
  };
}

const plan = (more: Partial<BundleObserved>) => planBundle(observed(more), NOW);

describe('the object is absent', () => {
  it('and is created', () => {
    expect(plan({})).toEqual({ action: { kind: 'Create', heals: false } });
  });

  it('although it was there as it should be: somebody deleted it, and that counts', () => {
    expect(plan({ published: 'now' })).toEqual({ action: { kind: 'Create', heals: true } });
    expect(plan({ published: 'now', healing: BURST })).toMatchObject({
      blocked: { reason: 'RepeatedEdits' },
      requeueAfter: 9 * MINUTE,
    });
    expect(plan({ published: 'now', healing: BURST }).blocked?.message).toContain('--show-managed-fields');
  });

  it('with other content before: a new bundle never waits for a bound on heals', () => {
    expect(plan({ published: 'before', healing: BURST })).toEqual({ action: { kind: 'Create', heals: false } });
  });

  it('and an older TrustDomain wants it', () => {
    expect(plan({ rival: 'older' })).toMatchObject({ blocked: { reason: 'ObjectConflict' } });
    expect(plan({ rival: 'older' }).blocked?.message).toContain('TrustDomain older');
  });

  it('and none should be there', () => {
    expect(plan({ wanted: undefined })).toEqual({});
  });
});

describe('the object is there', () => {
  it('as it should be: nothing is done', () => {
    expect(plan({ found: [found()] })).toEqual({});
  });

  it('in a version that nobody has read: it is read', () => {
    expect(plan({ found: [{ meta: aBundleMeta(), content: undefined }] })).toEqual({ read: true });
  });

  it('and on its way out: its end is waited for', () => {
    expect(plan({ found: [found({ deleting: true })] })).toEqual({ waiting: true });
  });

  it.each<[what: string, more: Partial<BundleMeta>]>([
    ['its label', { managed: false }],
    ['the label that names its TrustDomain', { trustDomain: 'other' }],
    ['the annotation that names its trust domain', { trustDomainName: undefined }],
  ])('without %s: it is patched', (_what, more) => {
    expect(plan({ found: [found(more)] }).action).toMatchObject({ kind: 'Patch', heals: false });
    expect(plan({ found: [found(more)], published: 'now' }).action).toMatchObject({ kind: 'Patch', heals: true });
  });

  it('with other content: patched; a heal where the same content was there before', () => {
    const edited = found({}, { digest: 'edited', immutable: false });
    expect(plan({ found: [edited], published: 'before' }).action).toMatchObject({ kind: 'Patch', heals: false });
    expect(plan({ found: [edited], published: 'now' }).action).toMatchObject({ kind: 'Patch', heals: true });
    expect(plan({ found: [edited], published: 'now', healing: BURST })).toMatchObject({
      blocked: { reason: 'RepeatedEdits' },
    });
  });

  it('with other content and immutable: deleted, to be made anew', () => {
    const frozen = found({}, { digest: 'edited', immutable: true });
    expect(plan({ found: [frozen] }).action).toEqual({ kind: 'Delete', meta: frozen.meta });
    expect(plan({ found: [frozen], published: 'now', healing: BURST })).toMatchObject({
      blocked: { reason: 'RepeatedEdits' },
    });
  });

  it('immutable, with the right content: left alone', () => {
    expect(plan({ found: [found({}, { digest: 'now', immutable: true })] })).toEqual({});
  });
});

describe('whose it is', () => {
  const other = { ...ownerReferenceTo({ name: 'other', uid: 'td-2' }) };
  const app = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd-1', controller: true };

  it.each<[what: string, more: Partial<BundleMeta>, holder: string]>([
    ['without label and owner', { managed: false, trustDomain: undefined, owners: [] }, 'somebody else'],
    ['with our labels, of another controller', { owners: [app] }, 'Deployment web'],
    ['of another TrustDomain', { trustDomain: 'other', owners: [other] }, 'TrustDomain other'],
    ['of another TrustDomain, with the label of ours', { owners: [other] }, 'TrustDomain other'],
  ])('%s: never taken', (_what, more, holder) => {
    const result = plan({ found: [found(more, undefined)] });
    expect(result.blocked?.reason).toBe('ObjectConflict');
    expect(result.blocked?.message).toContain(holder);
    expect(result.action).toBeUndefined();
  });

  it.each<[what: string, more: Partial<BundleMeta>, uid?: string]>([
    ['with our labels and no owner', { owners: [] }],
    ['of a former TrustDomain of this name', { owners: [ownerReferenceTo({ name: 'default', uid: 'td-0' })] }],
    ['that we wrote, stripped of everything', { managed: false, trustDomain: undefined, owners: [] }, 'cm-1'],
    ['with a further owner that controls nothing', { owners: [{ ...app, controller: false }] }],
  ])('%s: ours', (_what, more, writtenUID) => {
    expect(plan({ found: [found(more)], writtenUID }).action?.kind).toBe('Patch');
  });
});

describe('an object that should not be there', () => {
  const old = found({ name: 'old', uid: 'cm-0' });

  it('goes once the wanted one is in place, and not before', () => {
    expect(plan({ found: [old] }).action?.kind).toBe('Create');
    expect(plan({ found: [old, found()] }).action).toEqual({ kind: 'Delete', meta: old.meta });
  });

  it('stays while the wanted one is blocked', () => {
    const theirs = found({ managed: false, trustDomain: undefined, owners: [] });
    expect(plan({ found: [old, theirs] })).toMatchObject({ blocked: { reason: 'ObjectConflict' } });
  });

  it('goes where none is wanted, also with its TrustDomain gone', () => {
    expect(plan({ wanted: undefined, found: [old] }).action?.kind).toBe('Delete');
    expect(plan({ wanted: undefined, exists: false, found: [old] }).action?.kind).toBe('Delete');
  });

  it('stays as an orphan when its TrustDomain was deleted without it', () => {
    const orphan = found({ owners: [] });
    expect(plan({ wanted: undefined, exists: false, found: [orphan] })).toEqual({});
    expect(plan({ wanted: undefined, exists: true, found: [orphan] }).action?.kind).toBe('Delete');
  });

  it.each<[what: string, more: Partial<BundleMeta>]>([
    ['of another TrustDomain', { trustDomain: 'other' }],
    ['without our label', { managed: false }],
    ['of another controller', { owners: [ownerReferenceTo({ name: 'other', uid: 'td-2' })] }],
    ['that is being deleted', { deleting: true }],
  ])('%s stays', (_what, more) => {
    expect(plan({ wanted: undefined, found: [found(more)] })).toEqual({});
  });
});
