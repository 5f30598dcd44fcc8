import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/errors.ts';

it('documents every error code and no other', () => {
  const page = readFileSync(new URL('../../docs/reference/errors.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(ERR_\w+)` \| (.+) \|$/gm)];
  expect(rows.map(([, code]) => code)).toEqual(ERROR_CODES);
});
