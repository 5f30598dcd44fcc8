// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Observed } from '../../../src/identity/observed.ts';
import { planIdentity } from '../../../src/identity/plan.ts';
import { nextStatus } from '../../../src/identity/status.ts';
import { MINUTE } from '../../../src/time.ts';
import { anAuthorityView, anIssued, aTrustDomainView, NOW, respecified, touched } from '../../support/builders.ts';

function partly<T extends Observed>(observed: T): T {
  const { secret } = observed;
  if (secret === undefined) throw new Error('there is no Secret');
  return { ...observed, secret: { ...secret, meta: { ...secret.meta, partial: true } } };
}

const issued = anIssued();
const due = anIssued({ issuedAt: NOW - 40 * MINUTE });

describe('a Secret whose metadata is known in part', () => {
  it('is left as it is, unread, while nobody but us wrote it and the spec is the same', () => {
    const plan = planIdentity(partly(issued), NOW);
    expect(plan).toMatchObject({ actions: [], intact: true });
    expect(plan.read).toBeUndefined();
  });

  it('is not taken for stripped of labels that the spec asks for', () => {
    const labelled = anIssued({ identity: { spec: { secret: { labels: { 'example.org/a': 'b' } } } } });
    const { 'example.org/a': _, ...labels } = labelled.secret.meta.labels;
    const secret = { ...labelled.secret, meta: { ...labelled.secret.meta, labels, partial: true as const } };
    expect(planIdentity({ ...labelled, secret }, NOW)).toMatchObject({ actions: [], intact: true });
  });

  it.each<[string, Observed]>([
    ['a renewal', due],
    ['an issuance for another spec', respecified(issued, { services: ['cart'] })],
    ['a patch for another spec', respecified(issued, { secret: { labels: { 'example.org/a': 'b' } } })],
    [
      'new anchors',
      { ...issued, trustDomain: aTrustDomainView({ authority: anAuthorityView({ anchorsPEM: 'new' }) }) },
    ],
    ['a verdict on what somebody else wrote', touched(issued)],
    ['a heal', touched(issued, { content: { formatsComplete: false } })],
  ])('is read before %s, once', (_, observed) => {
    expect(planIdentity(partly(observed), NOW)).toMatchObject({ read: 'metadata', actions: [] });
    expect(planIdentity(observed, NOW).read).toBeUndefined();
  });

  it('is read for a spec that had to wait for something else', () => {
    const labelled = respecified(issued, { secret: { labels: { 'example.org/a': 'b' } } });
    const plan = planIdentity({ ...labelled, trustDomain: undefined }, NOW);
    const status = nextStatus(labelled.identity, { plan }, NOW);
    const waited = { ...partly(labelled), identity: { ...labelled.identity, status } };
    expect(planIdentity(waited, NOW)).toMatchObject({ read: 'metadata', actions: [] });
  });

  it('is not read for an issuance that cannot happen anyway', () => {
    expect(planIdentity({ ...partly(due), serviceAccountExists: false }, NOW).read).toBeUndefined();
  });
});

describe('the Secret of an earlier name that the cache does not show', () => {
  const { identity } = respecified(issued, { secret: { name: 'new' } });
  const renamed: Observed = { ...issued, identity, secret: undefined };

  it('is looked for once, before it is forgotten', () => {
    expect(planIdentity(renamed, NOW)).toMatchObject({ read: 'previous', actions: [] });
    const kinds = (more: Partial<Observed>) =>
      planIdentity({ ...renamed, ...more }, NOW).actions.map(({ kind }) => kind);
    expect(kinds({ previousConfirmed: true })).toEqual(['IssueSVID']);
    const { meta } = issued.secret;
    expect(kinds({ previousConfirmed: true, previousSecret: { ...meta, labels: {} } })).toEqual([
      'IssueSVID',
      'DeleteSecret',
    ]);
  });

  it('is looked for as well when the new one is in place already', () => {
    const meta = { ...issued.secret.meta, name: 'new', uid: 'uid-new' };
    const plan = planIdentity(touched({ ...renamed, secret: { meta, content: undefined } }), NOW);
    expect(plan).toMatchObject({ read: 'previous', actions: [] });
  });

  it('stays when it has neither our label nor our owner: it might be one to be retained', () => {
    const previousSecret = { ...issued.secret.meta, labels: {}, ownerReferences: [] };
    const plan = planIdentity({ ...renamed, previousConfirmed: true, previousSecret }, NOW);
    expect(plan.actions.map(({ kind }) => kind)).toEqual(['IssueSVID']);
  });

  it('stays when it is another object of that name', () => {
    const previousSecret = { ...issued.secret.meta, labels: {}, ownerReferences: [], uid: 'x' };
    const plan = planIdentity({ ...renamed, previousConfirmed: true, previousSecret }, NOW);
    expect(plan.actions.map(({ kind }) => kind)).toEqual(['IssueSVID']);
  });
});
