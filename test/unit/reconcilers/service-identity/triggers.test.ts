// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { IdentityMemory } from '../../../../src/reconcilers/service-identity/memory.ts';
import { IdentityTriggers } from '../../../../src/reconcilers/service-identity/triggers.ts';
import { anIssued, aServiceIdentity, type IdentityChanges } from '../../../support/builders.ts';

const meta = anIssued().secret.meta;
let queue: string[];
let memory: IdentityMemory;
let triggers: IdentityTriggers;

function identity(name: string, spec: IdentityChanges['spec'] = {}) {
  return aServiceIdentity({ metadata: { name, uid: `uid-${name}` }, spec });
}

function written(resourceVersion: string) {
  return aServiceIdentity({ metadata: { name: 'a', uid: 'uid-a', resourceVersion } });
}

/** What was enqueued since the last call. */
function enqueued(): string[] {
  const keys = [...new Set(queue)].sort();
  queue.length = 0;
  return keys;
}

beforeEach(() => {
  queue = [];
  memory = new IdentityMemory();
  triggers = new IdentityTriggers({
    memory,
    enqueue: (key) => queue.push(key),
    onGone: () => undefined,
    onChange: () => undefined,
  });
  triggers.identityChanged('added', 'shop/a', identity('a', { serviceAccountName: 'sa-a' }));
  triggers.identityChanged(
    'added',
    'shop/b',
    identity('b', { serviceAccountName: 'sa-b', trustDomainRef: { name: 'other' } }),
  );
  enqueued();
});

describe('an identity', () => {
  it('is looked at whenever it changes', () => {
    triggers.identityChanged('updated', 'shop/a', identity('a'), identity('a'));
    expect(enqueued()).toEqual(['shop/a']);
    triggers.identityChanged('deleted', 'shop/a', identity('a'));
    expect(enqueued()).toEqual(['shop/a']);
  });

  it('is not looked at for its own status write, and is for any other', () => {
    memory.wroteIdentity('shop/a', written('10'));
    triggers.identityChanged('updated', 'shop/a', written('9'), written('8'));
    expect(enqueued()).toEqual(['shop/a']);
    triggers.identityChanged('updated', 'shop/a', written('10'), written('9'));
    expect(enqueued()).toEqual([]);
    triggers.identityChanged('updated', 'shop/a', written('11'), written('10'));
    expect(enqueued()).toEqual(['shop/a']);
  });

  it('is not looked at when the watch brings the version of its Secret that it wrote, and is for any other', () => {
    const mine = { ...meta, namespace: 'shop', name: 'a-svid', labels: {}, resourceVersion: '10' };
    memory.sawSecret('shop/a', mine);
    triggers.secretChanged('updated', 'shop/a-svid', { ...mine, resourceVersion: '9' });
    expect(enqueued()).toEqual(['shop/a']);
    triggers.secretChanged('updated', 'shop/a-svid', { ...mine, uid: 'another' });
    expect(enqueued()).toEqual(['shop/a']);
    triggers.secretChanged('updated', 'shop/a-svid', mine);
    expect(enqueued()).toEqual([]);
    triggers.secretChanged('updated', 'shop/a-svid', { ...mine, resourceVersion: '11' });
    expect(enqueued()).toEqual(['shop/a']);
    memory.sawSecret('shop/a', mine);
    triggers.secretChanged('deleted', 'shop/a-svid', mine);
    expect(enqueued()).toEqual(['shop/a']);
  });

  it('is forgotten when it is deleted', () => {
    memory.healed('shop/a', [1]);
    triggers.identityChanged('deleted', 'shop/a', identity('a'));
    expect(memory.healing('shop/a')).toEqual([]);
  });

  it.each<[string, () => void]>([
    ['is deleted', () => triggers.identityChanged('deleted', 'shop/a', identity('a', { secret: { name: 'tls' } }))],
    [
      'turns to another',
      () => triggers.identityChanged('updated', 'shop/a', identity('a'), identity('a', { secret: { name: 'tls' } })),
    ],
  ])('wakes the next of its rivals, and no other, when it %s', (_, change) => {
    const both = { secret: { name: 'tls' } };
    triggers.identityChanged('updated', 'shop/a', identity('a', both), identity('a'));
    triggers.identityChanged('updated', 'shop/b', identity('b', both), identity('b'));
    triggers.identityChanged('added', 'shop/c', identity('c', both));
    expect(triggers.claimants('shop/tls')).toEqual(['shop/a']);
    enqueued();
    change();
    expect(enqueued()).toEqual(['shop/a', 'shop/b']);
    expect(triggers.claimants('shop/tls')).toEqual(['shop/b']);
  });
});

describe('something else', () => {
  it.each<[string, () => void, readonly string[]]>([
    [
      'a Secret by its name',
      () => triggers.secretChanged('updated', 'shop/a-svid', { ...meta, name: 'a-svid', labels: {} }),
      ['shop/a'],
    ],
    [
      'a Secret by its label, whatever its name',
      () =>
        triggers.secretChanged('updated', 'shop/x', {
          ...meta,
          name: 'x',
          labels: { 'signet.dev/service-identity': 'b' },
        }),
      ['shop/b'],
    ],
    ['a Secret of nobody', () => triggers.secretChanged('added', 'shop/x', { ...meta, name: 'x', labels: {} }), []],
    [
      'a Secret of this name elsewhere',
      () => triggers.secretChanged('added', 'bank/a-svid', { ...meta, namespace: 'bank', name: 'a-svid', labels: {} }),
      [],
    ],
    ['a ServiceAccount that came', () => triggers.serviceAccountChanged('added', 'shop/sa-b'), ['shop/b']],
    ['a ServiceAccount that went', () => triggers.serviceAccountChanged('deleted', 'shop/sa-b'), ['shop/b']],
    ['no ServiceAccount that was written to', () => triggers.serviceAccountChanged('updated', 'shop/sa-b'), []],
    ['a ServiceAccount of nobody', () => triggers.serviceAccountChanged('added', 'bank/sa-b'), []],
    ['a namespace', () => triggers.namespaceChanged('shop'), ['shop/a', 'shop/b']],
    ['a TrustDomain', () => triggers.trustDomainChanged('other'), ['shop/b']],
    ['the default TrustDomain', () => triggers.trustDomainChanged('default'), ['shop/a']],
  ])('wakes those it concerns: %s', (_, change, expected) => {
    change();
    expect(enqueued()).toEqual(expected);
  });

  it('that is gone is not taken for our own write any longer', () => {
    const ours = { ...meta, name: 'a-svid', uid: 'one' };
    memory.sawSecret('shop/a', ours);
    triggers.secretChanged('deleted', 'shop/a-svid', { ...ours, uid: 'earlier' });
    expect(memory.secret('shop/a', 'a-svid', undefined)).toBe(ours);
    triggers.secretChanged('deleted', 'shop/a-svid', ours);
    expect(memory.secret('shop/a', 'a-svid', undefined)).toBeUndefined();
  });
});
