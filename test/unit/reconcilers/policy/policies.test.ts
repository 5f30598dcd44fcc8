// SPDX-License-Identifier: Apache-2.0
/**
 * The parts that carry policies in the controller: the book, the tally, and the status.
 * @module
 */

import { describe, expect, it, vi } from 'vitest';
import type { IdentityPolicy, IdentityPolicySpec, IdentityPolicyStatus } from '../../../../src/api/identity-policy.ts';
import { compileExpression } from '../../../../src/cel/compile.ts';
import { PolicyBook } from '../../../../src/policy/book.ts';
import type { NamespaceFacts } from '../../../../src/reconcilers/namespace-facts.ts';
import {
  MIN_WRITE_INTERVAL,
  type PolicyReconcilerDeps,
  reconcilePolicy,
} from '../../../../src/reconcilers/policy/reconcile.ts';
import { Tally } from '../../../../src/reconcilers/policy/tally.ts';
import { SECOND } from '../../../../src/time.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function aPolicy(name: string, spec: IdentityPolicySpec = {}, generation = 1): IdentityPolicy {
  const metadata = { name, uid: `uid-${name}`, resourceVersion: '1', generation, creationTimestamp: '' };
  return { metadata, spec };
}

function facts(labels: Readonly<Record<string, string>> = {}): NamespaceFacts {
  return { labels, annotations: {}, terminating: false };
}

const RULE = { validations: [{ name: 'a', expression: 'true', message: 'b' }] };

describe('the book of policies', () => {
  it('finds policies by namespace, in one look at each namespace', () => {
    const book = new PolicyBook(compileExpression);
    book.changed(aPolicy('shop', { match: { namespaces: { names: ['shop'] } } }));
    book.changed(aPolicy('pay', { match: { namespaces: { selector: { matchLabels: { team: 'pay' } } } } }));
    const [shop, labelled] = [facts(), facts({ team: 'pay' })];
    expect(book.about('shop', shop).map(({ name }) => name)).toEqual(['shop']);
    expect(book.about('shop', labelled).map(({ name }) => name)).toEqual(['shop', 'pay']);
    expect(book.about('shop', shop)).toBe(book.about('shop', shop));
    book.deleted('shop');
    expect(book.about('shop', shop)).toEqual([]);
  });

  it('compiles a policy once for each generation, whatever happens to its status', () => {
    const compile = vi.fn(compileExpression);
    const book = new PolicyBook(compile);
    expect(book.changed(aPolicy('p', RULE))).toBe(true);
    const namespace = facts();
    book.about('shop', namespace);
    const touched = { ...aPolicy('p', RULE), status: { matched: 1 } };
    expect(book.changed(touched)).toBe(false);
    book.about('shop', namespace);
    book.about('cart', facts());
    expect(compile).toHaveBeenCalledTimes(1);
    expect(book.changed(aPolicy('p', RULE, 2))).toBe(true);
    book.about('shop', namespace);
    expect(compile).toHaveBeenCalledTimes(2);
    const recreated = { ...aPolicy('p', RULE, 2), metadata: { ...aPolicy('p').metadata, uid: 'other' } };
    expect(book.changed(recreated)).toBe(true);
  });

  it('keeps the last good state of the same object in force', () => {
    const book = new PolicyBook(compileExpression);
    const shops = { match: { namespaces: { names: ['shop'] } } };
    const typo = { validations: [{ name: 'a', expression: 'nothing', message: 'b' }] };
    const inForce = () => book.about('shop', facts()).map(({ enforcement }) => enforcement);
    book.changed(aPolicy('p', { ...shops, enforcement: 'Warn' }));
    // Nobody looked at the first generation before the second came.
    book.changed(aPolicy('p', typo, 2));
    expect(inForce()).toEqual(['Warn']);
    book.changed(aPolicy('p', typo, 3));
    book.changed({ ...aPolicy('p', typo, 3), status: { matched: 1 } });
    expect(inForce()).toEqual(['Warn']);
    expect(book.about('cart', facts())).toEqual([]);
    expect(book.compiled('p')).toHaveProperty('errors');
    book.changed(aPolicy('p', { enforcement: 'Audit' }, 4));
    expect(inForce()).toEqual(['Audit']);
    book.changed({ ...aPolicy('p', typo), metadata: { ...aPolicy('p').metadata, uid: 'other' } });
    expect(inForce()).toEqual([]);
  });

  it('applies no policy that never could be resolved', () => {
    const book = new PolicyBook(compileExpression);
    book.changed(aPolicy('p', { validations: [{ name: 'a', expression: 'nothing', message: 'b' }] }));
    expect(book.about('shop', facts())).toEqual([]);
    expect(book.compiled('p')).toHaveProperty('errors');
    expect(book.compiled('unknown')).toBeUndefined();
  });
});

describe('the tally', () => {
  it('counts each identity once, and tells whose counts changed', () => {
    const tally = new Tally();
    expect(tally.record('shop/a', { matched: ['p', 'q'], violated: ['p'] })).toEqual(['p', 'q']);
    expect(tally.record('shop/a', { matched: ['p', 'q'], violated: ['p'] })).toEqual([]);
    tally.record('shop/b', { matched: ['p'], violated: ['p'] });
    expect(tally.count('p')).toEqual({ matched: 2, violating: 2, examples: ['shop/a', 'shop/b'] });
    expect(tally.record('shop/a', { matched: ['q'], violated: [] })).toEqual(['p', 'q']);
    expect(tally.count('p')).toEqual({ matched: 1, violating: 1, examples: ['shop/b'] });
    expect(tally.forget('shop/b')).toEqual(['p']);
    expect(tally.count('p')).toEqual({ matched: 0, violating: 0, examples: [] });
    expect(tally.forget('shop/never')).toEqual([]);
    expect(tally.has('shop/a')).toBe(true);
    tally.clear();
    expect(tally.has('shop/a')).toBe(false);
  });

  it('names ten examples at most', () => {
    const tally = new Tally();
    for (let index = 0; index < 30; index += 1) tally.record(`shop/${index}`, { matched: ['p'], violated: ['p'] });
    expect(tally.count('p')).toMatchObject({ matched: 30, violating: 30 });
    expect(tally.count('p').examples).toHaveLength(10);
  });
});

function world(spec: IdentityPolicySpec = {}, admission = false) {
  const clock = new ManualClock();
  const book = new PolicyBook(compileExpression);
  const tally = new Tally();
  const namespaces = new Map<string, NamespaceFacts>();
  const policies = new Map([['p', aPolicy('p', spec)]]);
  const writes: IdentityPolicyStatus[] = [];
  const state = { complete: true, passedOver: false, refusal: undefined as string | undefined };
  book.changed(aPolicy('p', spec));
  const deps: PolicyReconcilerDeps = {
    policies,
    namespaces,
    book,
    tally,
    exempt: new Set(['kube-system', 'signet-system']),
    admission: () => {
      if (!admission) return 'Absent';
      return state.passedOver ? 'PassedOver' : 'Judged';
    },
    podsUnasked: () => undefined,
    complete: () => state.complete,
    gate: { refusal: () => state.refusal },
    clock,
    writtenAt: new Map(),
    writeStatus: (policy, status) => {
      writes.push(status);
      policies.set('p', { ...policy, status });
      return Promise.resolve();
    },
  };
  return { clock, book, tally, namespaces, policies, writes, state, run: () => reconcilePolicy('p', deps) };
}

describe('the status of a policy', () => {
  it('is written once, and again only when it changes', async () => {
    const { run, tally, writes, clock } = world();
    tally.record('shop/a', { matched: ['p'], violated: [] });
    await run();
    await run();
    expect(writes).toHaveLength(1);
    expect(writes[0]).toMatchObject({ observedGeneration: 1, matched: 1, violating: 0, examples: [] });
    await clock.advance(MIN_WRITE_INTERVAL);
    expect(await run()).toEqual({});
    expect(writes).toHaveLength(1);
  });

  it('is written at most once in five seconds, however much changes', async () => {
    const { run, tally, writes, clock } = world();
    for (let second = 0; second < 60; second += 1) {
      tally.record(`shop/${second}`, { matched: ['p'], violated: ['p'] });
      await run();
      await clock.advance(SECOND);
    }
    expect(writes).toHaveLength(12);
    const { requeueAfter } = await run();
    await clock.advance(requeueAfter ?? 0);
    await run();
    expect(writes.at(-1)).toMatchObject({ matched: 60, violating: 60 });
  });

  it('waits until every identity was looked at, and for the Lease', async () => {
    const { run, state, writes } = world();
    state.complete = false;
    expect(await run()).toHaveProperty('requeueAfter');
    state.refusal = 'this replica does not hold the Lease';
    expect(await run()).toEqual({});
    expect(writes).toEqual([]);
  });

  it('names namespaces in which Pods are not judged, but for those that never are', async () => {
    const { run, namespaces, writes, clock } = world({ mtls: { mode: 'Strict' } }, true);
    namespaces.set('b', facts());
    namespaces.set('a', facts());
    namespaces.set('labelled', facts({ 'signet.dev/enforce': 'true' }));
    namespaces.set('kube-system', facts());
    namespaces.set('signet-system', facts());
    namespaces.set('going', { ...facts(), terminating: true });
    await run();
    const [, second] = writes[0]?.conditions ?? [];
    expect(second).toMatchObject({ type: 'NotEnforced', status: 'True', reason: 'LabelMissing' });
    expect(second?.message).toContain('2 namespaces a, b;');
    namespaces.delete('a');
    namespaces.delete('b');
    await clock.advance(MIN_WRITE_INTERVAL);
    await run();
    expect(writes[1]?.conditions).toHaveLength(1);
  });

  it('says what is judged by nobody while admission judges no policies, whatever the labels', async () => {
    const { run, namespaces, writes } = world({
      mtls: { mode: 'Strict' },
      validations: [
        { name: 'who', expression: "request.operation == 'CREATE'", message: 'mend it' },
        { name: 'before', expression: 'oldIdentity == null', message: 'mend it' },
        { name: 'a', expression: 'true', message: 'mend it' },
      ],
    });
    namespaces.set('labelled', facts({ 'signet.dev/enforce': 'true' }));
    await run();
    const [ready, second] = writes[0]?.conditions ?? [];
    expect(ready).toMatchObject({ type: 'Ready', reason: 'InForce' });
    expect(ready?.message).toBe(
      'without a webhook only what can be judged before an issuance is judged; NotEnforced names the rest',
    );
    expect(second).toMatchObject({ type: 'NotEnforced', status: 'True', reason: 'AdmissionOnly' });
    expect(second?.message).toContain(
      'mtls.mode: Strict, validations[who], validations[before] are judged at admission',
    );
    expect(second?.message).toContain('this controller looks after no webhook');
  });

  it('says that admission is passed over while that is proven', async () => {
    const validations = [{ name: 'who', expression: "request.operation == 'CREATE'", message: 'mend it' }];
    const { run, state, writes, clock } = world({ validations }, true);
    for (const passedOver of [false, true, false]) {
      Object.assign(state, { passedOver });
      await run();
      await clock.advance(MIN_WRITE_INTERVAL);
    }
    expect(writes.map(({ conditions }) => conditions?.[1]?.reason)).toEqual([
      undefined,
      'AdmissionPassedOver',
      undefined,
    ]);
  });

  it('says nothing of admission where all of it is judged before issuance', async () => {
    const { run, writes } = world(RULE);
    await run();
    expect(writes[0]?.conditions).toMatchObject([{ message: 'the policy is judged before every issuance' }]);
  });

  it('says why a policy is not applied, and counts nothing then', async () => {
    const { run, writes } = world({ validations: [{ name: 'a', expression: 'nothing', message: 'b' }] });
    await run();
    expect(writes[0]?.conditions?.[0]).toMatchObject({ status: 'False', reason: 'InvalidSpec' });
    expect(writes[0]?.conditions?.[0]?.message).toContain('nothing is judged by the policy;');
    expect(writes[0]).not.toHaveProperty('matched');
  });

  it('says that the last valid spec stays in force, and counts by it', async () => {
    const { run, book, tally, policies, writes } = world();
    const typo = { validations: [{ name: 'a', expression: 'nothing', message: 'b' }] };
    policies.set('p', aPolicy('p', typo, 2));
    book.changed(aPolicy('p', typo, 2));
    tally.record('shop/a', { matched: ['p'], violated: ['p'] });
    await run();
    expect(writes[0]).toMatchObject({ observedGeneration: 2, matched: 1, violating: 1 });
    const [ready] = writes[0]?.conditions ?? [];
    expect(ready).toMatchObject({ type: 'Ready', status: 'False', reason: 'InvalidSpec' });
    expect(ready?.message).toContain(
      'the last valid spec stays in force; this one is not applied: spec.validations[0]',
    );
  });

  it('of a policy that is gone is nobody’s business', async () => {
    const { run, policies, writes } = world();
    policies.clear();
    expect(await run()).toEqual({});
    expect(writes).toEqual([]);
  });
});
