// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { ServiceIdentity } from '../../../../src/api/service-identity.ts';
import { formatTimestamp } from '../../../../src/api/timestamp.ts';
import type { SecretContent, SecretMeta } from '../../../../src/identity/observed.ts';
import { countSecrets } from '../../../../src/reconcilers/authority/count.ts';
import { MINUTE } from '../../../../src/time.ts';
import {
  ANCHORS,
  aDocument,
  anAuthorityView,
  anIssued,
  aSecretContent,
  aSlot,
  aStoredSVID,
  aTrustDomainView,
  desiredOf,
  NOW,
} from '../../../support/builders.ts';

const NEW_ROOT = 'a new root\n';
const old = aSlot({ kind: 'Root', id: 'root-1', certificate: ANCHORS });
const prepared = aSlot({ kind: 'Root', id: 'root-2', state: 'Prepared', certificate: NEW_ROOT });
const document = aDocument({ slots: [old, prepared, aSlot({ id: 'authority-1' })] });

interface World {
  readonly identities: ServiceIdentity[];
  readonly secrets: SecretMeta[];
  readonly content?: SecretContent;
}

function count(world: World, counted = document): ReturnType<typeof countSecrets> {
  const { identities, content } = world;
  const secrets = new Map(world.secrets.map((secret) => [`${secret.namespace}/${secret.name}`, secret]));
  const read = content && { filesDigest: content.filesDigest, authorityID: content.svid?.authorityID };
  return countSecrets('default', counted, { identities, secrets, content: () => read }, NOW);
}

/** An identity and its Secret, which holds these anchors. */
function holding(anchorsPEM: string): { identities: ServiceIdentity[]; secrets: SecretMeta[] } {
  const trustDomain = aTrustDomainView({ authority: anAuthorityView({ anchorsPEM }) });
  const { identity, secret } = anIssued({ observed: { trustDomain } });
  return { identities: [identity], secrets: [secret.meta] };
}

describe('Secrets of a TrustDomain', () => {
  it('are stale until they hold the new root', () => {
    expect(count(holding(ANCHORS))).toMatchObject({ targets: 1, stale: 1, exposed: 0 });
    const done = { targets: 1, stale: 0, exposed: 0, blockers: [], secrets: 1, dependents: 0 };
    expect(count(holding(ANCHORS + NEW_ROOT))).toEqual(done);
  });

  it('may hold a root that was withdrawn in peace', () => {
    const after = aDocument({
      slots: [
        { ...old, state: 'Retired', withdrawnSince: NOW },
        { ...prepared, state: 'Active' },
      ],
    });
    expect(count(holding(ANCHORS + NEW_ROOT), after).stale).toBe(0);
    const condemned = after.slots.map((slot) =>
      slot.id === 'root-1' ? ({ ...slot, compromised: true } as const) : slot,
    );
    expect(count(holding(ANCHORS + NEW_ROOT), { ...after, slots: condemned }).stale).toBe(1);
  });

  it('are exposed while a compromised authority signed their SVID', () => {
    const slots = document.slots.map((slot) =>
      slot.id === 'root-2' ? slot : ({ ...slot, compromised: true } as const),
    );
    expect(count(holding(ANCHORS + NEW_ROOT), { ...document, slots })).toMatchObject({ stale: 0, exposed: 1 });
  });

  it('are believed by their bytes where somebody else wrote them, and not by their annotations', () => {
    const { identities, secrets } = holding(ANCHORS + NEW_ROOT);
    const edited = secrets.map((secret) => ({ ...secret, resourceVersion: '999' }));
    expect(count({ identities, secrets: edited }).stale).toBe(1);
    const observed = anIssued();
    const content = aSecretContent(desiredOf(observed), aStoredSVID(desiredOf(observed), NOW));
    expect(count({ identities, secrets: edited, content }).stale).toBe(1);
    const { filesDigest } = desiredOf({
      ...observed,
      trustDomain: aTrustDomainView({ authority: anAuthorityView({ anchorsPEM: ANCHORS + NEW_ROOT }) }),
    });
    expect(count({ identities, secrets: edited, content: { ...content, filesDigest } }).stale).toBe(0);
  });

  it('hold nothing up once their SVID has ended', () => {
    const { identities, secrets } = holding(ANCHORS);
    const ended = identities.map((identity) => ({
      ...identity,
      status: { ...identity.status, notAfter: formatTimestamp(NOW - 2 * MINUTE) },
    }));
    expect(
      count({ identities: ended, secrets: secrets.map((secret) => ({ ...secret, resourceVersion: '999' })) }),
    ).toMatchObject({
      targets: 1,
      stale: 0,
      dependents: 0,
      blockers: [{}],
    });
  });

  it('do not count without their identity, under another TrustDomain, or as another object', () => {
    const { identities, secrets } = holding(ANCHORS);
    expect(count({ identities: [], secrets }).targets).toBe(0);
    expect(count({ identities, secrets: [] }).targets).toBe(0);
    expect(count({ identities, secrets: secrets.map((secret) => ({ ...secret, uid: 'another' })) }).targets).toBe(0);
    const elsewhere = identities.map((identity) => ({
      ...identity,
      spec: { ...identity.spec, trustDomainRef: { name: 'other' } },
    }));
    expect(count({ identities: elsewhere, secrets }).targets).toBe(0);
  });

  it('are named with what keeps them from being written, ten at most', () => {
    const { identities, secrets } = holding(ANCHORS);
    const [identity] = identities;
    if (identity === undefined) throw new Error('no identity');
    const many = Array.from({ length: 12 }, () => identity);
    const condition = { type: 'Ready', status: 'False', reason: 'WriteRefused', message: 'quota' } as const;
    const refused = {
      ...identity,
      status: { ...identity.status, conditions: [{ ...condition, lastTransitionTime: '' }] },
    };
    const { blockers, stale } = count({ identities: [refused, ...many], secrets });
    expect(stale).toBe(13);
    expect(blockers).toHaveLength(10);
    expect(blockers[0]).toMatchObject({ kind: 'Secret', name: secrets[0]?.name, reason: 'WriteRefused: quota' });
    expect(blockers[1]?.reason).toBe('not written yet');
  });

  it('are named in words that come back from the API server as they were written', () => {
    const { identities, secrets } = holding(ANCHORS);
    const [identity] = identities;
    if (identity === undefined) throw new Error('no identity');
    // The bound falls between the halves of a character.
    const message = `x${'\u{1f512}'.repeat(520)}`;
    const condition = { type: 'Ready', status: 'False', reason: 'Pending', message } as const;
    const status = { ...identity.status, conditions: [{ ...condition, lastTransitionTime: '' }] };
    const { blockers } = count({ identities: [{ ...identity, status }], secrets });
    expect(blockers[0]?.reason.length).toBe(512);
    expect(blockers[0]?.reason.isWellFormed()).toBe(true);
  });
});
