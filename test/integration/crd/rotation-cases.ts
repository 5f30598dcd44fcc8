// SPDX-License-Identifier: Apache-2.0
/**
 * Requests to rotate an authority, good and bad.
 * @module
 */
import { type Case, invalid, valid } from './case.ts';

const asked = { id: 'first', action: 'Compromise' } as const;

export const ROTATION_CASES: readonly Case[] = [
  ...['RotateIntermediate', 'RotateRoot', 'Compromise'].map((action) =>
    valid(`a request for ${action}`, { rotation: { id: '2026-11.drill_1', action, reason: 'why not' } }),
  ),
  valid('a request with an id of 63 characters', { rotation: { ...asked, id: 'a'.repeat(63) } }),
  invalid('a request with an id of 64', { rotation: { ...asked, id: 'a'.repeat(64) } }, 'spec.rotation.id: 63'),
  invalid('a request with an empty id', { rotation: { ...asked, id: '' } }, 'spec.rotation.id: '),
  invalid('a request with a space in its id', { rotation: { ...asked, id: 'a b' } }, 'spec.rotation.id: such as'),
  invalid('a request without an id', { rotation: { action: 'RotateRoot' } }, 'spec.rotation.id: Required', {
    judge: 'schema',
  }),
  invalid('a request without an action', { rotation: { id: 'a' } }, 'spec.rotation.action: Required', {
    judge: 'schema',
  }),
  invalid(
    'a request for something else',
    { rotation: { id: 'a', action: 'Explode' } },
    'spec.rotation.action: RotateRoot',
  ),
  invalid('a request with an empty reason', { rotation: { ...asked, reason: '' } }, 'spec.rotation.reason: '),
  invalid(
    'a request with a reason of 257 characters',
    { rotation: { ...asked, reason: 'x'.repeat(257) } },
    'spec.rotation.reason: 256',
  ),
  valid('a request that acknowledges from the start', { rotation: { ...asked, acknowledgeBroken: 0 } }),
  invalid(
    'an acknowledgement of less than none',
    { rotation: { ...asked, acknowledgeBroken: -1 } },
    'spec.rotation.acknowledgeBroken: 0',
  ),
  invalid(
    'an acknowledgement where nothing breaks',
    { rotation: { id: 'a', action: 'RotateRoot', acknowledgeBroken: 1 } },
    'spec.rotation.acknowledgeBroken: for action Compromise only',
  ),
  valid(
    'an acknowledgement of a request that was made',
    { rotation: { ...asked, acknowledgeBroken: 7 } },
    {
      before: { rotation: asked },
    },
  ),
  invalid(
    'an old acknowledgement in a new request',
    { rotation: { ...asked, id: 'second', acknowledgeBroken: 7 } },
    'spec.rotation.acknowledgeBroken: leave it out (null) in a new one',
    { before: { rotation: { ...asked, acknowledgeBroken: 7 } } },
  ),
  invalid(
    'another action under the same id',
    { rotation: asked },
    'spec.rotation.id: another action needs another id',
    { before: { rotation: { id: 'first', action: 'RotateRoot' } } },
  ),
  valid('another action under another id', { rotation: { ...asked, id: 'second' } }, { before: { rotation: asked } }),
  valid('a request that is taken back', {}, { before: { rotation: asked } }),
];
