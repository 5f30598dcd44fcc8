// SPDX-License-Identifier: Apache-2.0
/**
 * docs/reference/events.md lists every reason of an event that is not one of a condition, and no other.
 * @module
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { IDENTITY_REASONS, TRUST_DOMAIN_REASONS } from '../../src/api/conditions.ts';
import { ROTATION_EVENTS } from '../../src/signals/trust-domain-events.ts';
import { ADMISSION_EVENTS } from '../../src/signals/upkeep-observer.ts';

const ALL = Object.entries({ ...ROTATION_EVENTS, ...ADMISSION_EVENTS });

it('documents every event once, as it is, and invents none', () => {
  const page = readFileSync(new URL('../../docs/reference/events.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| (.+) \|$/gm)];
  expect(rows.map(([, ...cells]) => cells)).toEqual(ALL.map(([reason, { type, meaning }]) => [reason, type, meaning]));
});

it.each(ALL)('%s is a word of its own', (reason, { message, meaning }) => {
  expect(reason).toMatch(/^[A-Z][A-Za-z]{1,63}$/);
  expect(Object.keys({ ...IDENTITY_REASONS, ...TRUST_DOMAIN_REASONS })).not.toContain(reason);
  expect(message).toMatch(/^[A-Z].*[^.]$/);
  expect(meaning).toMatch(/^[A-Z].*\.$/);
});
