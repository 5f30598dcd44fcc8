// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { nextConditions } from '../../../src/api/condition-list.ts';
import { formatTimestamp } from '../../../src/api/timestamp.ts';

const first = 1_000_000;
const later = 2_000_000;
const pending = { type: 'Ready', status: 'False', reason: 'Pending', message: 'not issued yet' } as const;
const issued = { type: 'Ready', status: 'True', reason: 'Issued', message: 'issued' } as const;

it('stamps a new condition with the time and the generation', () => {
  expect(nextConditions(undefined, [pending], 3, first)).toEqual([
    { ...pending, observedGeneration: 3, lastTransitionTime: formatTimestamp(first) },
  ]);
  expect(nextConditions(undefined, [pending], undefined, first)[0]).not.toHaveProperty('observedGeneration');
});

it('keeps the transition time while the status stays, whatever else changes', () => {
  const before = nextConditions<string, string>(undefined, [pending], 1, first);
  const refused = { ...pending, reason: 'WriteRefused', message: 'quota' };
  expect(nextConditions<string, string>(before, [refused], 2, later)).toEqual([
    { ...refused, observedGeneration: 2, lastTransitionTime: formatTimestamp(first) },
  ]);
});

it('moves the transition time with the status', () => {
  const before = nextConditions<string, string>(undefined, [pending], 1, first);
  expect(nextConditions<string, string>(before, [issued], 1, later)[0]?.lastTransitionTime).toBe(
    formatTimestamp(later),
  );
});

it('drops what is not decided any more, and equals the list before when nothing changed', () => {
  const contended = { type: 'Contended', status: 'True', reason: 'RepeatedEdits', message: 'edited' } as const;
  const before = nextConditions<string, string>(undefined, [issued, contended], 1, first);
  expect(nextConditions<string, string>(before, [issued, contended], 1, later)).toEqual(before);
  expect(nextConditions<string, string>(before, [issued], 1, later)).toEqual(before.slice(0, 1));
});

it('bounds a message without leaving half a character, which would come back changed', () => {
  const [condition] = nextConditions(
    undefined,
    [{ ...pending, message: `${'x'.repeat(1020)}${'😀'.repeat(100)}` }],
    1,
    first,
  );
  expect(condition?.message).toHaveLength(1024);
  expect(condition?.message.isWellFormed()).toBe(true);
  expect(condition?.message).toMatch(/^x{1020}.*\.\.\.$/);
});
