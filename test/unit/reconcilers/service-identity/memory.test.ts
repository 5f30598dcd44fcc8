// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import type { ServiceIdentityStatus } from '../../../../src/api/service-identity.ts';
import { UNPACED } from '../../../../src/rates/pacing.ts';
import { IdentityMemory } from '../../../../src/reconcilers/service-identity/memory.ts';
import { anIssued, aSecretContent, aServiceIdentity, aStoredSVID, desiredOf, NOW } from '../../../support/builders.ts';

const KEY = 'shop/checkout';
const issued = anIssued();
const meta = issued.secret.meta;
const content = aSecretContent(desiredOf(issued), aStoredSVID(desiredOf(issued), NOW));

function version(resourceVersion: string, uid = 'uid-checkout') {
  return aServiceIdentity({ metadata: { resourceVersion, uid } });
}

describe('the identity', () => {
  it('is the newer of the watch and our own write', () => {
    const memory = new IdentityMemory();
    memory.wroteIdentity(KEY, version('10'));
    expect(memory.identity(KEY, version('9'))?.metadata.resourceVersion).toBe('10');
    expect(memory.identity(KEY, version('11'))?.metadata.resourceVersion).toBe('11');
    expect(memory.identity(KEY, version('9'))?.metadata.resourceVersion).toBe('9');
  });

  it('is never that of an object that is gone, or was made anew', () => {
    const memory = new IdentityMemory();
    memory.wroteIdentity(KEY, version('10'));
    expect(memory.identity(KEY, undefined)).toBeUndefined();
    expect(memory.identity(KEY, version('9', 'another'))?.metadata.uid).toBe('another');
  });
});

describe('a status that is owed', () => {
  const stored = { ...issued.identity, metadata: { ...issued.identity.metadata } };
  const owed: ServiceIdentityStatus = {
    ...stored.status,
    fingerprint: 'f2',
    secret: { name: meta.name, uid: meta.uid, resourceVersion: '200' },
  };

  it('is what decisions see until it is written', () => {
    const memory = new IdentityMemory();
    memory.owesStatus(KEY, stored, owed);
    expect(memory.decided(KEY, stored).status).toBe(owed);
    memory.wroteIdentity(KEY, { ...stored, status: owed });
    expect(memory.decided(KEY, stored)).toBe(stored);
  });

  it('is dropped for an object made anew', () => {
    const memory = new IdentityMemory();
    memory.owesStatus(KEY, stored, owed);
    const anew = aServiceIdentity({ metadata: { uid: 'another' } });
    expect(memory.decided(KEY, anew)).toBe(anew);
    expect(memory.decided(KEY, stored)).toBe(stored);
  });

  it('stands while the spec changes or the watch is behind, until somebody recorded something else', () => {
    const memory = new IdentityMemory();
    memory.owesStatus(KEY, stored, owed);
    const respecified = { ...stored, metadata: { ...stored.metadata, resourceVersion: '9', generation: 2 } };
    expect(memory.decided(KEY, respecified)).toEqual({ ...respecified, status: owed });
    const behind = { ...stored, metadata: { ...stored.metadata, resourceVersion: '0' }, status: {} };
    expect(memory.decided(KEY, behind)).toEqual({ ...behind, status: owed });
    const later = { ...respecified, status: { ...owed, fingerprint: 'f3' } };
    expect(memory.decided(KEY, later)).toBe(later);
    expect(memory.decided(KEY, stored)).toBe(stored);
  });
});

describe('what turned out to be wrong', () => {
  it('is forgotten, and only that', () => {
    const memory = new IdentityMemory();
    memory.wroteIdentity(KEY, version('10'));
    memory.sawSecret(KEY, meta);
    memory.outrun(KEY, 'secrets');
    expect(memory.secret(KEY, meta.name, undefined)).toBeUndefined();
    expect(memory.identity(KEY, version('9'))?.metadata.resourceVersion).toBe('10');
    memory.outrun(KEY, 'identity');
    expect(memory.identity(KEY, version('9'))?.metadata.resourceVersion).toBe('9');
    memory.outrun('shop/unknown', 'secrets');
  });
});

describe('the Secret', () => {
  const newer = { ...meta, resourceVersion: '101' };

  it('is the newer of the watch and our own write, by name', () => {
    const memory = new IdentityMemory();
    memory.sawSecret(KEY, newer);
    expect(memory.secret(KEY, meta.name, meta)).toBe(newer);
    expect(memory.secret(KEY, meta.name, undefined)).toBe(newer);
    expect(memory.secret(KEY, 'other', undefined)).toBeUndefined();
    expect(memory.secret('shop/other', meta.name, undefined)).toBeUndefined();
  });

  it('is forgotten once the watch has caught up', () => {
    const memory = new IdentityMemory();
    memory.sawSecret(KEY, newer);
    const caughtUp = { ...newer };
    expect(memory.secret(KEY, meta.name, caughtUp)).toBe(caughtUp);
    expect(memory.secret(KEY, meta.name, undefined)).toBeUndefined();
  });

  it('is gone when a list shows everything without it, of its own namespace or of all', () => {
    const memory = new IdentityMemory();
    memory.sawSecret(KEY, newer);
    memory.relisted('shop-two');
    memory.relisted('web');
    expect(memory.secret(KEY, meta.name, undefined)).toBe(newer);
    memory.relisted('shop');
    expect(memory.secret(KEY, meta.name, undefined)).toBeUndefined();
    memory.sawSecret(KEY, newer);
    memory.relisted();
    expect(memory.secret(KEY, meta.name, undefined)).toBeUndefined();
  });

  it('is gone when the watch says so, but not by news of its predecessor', () => {
    const memory = new IdentityMemory();
    memory.sawSecret(KEY, { ...newer, uid: 'successor' });
    memory.secretGone(KEY, meta.name, meta.uid);
    expect(memory.secret(KEY, meta.name, undefined)?.uid).toBe('successor');
    memory.secretGone(KEY, meta.name, 'successor');
    expect(memory.secret(KEY, meta.name, undefined)).toBeUndefined();
    memory.secretGone('shop/unknown', meta.name);
  });
});

describe('what was read', () => {
  it('counts for the very version it was read at', () => {
    const memory = new IdentityMemory();
    memory.inspected(KEY, meta, content);
    expect(memory.content(KEY, meta)).toBe(content);
    expect(memory.content(KEY, { ...meta, resourceVersion: '101' })).toBeUndefined();
    expect(memory.content(KEY, { ...meta, uid: 'other' })).toBeUndefined();
  });

  it('is of no use after an issuance', () => {
    const memory = new IdentityMemory();
    memory.inspected(KEY, meta, content);
    memory.issued(KEY);
    expect(memory.content(KEY, meta)).toBeUndefined();
    memory.issued('shop/unknown');
  });
});

describe('what our own write put into a Secret', () => {
  const held = { filesDigest: 'd1', authorityID: 'authority-1' };

  it('is known between the two writes of an issuance, and until the watch has caught up', () => {
    const memory = new IdentityMemory();
    memory.wroteSecret(KEY, meta, held);
    memory.issued(KEY);
    expect(memory.held(KEY, meta)).toEqual(held);
    memory.wroteIdentity(KEY, version('10'));
    expect(memory.held(KEY, meta)).toEqual(held);
    expect(memory.caughtUp(KEY, { resourceVersion: '10' })).toBe(true);
    expect(memory.held(KEY, meta)).toBeUndefined();
  });

  it('is not that of a version somebody else wrote, and what was read comes before', () => {
    const memory = new IdentityMemory();
    memory.wroteSecret(KEY, meta, held);
    expect(memory.held(KEY, { ...meta, resourceVersion: '999' })).toBeUndefined();
    memory.inspected(KEY, meta, content);
    expect(memory.held(KEY, meta)?.filesDigest).toBe(content.filesDigest);
  });
});

describe('forgetting', () => {
  it('takes everything, heals included', () => {
    const memory = new IdentityMemory();
    memory.healed(KEY, [NOW]);
    memory.paced(KEY, NOW);
    expect(memory.pace(KEY)).toBeGreaterThan(NOW);
    memory.sawSecret(KEY, meta);
    expect(memory.healing(KEY)).toEqual([NOW]);
    memory.forget(KEY);
    expect(memory.healing(KEY)).toEqual([]);
    expect(memory.pace(KEY)).toBe(UNPACED);
    expect(memory.secret(KEY, meta.name, undefined)).toBeUndefined();
  });
});
