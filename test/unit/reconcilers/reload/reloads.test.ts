// SPDX-License-Identifier: Apache-2.0
/**
 * Which changes of an identity bring it to the reload controller: none that a reload made itself.
 * @module
 */
import { expect, it } from 'vitest';
import type { ServiceIdentity } from '../../../../src/api/service-identity.ts';
import { createReloads, type Reloads } from '../../../../src/reconcilers/reload/reloads.ts';
import { IdentityMemory } from '../../../../src/reconcilers/service-identity/memory.ts';
import { anIssued, NOW } from '../../../support/builders.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const KEY = 'shop/checkout';
const issued = anIssued({ issuedAt: NOW }).identity;
const before: ServiceIdentity = { ...issued, spec: { ...issued.spec, reload: { type: 'PodAnnotation' } } };
const { metadata, spec, status = {} } = before;
const { status: _, ...fresh } = before;
const condition = { type: 'ReloadBlocked', status: 'True', reason: 'RestartRefused', message: 'no' } as const;
const record = {
  kind: 'Deployment',
  name: 'web',
  uid: 'u',
  state: 'Current',
  fingerprint: 'f1',
  generation: 1,
} as const;

function reloads(): Reloads {
  const observer = {
    controller: () => ({ started: () => undefined, finished: () => undefined }),
    queue: () => ({ added: () => undefined, retried: () => undefined, waited: () => undefined }),
  };
  const transport = { request: () => Promise.reject(new Error('unused')) };
  const parts = {
    gate: { refusal: () => undefined },
    memory: new IdentityMemory(),
    inTerm: () => true,
    identities: () => new Map<string, ServiceIdentity>(),
    identitiesIn: () => [],
  };
  return createReloads({ transport, clock: new ManualClock(NOW), reload: [], observer } as never, parts);
}

function enqueues(now: ServiceIdentity, was?: ServiceIdentity): boolean {
  const { controller, identityChanged } = reloads();
  identityChanged(KEY, now, was);
  return controller.queue.length === 1;
}

it.each<[string, ServiceIdentity, ServiceIdentity | undefined]>([
  ['is new, or goes', before, undefined],
  ['has its first status', { ...fresh, status: {} }, fresh],
  ['has another spec', { ...before, metadata: { ...metadata, generation: 99 } }, before],
  ['has a new SVID', { ...before, status: { ...status, fingerprint: 'f2' } }, before],
  [
    'has another Secret',
    { ...before, status: { ...status, secret: { name: 's', uid: 'u', resourceVersion: '9' } } },
    before,
  ],
  ['is another object', { ...before, metadata: { ...metadata, uid: 'other' } }, before],
])('looks at an identity that %s', (_name, now, was) => {
  expect(enqueues(now, was)).toBe(true);
});

it.each<[string, ServiceIdentity]>([
  ['what a reload says', { ...before, status: { ...status, conditions: [{ ...condition, lastTransitionTime: '' }] } }],
  ['what a reload records', { ...before, status: { ...status, rollouts: [record] } }],
])('does not look again for %s', (_name, now) => {
  expect(enqueues(now, before)).toBe(false);
});

it('leaves alone an identity that asks for no reload', () => {
  const { reload: _reload, ...without } = spec;
  expect(enqueues({ ...before, spec: without })).toBe(false);
});
