// SPDX-License-Identifier: Apache-2.0
/**
 * What becomes of one request: answered, passed, refused or left to the failurePolicy, and what is counted and logged.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../../src/observability/audit.ts';
import { answerReview } from '../../../src/webhook/handler.ts';
import { anObject, aRequest, bytesOf, handlerDeps, reviewOf } from '../../support/admission.ts';

describe('a review', () => {
  it('that is refused is counted by kind and logged with its reason', async () => {
    const { deps, heard } = handlerDeps();
    const request = aRequest({ object: anObject({ serviceAccountName: '' }), dryRun: true });
    const answer = await answerReview(bytesOf(reviewOf(request)), deps);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ response: { uid: request.uid, allowed: false } });
    expect(heard.reviews).toEqual([{ kind: 'ServiceIdentity.signet.dev', outcome: 'denied', dryRun: true }]);
    expect(heard.logged[0]).toMatchObject({ message: 'Refused', fields: { user: 'alice', dryRun: true } });
  });

  it('of a kind that nobody should send is admitted and counted under one name', async () => {
    const { deps, heard } = handlerDeps();
    const kind = { group: 'example.org', version: 'v1', kind: 'Anything' };
    const answer = await answerReview(bytesOf(reviewOf(aRequest({ kind }))), deps);
    expect(JSON.parse(answer.body)).toMatchObject({ response: { allowed: true } });
    expect(heard.reviews).toEqual([{ kind: 'other', outcome: 'unknown', dryRun: false }]);
  });

  it('that passes is not judged', async () => {
    const { deps, heard } = handlerDeps();
    const request = aRequest({ subResource: 'status', object: anObject(undefined) });
    const answer = await answerReview(bytesOf(reviewOf(request)), deps);
    expect(JSON.parse(answer.body)).toMatchObject({ response: { allowed: true } });
    expect(heard.reviews[0]?.outcome).toBe('passed');
  });

  it('that cannot be judged is left to the failurePolicy', async () => {
    const { deps, heard } = handlerDeps({
      trustDomain: () => {
        throw new Error('the cache is broken');
      },
    });
    expect((await answerReview(bytesOf(reviewOf(aRequest())), deps)).status).toBe(500);
    expect(heard.reviews[0]?.outcome).toBe('error');
  });

  it('that is none is refused and not quoted', async () => {
    const { deps, heard } = handlerDeps();
    const answer = await answerReview(Buffer.from('{"password":"hunter2"'), deps);
    expect(answer.status).toBe(400);
    expect(JSON.stringify([answer, heard])).not.toContain('hunter2');
    expect(heard.refused).toEqual([400]);
  });
});

it('refused requests fill no log: one line a second, which says how many it stands for', async () => {
  const { deps, heard, clock } = handlerDeps();
  for (let sent = 0; sent < 5; sent += 1) await answerReview(Buffer.from('{}'), deps);
  expect(heard.refused).toHaveLength(5);
  expect(heard.logged).toHaveLength(1);
  await clock.advance(1000);
  await answerReview(Buffer.from('{}'), deps);
  expect(heard.logged.map(({ fields }) => fields)).toMatchObject([{ status: 400 }, { leftOut: 4 }]);
});

it('nothing is judged before the caches are complete, and what always passes does', async () => {
  const { deps, heard } = handlerDeps();
  const starting = { ...deps, notReady: () => 'not yet synced: trustdomains' };
  const answer = await answerReview(bytesOf(reviewOf(aRequest())), starting);
  expect(answer).toMatchObject({ status: 500, body: 'not ready: not yet synced: trustdomains\n' });
  expect(heard.reviews).toMatchObject([{ outcome: 'error' }]);
  const status = await answerReview(
    bytesOf(reviewOf(aRequest({ subResource: 'status', object: anObject(undefined) }))),
    starting,
  );
  expect(status.status).toBe(200);
});

function refused(name: string, more: { readonly dryRun?: boolean } = {}): Buffer {
  return bytesOf(reviewOf(aRequest({ name, object: anObject({ serviceAccountName: '' }), ...more })));
}

describe('refusals that somebody makes up', () => {
  it.each([null, {}, { uid: { toString: null }, generation: 1 }, { uid: 'x'.repeat(65), generation: 1 }])(
    'have no correlation id with metadata %j',
    async (metadata) => {
      const { deps, heard } = handlerDeps();
      const object = { ...anObject({ serviceAccountName: '' }), metadata };
      const { status } = await answerReview(bytesOf(reviewOf(aRequest({ object }))), deps);
      expect(status).toBe(200);
      expect(heard.logged[0]?.fields).toMatchObject({ correlationID: undefined });
    },
  );

  it('are logged and audited at a bounded rate, and the next line says how many were left out', async () => {
    const audited: AuditEvent[] = [];
    const { deps, heard, clock } = handlerDeps();
    const all = { ...deps, audit: (event: AuditEvent) => void audited.push(event) };
    for (let sent = 0; sent < 130; sent += 1) await answerReview(refused(`n${sent}`), all);
    expect([heard.reviews.length, heard.logged.length, audited.length]).toEqual([130, 100, 100]);
    expect(audited.some((event) => 'leftOut' in event)).toBe(false);
    await clock.advance(1000);
    for (let sent = 0; sent < 30; sent += 1) await answerReview(refused(`m${sent}`), all);
    expect([heard.logged.length, audited.length]).toEqual([120, 120]);
    expect(audited[100]).toMatchObject({ code: 'ADMISSION_DENIED', name: 'm0', leftOut: 30 });
    expect(heard.logged[100]?.fields).toMatchObject({ name: 'm0', leftOut: 30 });
    expect(audited[101]).not.toHaveProperty('leftOut');
    await clock.advance(3_600_000);
    for (let sent = 0; sent < 130; sent += 1) await answerReview(refused(`o${sent}`), all);
    expect(audited).toHaveLength(220);
    expect(audited[120]).toMatchObject({ leftOut: 10 });
  });

  it('in dry runs use up no lines of the audit stream', async () => {
    const audited: AuditEvent[] = [];
    const { deps } = handlerDeps();
    const all = { ...deps, audit: (event: AuditEvent) => void audited.push(event) };
    for (let sent = 0; sent < 300; sent += 1) await answerReview(refused('dry', { dryRun: true }), all);
    await answerReview(refused('real'), all);
    expect(audited).toMatchObject([{ name: 'real' }]);
  });

  it('and reviews that cannot be judged have their own', async () => {
    const { deps, heard } = handlerDeps({ liveTrustDomain: () => Promise.reject(new Error('too many reads')) });
    for (let sent = 0; sent < 130; sent += 1) await answerReview(bytesOf(reviewOf(aRequest())), deps);
    expect(heard.logged).toHaveLength(100);
    await answerReview(refused('real'), deps);
    expect(heard.logged.at(-1)).toMatchObject({ message: 'Refused', fields: { name: 'real' } });
  });
});
