// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import type { AuthorityDocument } from '../../../../src/authority/document.ts';
import { formatDocument } from '../../../../src/authority/document-format.ts';
import { authorityID } from '../../../../src/pki/key-pair.ts';
import { mintSVID } from '../../../../src/pki/mint.ts';
import { encodePEM, parsePrivateKeyPEM } from '../../../../src/pki/pem.ts';
import { signingRoot } from '../../../../src/reconcilers/authority/effects.ts';
import { loadIssuing } from '../../../../src/reconcilers/authority/load.ts';
import { loadRoots } from '../../../../src/reconcilers/authority/roots.ts';
import type { OwnSecret, StoredSecret } from '../../../../src/reconcilers/own-secrets.ts';
import { DAY } from '../../../../src/time.ts';
import { watchBuffers } from '../../../support/buffer-watch.ts';
import {
  anIssuingSecret,
  aRootSecret,
  asStored,
  certificatePEM,
  documentOf,
  keyPEM,
  slotOf,
} from '../../../support/stored-authority.ts';
import { anSVIDRequest, aTestAuthority, NOW, type TestAuthority } from '../../../support/test-authority.ts';

let authority: TestAuthority;
let stranger: TestAuthority;
let elsewhere: TestAuthority;
let issuing: OwnSecret;
let root: OwnSecret;
let strangerKey: Buffer;
let id: string;
let rootID: string;

beforeAll(async () => {
  authority = await aTestAuthority();
  stranger = await aTestAuthority({ generation: 2 });
  elsewhere = await aTestAuthority({ generation: 3, trustDomain: 'other.org' });
  issuing = await anIssuingSecret(authority);
  root = await aRootSecret(authority);
  strangerKey = await keyPEM('intermediate', 2);
  id = authorityID(authority.intermediate.publicKey);
  rootID = authorityID(authority.root.publicKey);
});

/** The root of that id as somebody who has to sign gets it. */
function loadRoot(secret: StoredSecret, id = rootID): ReturnType<typeof signingRoot> {
  const roots = loadRoots(secret);
  return 'problem' in roots ? roots : signingRoot(roots, id);
}

function withDocument(change: (document: AuthorityDocument) => AuthorityDocument): StoredSecret {
  return asStored(issuing, { 'authority.json': Buffer.from(formatDocument(change(documentOf(authority)))) });
}

function withSlot(...slots: readonly Parameters<typeof slotOf>[]): StoredSecret {
  return withDocument((document) => ({
    ...document,
    slots: [...document.slots, ...slots.map((slot) => slotOf(...slot))],
  }));
}

describe('loadIssuing', () => {
  it('makes an issuer that mints what its own path check accepts', async () => {
    const loaded = loadIssuing(asStored(issuing));
    if ('problem' in loaded) throw new Error(loaded.problem);
    expect(loaded.version).toEqual({ uid: 'uid-of-the-secret', resourceVersion: '7' });
    expect(loaded.issuer.id).toBe(id);
    expect(loaded.knownIDs).toEqual(new Set([id]));
    expect(loaded.anchorsPEM).toBe(certificatePEM(authority.root));
    expect((await mintSVID(loaded.issuer, anSVIDRequest(), NOW)).clamped).toBe(false);
  });

  it('knows retired intermediates, and publishes roots in every state', () => {
    const loaded = loadIssuing(
      withSlot(
        ['Root', stranger.root, { state: 'Prepared' }],
        ['Intermediate', stranger.intermediate, { state: 'Retired' }],
      ),
    );
    if ('problem' in loaded) throw new Error(loaded.problem);
    expect(loaded.knownIDs).toEqual(new Set([id, authorityID(stranger.intermediate.publicKey)]));
    expect(loaded.anchorsPEM).toBe(certificatePEM(authority.root) + certificatePEM(stranger.root));
    expect(loaded.issuer.anchors).toHaveLength(2);
  });

  it('loads an intermediate that has expired: it is replaced, not lost', async () => {
    const old = await aTestAuthority({ notBefore: NOW - 30 * DAY, notAfter: NOW - DAY });
    expect(loadIssuing(asStored(await anIssuingSecret(old)))).not.toHaveProperty('problem');
  });

  const damages: readonly (readonly [string, () => StoredSecret])[] = [
    ['no document', () => asStored(issuing, { 'authority.json': undefined })],
    ['a document that is garbage', () => asStored(issuing, { 'authority.json': Buffer.from('garbage') })],
    ['no key', () => asStored(issuing, { [`${id}.key`]: undefined })],
    ['a key that is garbage', () => asStored(issuing, { [`${id}.key`]: Buffer.from('garbage') })],
    ['the key of another', () => asStored(issuing, { [`${id}.key`]: strangerKey })],
    ['no intermediate', () => withDocument((document) => ({ ...document, slots: document.slots.slice(0, 1) }))],
    ['no root', () => withDocument((document) => ({ ...document, slots: document.slots.slice(1) }))],
    [
      'a root that did not sign the intermediate',
      () =>
        withDocument((document) => ({
          ...document,
          slots: [slotOf('Root', stranger.root), ...document.slots.slice(1)],
        })),
    ],
    ['another trust domain', () => withDocument((document) => ({ ...document, trustDomain: 'other.org' }))],
    [
      'another intermediate under this id',
      () =>
        withDocument((document) => ({
          ...document,
          slots: [...document.slots.slice(0, 1), slotOf('Intermediate', stranger.intermediate, { id })],
        })),
    ],
    [
      'a slot with another time than its certificate',
      () => withSlot(['Root', stranger.root, { state: 'Retired', notAfter: NOW }]),
    ],
    [
      'a slot with another id than its key',
      () => withSlot(['Root', stranger.root, { state: 'Retired', id: 'f'.repeat(32) }]),
    ],
    ['a slot without a certificate', () => withSlot(['Root', stranger.root, { state: 'Retired', certificate: '' }])],
    ['an intermediate among the roots', () => withSlot(['Root', stranger.intermediate, { state: 'Prepared' }])],
    ['a root of another trust domain', () => withSlot(['Root', elsewhere.root, { state: 'Prepared' }])],
    [
      'a second certificate behind a root',
      () =>
        withSlot([
          'Root',
          stranger.root,
          { state: 'Prepared', certificate: certificatePEM(stranger.root) + certificatePEM(elsewhere.root) },
        ]),
    ],
  ];

  it.each(damages)('says what is wrong and signs nothing: %s', (_, secret) => {
    expect(loadIssuing(secret())).toEqual({ problem: expect.stringMatching(/\w/) });
  });

  it('names the key that is garbage', () => {
    expect(loadIssuing(asStored(issuing, { [`${id}.key`]: Buffer.from('garbage') }))).toEqual({
      problem: `holds a key of ${id} that cannot be read: found no "BEGIN PRIVATE KEY" where a block begins`,
    });
  });

  it('never quotes a key', () => {
    const torn = asStored(issuing, { [`${id}.key`]: Buffer.concat([strangerKey, Buffer.from('x')]) });
    const loaded = loadIssuing(torn);
    expect('problem' in loaded ? loaded.problem : '').toMatch(/\w/);
    expect('problem' in loaded ? loaded.problem : '').not.toMatch(/[A-Za-z0-9+/]{40}/);
  });
});

describe('loadRoots', () => {
  it('gives the root that is asked for, with its key', async () => {
    const loaded = loadRoot(asStored(root), rootID);
    if ('problem' in loaded) throw new Error(loaded.problem);
    expect(loaded.certificate).toEqual(authority.root);
    expect(Buffer.from(loaded.signer.publicKey).equals(Buffer.from(authority.root.publicKey))).toBe(true);
  });

  const damages: readonly (readonly [string, () => StoredSecret, (() => string) | undefined])[] = [
    ['nothing in it', () => asStored({ ...root, data: new Map() }), undefined],
    ['another root than the one asked for', () => asStored(root), () => 'f'.repeat(32)],
    ['no key', () => asStored(root, { [`${rootID}.key`]: undefined }), undefined],
    ['the key of another', () => asStored(root, { [`${rootID}.key`]: strangerKey }), undefined],
    ['garbage for a certificate', () => asStored(root, { [`${rootID}.crt`]: Buffer.from('garbage') }), undefined],
    [
      'a certificate under a wrong name',
      () => asStored(root, { [`${rootID}.crt`]: undefined, 'x.crt': encodePEM('CERTIFICATE', authority.root.der) }),
      undefined,
    ],
  ];

  it.each(damages)('says what is wrong: %s', (_, secret, wanted) => {
    expect(loadRoot(secret(), wanted?.())).toEqual({ problem: expect.stringMatching(/\w/) });
  });
});

describe('keys', () => {
  it.each<[string, () => OwnSecret, (secret: StoredSecret) => unknown]>([
    ['the intermediate', () => issuing, loadIssuing],
    ['the root', () => root, (secret) => loadRoot(secret)],
    ['the root that is not the one asked for', () => root, (secret) => loadRoot(secret, 'other')],
  ])('of %s are in no Buffer any more once it was loaded', (_, from, load) => {
    const secret = asStored(from());
    const pem = Buffer.from([...secret.data].find(([key]) => key.endsWith('.key'))?.[1] ?? '');
    const der = parsePrivateKeyPEM(pem);
    const watch = watchBuffers();
    try {
      load(secret);
      expect(watch.holding(der.subarray(40, 64))).toBe(0);
      expect([...secret.data.values()].every((value) => value.every((octet) => octet === 0))).toBe(true);
    } finally {
      watch.stop();
    }
  });
});
