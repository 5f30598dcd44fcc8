// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { ServiceIdentityStatus } from '../../../src/api/service-identity.ts';
import { factsInStatus, storedFacts, trusted } from '../../../src/identity/stored.ts';
import { anIssued, factsOf, touched } from '../../support/builders.ts';

const issued = anIssued();
const { identity, secret } = issued;
const status: ServiceIdentityStatus = identity.status ?? {};

describe('trusted', () => {
  it('is a Secret with the recorded name, uid and resourceVersion', () => {
    expect(trusted(identity, secret.meta)).toBe(true);
  });

  it.each([
    ['resourceVersion', { resourceVersion: '101' }],
    ['uid', { uid: 'other' }],
    ['name', { name: 'other' }],
  ])('is not one with another %s', (_, change) => {
    expect(trusted(identity, { ...secret.meta, ...change })).toBe(false);
  });

  it('is none while status does not hold every fact', () => {
    const { fingerprint: _, ...incomplete } = status;
    expect(trusted({ ...identity, status: incomplete }, secret.meta)).toBe(false);
    expect(trusted({ ...identity, status: {} }, secret.meta)).toBe(false);
  });
});

describe('storedFacts', () => {
  it('come from status while nobody else wrote the Secret, whatever was read before', () => {
    const facts = storedFacts(identity, secret);
    expect(facts).toEqual(factsInStatus(status));
  });

  it('come from the bytes once somebody else did', () => {
    const edited = touched(issued, { svid: { fingerprint: 'other', notAfter: 5000 } });
    expect(edited.secret).toBeDefined();
    if (edited.secret === undefined) return;
    expect(storedFacts(edited.identity, edited.secret)).toMatchObject({ fingerprint: 'other', notAfter: 5000 });
  });

  it('are none where the bytes were not read or hold no SVID', () => {
    const meta = { ...secret.meta, resourceVersion: '101' };
    expect(storedFacts(identity, { meta, content: undefined })).toBeUndefined();
    const content = {
      type: 'kubernetes.io/tls',
      immutable: false,
      problem: 'broken',
      filesDigest: '',
      formatsComplete: true,
    };
    expect(storedFacts(identity, { meta, content })).toBeUndefined();
  });
});

describe('factsInStatus', () => {
  const keys = ['spiffeID', 'serialNumber', 'fingerprint', 'authorityID', 'notBefore', 'notAfter'] as const;

  it('are whole', () => {
    expect(Object.keys(factsInStatus(status) ?? {}).sort()).toEqual([...keys].sort());
    expect(factsInStatus(undefined)).toBeUndefined();
  });

  it.each(keys)('or not at all: without %s', (key) => {
    const { [key]: _, ...rest } = status;
    expect(factsInStatus(rest)).toBeUndefined();
  });

  it('does not believe a time that is none', () => {
    expect(factsInStatus({ ...status, notAfter: 'tomorrow' })).toBeUndefined();
  });

  it('say the same as the SVID they were written from', () => {
    const svid = touched(issued).secret?.content?.svid;
    expect(svid).toBeDefined();
    if (svid !== undefined) expect(factsInStatus(status)).toEqual(factsOf(svid));
  });
});
