// SPDX-License-Identifier: Apache-2.0
/**
 * A sound chain to break: an authority of `example.org`, and the verdict of the path check on crafted leaves and
 * intermediates of it.
 * @module
 */
import type { Certificate } from '../../src/pki/certificate.ts';
import { pathProblem } from '../../src/pki/path.ts';
import { DAY, type Instant } from '../../src/time.ts';
import { type Craft, type CraftIssuer, craftedAuthority, craftedLeaf } from './craft-certificate.ts';
import { aTestAuthority, NOW, type TestAuthority, testKey } from './test-authority.ts';

export interface PathFixture {
  readonly authority: TestAuthority;
  /** The intermediate as a signer of crafted certificates. */
  readonly issuer: CraftIssuer;
  readonly rootIssuer: CraftIssuer;
  readonly leafKey: Uint8Array;
  /** The verdict on a chain, by default under the authority's root and now. */
  check(chain: readonly Certificate[], anchors?: readonly Certificate[], now?: Instant): string | undefined;
  /** The verdict on a leaf with the changes, under the sound intermediate. */
  leafProblem(changes: Partial<Craft>): Promise<string | undefined>;
  /** The verdict on a sound leaf under an intermediate with the changes. */
  intermediateProblem(changes: Partial<Craft>): Promise<string | undefined>;
}

export async function aPathFixture(): Promise<PathFixture> {
  const authority = await aTestAuthority();
  const { root, rootSigner, intermediate, signer } = authority;
  const issuer = { certificate: intermediate, signer };
  const rootIssuer = { certificate: root, signer: rootSigner };
  const leafKey = (await testKey('ECDSA-P256', 'leaf')).publicKey;

  function check(
    chain: readonly Certificate[],
    anchors: readonly Certificate[] = [root],
    now = NOW,
  ): string | undefined {
    return pathProblem({ chain, anchors, trustDomain: 'example.org', now });
  }
  async function leafProblem(changes: Partial<Craft>): Promise<string | undefined> {
    return check([await craftedLeaf(issuer, { publicKey: leafKey, ...changes }), intermediate]);
  }
  async function intermediateProblem(changes: Partial<Craft>): Promise<string | undefined> {
    const { publicKey, subject } = intermediate;
    const crafted = await craftedAuthority(rootIssuer, { publicKey, subject, notAfter: NOW + DAY, ...changes });
    return check([await craftedLeaf(issuer, { publicKey: leafKey }), crafted]);
  }
  return { authority, issuer, rootIssuer, leafKey, check, leafProblem, intermediateProblem };
}
