// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { matchesSelector } from '../../../src/api/label-selector.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../../../src/api/object-meta.ts';

const shop = { team: 'shop', tier: 'front' };

it.each<[string, LabelSelector | undefined, boolean]>([
  ['an absent selector', undefined, false],
  ['an empty selector', {}, true],
  ['a label', { matchLabels: { team: 'shop' } }, true],
  ['two labels', { matchLabels: { team: 'shop', tier: 'front' } }, true],
  ['another value', { matchLabels: { team: 'bank' } }, false],
  ['one label of two', { matchLabels: { team: 'shop', zone: 'a' } }, false],
  ['a name that every JavaScript object answers to', { matchLabels: { constructor: 'x' } }, false],
  [
    'labels and expressions together',
    { matchLabels: { team: 'shop' }, matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
    false,
  ],
])('%s', (_name, selector, selected) => {
  expect(matchesSelector(selector, shop)).toBe(selected);
});

it.each<[LabelSelectorRequirement, boolean]>([
  [{ key: 'team', operator: 'In', values: ['bank', 'shop'] }, true],
  [{ key: 'team', operator: 'In', values: ['bank'] }, false],
  [{ key: 'zone', operator: 'In', values: ['a'] }, false],
  [{ key: 'team', operator: 'NotIn', values: ['bank'] }, true],
  [{ key: 'team', operator: 'NotIn', values: ['shop'] }, false],
  [{ key: 'zone', operator: 'NotIn', values: ['a'] }, true],
  [{ key: 'team', operator: 'Exists' }, true],
  [{ key: 'zone', operator: 'Exists' }, false],
  [{ key: 'toString', operator: 'Exists' }, false],
  [{ key: 'zone', operator: 'DoesNotExist' }, true],
  [{ key: 'team', operator: 'DoesNotExist' }, false],
])('%o', (requirement, selected) => {
  expect(matchesSelector({ matchExpressions: [requirement] }, shop)).toBe(selected);
});

it('selects nothing by an operator it does not know', () => {
  const requirement = { key: 'team', operator: 'Like' } as unknown as LabelSelectorRequirement;
  expect(matchesSelector({ matchExpressions: [requirement] }, shop)).toBe(false);
});

it('treats a namespace without labels as one with none', () => {
  expect(matchesSelector({}, undefined)).toBe(true);
  expect(matchesSelector({ matchLabels: { team: 'shop' } }, undefined)).toBe(false);
});
