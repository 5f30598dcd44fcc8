// SPDX-License-Identifier: Apache-2.0
/** @module What the span of a review says, and what it must not. */
import { expect, it } from 'vitest';
import { answerReview, type HandlerDeps } from '../../../src/webhook/handler.ts';
import { anObject, aRequest, bytesOf, handlerDeps, reviewOf } from '../../support/admission.ts';
import { type RecordedSpan, recordingTracer } from '../../support/recording-tracer.ts';

async function spanOf(
  request: Parameters<typeof reviewOf>[0],
  given: Partial<HandlerDeps> = {},
): Promise<RecordedSpan> {
  const tracer = recordingTracer();
  const { deps } = handlerDeps();
  await answerReview(bytesOf(reviewOf(request)), { ...deps, ...given, tracer });
  const [span, ...more] = tracer.spans;
  expect([span?.name, more]).toEqual(['review', []]);
  return span ?? { name: '', attributes: {}, failures: [] };
}

it('says of a refusal what was asked and what was answered, and not by whom', async () => {
  const request = aRequest({ object: anObject({ serviceAccountName: '' }), dryRun: true });
  const { attributes, failures } = await spanOf(request);
  expect(attributes).toMatchObject({
    'signet.review_uid': request.uid,
    'signet.object_kind': 'ServiceIdentity.signet.dev',
    'signet.operation': request.operation,
    'k8s.namespace.name': request.namespace,
    'signet.object_name': request.name,
    'signet.dry_run': true,
    'signet.outcome': 'denied',
    'signet.allowed': false,
  });
  expect(JSON.stringify(attributes)).not.toContain(request.user.username);
  expect(failures).toEqual([]);
});

it('names the policies and their rules, each once', async () => {
  const violation = { policy: 'short-lived', rule: 'maxTTL', effect: 'Deny', message: 'too long' };
  const builtIn = { rule: 'dnsNames', effect: 'Deny', message: 'not yours' };
  const violations = [violation, violation, builtIn] as never;
  const judge = {
    kinds: new Set(['ServiceIdentity.signet.dev']),
    review: () => Promise.resolve({ allowed: false, warnings: [], violations }),
  };
  const { attributes } = await spanOf(aRequest(), { judge });
  expect(attributes['signet.policies']).toEqual(['short-lived (maxTTL)', 'built-in (dnsNames)']);
});

it('makes up no kinds for whoever sends them', async () => {
  const { attributes } = await spanOf(aRequest({ kind: { group: 'example.org', version: 'v1', kind: 'Anything' } }));
  expect(attributes).toMatchObject({ 'signet.object_kind': 'other', 'signet.outcome': 'unknown' });
});

it('has failed where the review could not be judged', async () => {
  const judge = { kinds: new Set(['ServiceIdentity.signet.dev']), review: () => Promise.reject(new Error('broken')) };
  const { attributes, failures } = await spanOf(aRequest(), { judge });
  expect([attributes['signet.outcome'], attributes['signet.allowed'], failures]).toEqual([
    'error',
    undefined,
    ['error'],
  ]);
});
