// SPDX-License-Identifier: Apache-2.0
/** @module Every code of the audit stream is written by something, and the page of it says all of them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { AUDIT_CODES, AUDIT_FIELDS } from '../../src/observability/audit.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SRC = path.join(ROOT, 'src');
const TEXT = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== path.join('observability', 'audit.ts'))
  .map((file) => readFileSync(path.join(SRC, file), 'utf8'))
  .join('\n');
const ROWS = [
  ...readFileSync(path.join(ROOT, 'docs/reference/audit.md'), 'utf8').matchAll(/^\| `(\w+)` \| (.+) \|$/gmu),
];

it('documents every code and field once, as it is, and invents none', () => {
  expect(ROWS.map(([, ...cells]) => cells)).toEqual(Object.entries({ ...AUDIT_CODES, ...AUDIT_FIELDS }));
});

describe.each(Object.keys(AUDIT_CODES))('%s', (code) => {
  it('is written by the code', () => expect(TEXT).toContain(`'${code}'`));
});
