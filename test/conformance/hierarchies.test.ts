// SPDX-License-Identifier: Apache-2.0
/**
 * Paths of every shape Signet makes or imports: cross-certificates between roots of all kinds, for verifiers that hold
 * the old root, the new one or both, deeper imported hierarchies, and where path lengths end them.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCrossCertificate, createIntermediate, type RootAuthority } from '../../src/pki/authority.ts';
import type { Issuer } from '../../src/pki/mint.ts';
import { DAY, HOUR } from '../../src/time.ts';
import { ALGORITHMS, anIssuer, aRoot, mint, NOW } from './support/authorities.ts';
import { expectAccepted, expectRefused } from './support/exceptions.ts';
import * as x from './support/extensions.ts';
import { type Exhibit, Judges } from './support/judges.ts';
import { authorityDraft, exhibitOf, KEYS, leafDraft, NAMES, SCENES } from './support/scene.ts';

const judges = new Judges();
beforeAll(() => judges.start());
afterAll(async () => {
  await judges.stop();
  judges.tally.print('Judged: cross-certificates and deeper hierarchies (refusals are broken path lengths)');
});

const trustDomain = 'example.org';

interface Rotation {
  readonly oldRoot: RootAuthority;
  readonly newRoot: RootAuthority;
  readonly issuer: Issuer;
}

/** A leaf under the new root, with the new root signed by the old one last in its chain. */
async function aRotation(
  options: { oldKey?: Algorithm; newKey?: Algorithm; crossEnds?: number } = {},
): Promise<Rotation> {
  const { oldKey = 'ECDSA-P256', newKey = 'ECDSA-P256', crossEnds = NOW + 20 * DAY } = options;
  const oldRoot = await aRoot({ trustDomain, algorithm: oldKey, notBefore: NOW - 300 * DAY, notAfter: NOW + 30 * DAY });
  const newRoot = await aRoot({ trustDomain, algorithm: newKey, notBefore: NOW - 10 * DAY, notAfter: NOW + 365 * DAY });
  const issuer = await anIssuer(newRoot, { trustDomain });
  const validity = { notBefore: NOW - 10 * DAY, notAfter: crossEnds };
  const cross = await createCrossCertificate({ trustDomain, root: newRoot.certificate, issuer: oldRoot, ...validity });
  return { oldRoot, newRoot, issuer: { ...issuer, chain: [...issuer.chain, cross] } };
}

type Algorithm = (typeof ALGORITHMS)[number];

function holding(exhibit: Exhibit, ...roots: readonly RootAuthority[]): Exhibit {
  return { ...exhibit, anchors: roots.map(({ certificate }) => certificate.der) };
}

describe.each(ALGORITHMS)('a cross-certificate by a root with an %s key', (oldKey) => {
  test.each(ALGORITHMS)('of a root with an %s key', async (newKey) => {
    const { oldRoot, newRoot, issuer } = await aRotation({ oldKey, newKey });
    const exhibit = await mint(issuer);
    expectAccepted(await judges.everybody(holding(exhibit, newRoot)));
    expectAccepted(await judges.everybody(holding(exhibit, oldRoot)));
    expectAccepted(await judges.everybody(holding(exhibit, oldRoot, newRoot)));
    expectAccepted(await judges.everybody(holding(exhibit, newRoot, oldRoot)));
  });
});

describe('a rotation', () => {
  test('ends well: an expired cross-certificate and an expired old root do no harm to who holds the new root', async () => {
    const { oldRoot, newRoot, issuer } = await aRotation({ crossEnds: NOW + DAY });
    const exhibit = await mint({ ...issuer, anchors: [newRoot.certificate] }, { ttl: HOUR }, NOW + 40 * DAY);
    expectAccepted(await judges.everybody(holding(exhibit, newRoot)));
    expectAccepted(await judges.everybody(holding(exhibit, oldRoot, newRoot)));
    expectRefused(await judges.everybody(holding(exhibit, oldRoot)));
  });

  test('without the cross-certificate leaves who holds only the old root behind', async () => {
    const { oldRoot, issuer } = await aRotation();
    const exhibit = await mint({ ...issuer, chain: issuer.chain.slice(0, 1) });
    expectRefused(await judges.everybody(holding(exhibit, oldRoot)));
  });

  test('leaves chains of the old root valid for who holds both', async () => {
    const { oldRoot, newRoot } = await aRotation();
    const notAfter = NOW + 20 * DAY;
    const exhibit = await mint(await anIssuer(oldRoot, { trustDomain, intermediateEnds: notAfter }));
    expectAccepted(await judges.everybody(holding(exhibit, newRoot, oldRoot)));
  });

  test('of the intermediate under the same root needs no new anchor', async () => {
    const { newRoot } = await aRotation();
    for (const intermediateEnds of [NOW + 50 * DAY, NOW + 90 * DAY]) {
      expectAccepted(await judges.everybody(await mint(await anIssuer(newRoot, { trustDomain, intermediateEnds }))));
    }
  });

  test('cannot be bridged by a cross-certificate that would outlive the old root', async () => {
    await expect(aRotation({ crossEnds: NOW + 31 * DAY })).rejects.toMatchObject({ code: 'ERR_AUTHORITY' });
  });

  test('is why roots carry no path length: with 1 on the old root, who holds only that refuses', async () => {
    const scene = SCENES['cross-certificate, old root'];
    const parties = { subject: NAMES.oldRoot, key: KEYS.oldRoot, issuer: NAMES.oldRoot, signer: KEYS.oldRoot };
    const exhibit = exhibitOf({ ...scene, anchors: [authorityDraft(parties, 300 * DAY, 1)] });
    // The JDK does not count against the path length of an anchor.
    expectRefused(await judges.everybody(exhibit), /^java-/u);
  });
});

const issuing = { subject: NAMES.issuing, key: KEYS.issuing };
const policy = { subject: NAMES.policy, key: KEYS.policy };
const byRoot = { issuer: NAMES.root, signer: KEYS.root };
const byPolicy = { issuer: NAMES.policy, signer: KEYS.policy };
const byIssuing = { issuer: NAMES.issuing, signer: KEYS.issuing };

describe('an imported hierarchy', () => {
  const leaf = leafDraft({ subject: NAMES.leaf, key: KEYS.leaf, ...byIssuing });
  const { anchors, now } = SCENES.plain;

  test.each([
    ['of two authorities without path lengths', undefined, undefined],
    ['of two authorities with just enough path length', 0, 1],
    ['of two authorities with path length to spare', 3, 5],
  ])('%s', async (_, issuingLength, policyLength) => {
    const chain = [
      leaf,
      authorityDraft({ ...issuing, ...byPolicy }, 90 * DAY, issuingLength),
      authorityDraft({ ...policy, ...byRoot }, 100 * DAY, policyLength),
    ];
    expectAccepted(await judges.everybody(exhibitOf({ chain, anchors, now, trustDomain })));
  });

  test('of two authorities, the upper of path length 0, is refused', async () => {
    const chain = [
      leaf,
      authorityDraft({ ...issuing, ...byPolicy }, 90 * DAY, 0),
      authorityDraft({ ...policy, ...byRoot }, 100 * DAY, 0),
    ];
    expectRefused(await judges.everybody(exhibitOf({ chain, anchors, now, trustDomain })));
  });

  test('without SPIFFE IDs in its authorities is accepted', async () => {
    const authority = authorityDraft({ ...issuing, ...byRoot }, 90 * DAY, 0);
    const extensions = authority.extensions.filter(({ oid }) => oid !== x.OID.subjectAltName);
    const chain = [leaf, { ...authority, extensions }];
    expectAccepted(await judges.everybody(exhibitOf({ chain, anchors, now, trustDomain })));
  });
});

test('our own intermediate signs leaves only', async () => {
  const { issuer } = await aRotation();
  const { certificate, signer } = issuer;
  const below = {
    trustDomain,
    publicKey: KEYS.issuing.spki,
    issuer: { certificate, signer },
    notBefore: NOW,
    notAfter: NOW + DAY,
  };
  await expect(createIntermediate(below)).rejects.toMatchObject({ code: 'ERR_AUTHORITY' });
});
