// SPDX-License-Identifier: Apache-2.0
/**
 * What passes unjudged, so that nothing that is forbidden becomes impossible to repair or to delete.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { passesBecause } from '../../../src/webhook/passing.ts';
import { anObject, aRequest } from '../../support/admission.ts';

const SPEC = { serviceAccountName: 'checkout', services: ['a'] };
const BEFORE = anObject(SPEC);
const update = { operation: 'UPDATE', oldObject: BEFORE } as const;

describe('a request passes', () => {
  it.each([
    ['of a status', { ...update, subResource: 'status', object: anObject({}) }, 'subresource'],
    ['of a scale', { ...update, subResource: 'scale', object: anObject({}) }, 'subresource'],
    ['to delete', { operation: 'DELETE', object: undefined, oldObject: BEFORE } as const, 'operation'],
    ['to change labels', { ...update, object: anObject(SPEC, { labels: { a: 'b' } }) }, 'unchanged'],
    ['to remove a finalizer', { ...update, object: anObject(SPEC, { finalizers: [] }) }, 'unchanged'],
    [
      'that only orders keys anew',
      { ...update, object: anObject({ services: ['a'], serviceAccountName: 'checkout' }) },
      'unchanged',
    ],
    [
      'that comes in another version of the API',
      { ...update, object: { ...BEFORE, apiVersion: 'signet.dev/v2' } },
      'unchanged',
    ],
    ['that changes status beside nothing', { ...update, object: { ...BEFORE, status: { a: 1 } } }, 'unchanged'],
    [
      'of an object that is being deleted',
      { ...update, object: anObject({}, { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
      'deleting',
    ],
  ])('%s', (_what, more, why) => {
    expect(passesBecause(aRequest(more))).toBe(why);
  });
});

describe('a request is judged', () => {
  it.each([
    ['that creates', {}],
    ['that changes the spec', { ...update, object: anObject({ ...SPEC, services: [] }) }],
    ['that changes anything else than metadata and status', { ...update, object: { ...BEFORE, data: {} } }],
    ['with an ephemeral container', { ...update, subResource: 'ephemeralcontainers', object: anObject({}) }],
    [
      'of an object that is being created with a deletion time of null',
      { object: anObject({}, { deletionTimestamp: null }) },
    ],
  ])('%s', (_what, more) => {
    expect(passesBecause(aRequest(more))).toBeUndefined();
  });
});
