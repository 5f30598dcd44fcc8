// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { RotationAction, RotationState, TrustDomainStatus } from '../../../../src/api/trust-domain.ts';
import { Rotations } from '../../../support/faults/rotations.ts';

const TIME = '2026-06-15T12:00:00Z';

/** A version of the TrustDomain: the request it has, and what it says of that one and of one aside. */
function saw(
  rotations: Rotations,
  [id, action]: readonly [string, RotationAction],
  of?: readonly [string, RotationState],
  aside?: readonly [string, 'Completed' | 'Refused'],
): void {
  const more = { action, message: '', startedAt: TIME };
  const status: TrustDomainStatus = {
    ...(of === undefined ? {} : { rotation: { id: of[0], state: of[1], ...more } }),
    ...(aside === undefined ? {} : { lastRequest: { id: aside[0], state: aside[1], action, message: '', time: TIME } }),
  };
  rotations.saw({ spec: { name: 'example.org', rotation: { id, action } } as never, status }, 0);
}

function inStep(step: 'PublishingRoot' | 'WaitingForMargin'): TrustDomainStatus {
  return { rotation: { action: 'RotateRoot', state: 'InProgress', step, message: '', startedAt: TIME } };
}

function aFullRun(): Rotations {
  const rotations = new Rotations();
  saw(rotations, ['1', 'RotateRoot']);
  saw(rotations, ['1', 'RotateRoot'], ['1', 'InProgress']);
  saw(rotations, ['3', 'RotateIntermediate'], ['1', 'InProgress']);
  saw(rotations, ['3', 'RotateIntermediate'], ['1', 'InProgress'], ['3', 'Completed']);
  return rotations;
}

it('finds nothing wrong when what was asked for has come to its end', () => {
  const rotations = aFullRun();
  expect(rotations.inProgress).toBe(true);
  expect(rotations.describe()).toBe('2 rotations asked for, 0 unanswered, one in progress');
  saw(rotations, ['3', 'RotateIntermediate'], ['1', 'Completed'], ['3', 'Completed']);
  expect([rotations.inProgress, rotations.unanswered]).toEqual([false, 0]);
  expect([rotations.completed('RotateRoot'), rotations.completed('RotateIntermediate')]).toEqual([1, 1]);
  expect(rotations.problems(10)).toEqual([]);
});

it('finds a rotation that does not end, and that none of its kind has', () => {
  expect(aFullRun().problems(10)).toEqual([
    'a rotation goes on after the last round, and does not end',
    'no RotateRoot was completed in 10 rounds',
  ]);
});

it('finds a request that nobody answered, or that was refused', () => {
  const rotations = new Rotations();
  saw(rotations, ['1', 'RotateRoot'], ['1', 'Refused']);
  saw(rotations, ['2', 'RotateIntermediate'], ['1', 'Refused']);
  expect(rotations.unanswered).toBe(1);
  expect(rotations.problems(2)).toEqual([
    'rotation 1: RotateRoot was refused',
    'rotation 2: RotateIntermediate was asked for and never answered',
  ]);
});

it('wants both kinds where there were rounds enough, whether they were asked for or not', () => {
  expect(new Rotations().problems(4)).toEqual([]);
  expect(new Rotations().problems(5)).toHaveLength(2);
});

it('knows since when no new root goes into Secrets any more', () => {
  const rotations = new Rotations();
  const spec = { name: 'example.org' } as never;
  expect(rotations.publishedSince(0)).toBe(false);
  rotations.saw({ spec, status: inStep('PublishingRoot') }, 1000);
  expect(rotations.publishedSince(5000)).toBe(true);
  rotations.saw({ spec, status: inStep('WaitingForMargin') }, 2000);
  rotations.saw({ spec, status: inStep('WaitingForMargin') }, 3000);
  expect([rotations.publishedSince(2000), rotations.publishedSince(2001)]).toEqual([true, false]);
});
