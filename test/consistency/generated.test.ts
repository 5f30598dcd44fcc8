// SPDX-License-Identifier: Apache-2.0
/** @module Files of the chart that follow from others are what `node hack/chart/generate.ts` makes of them. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../hack/chart/generated.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe.each((await generatedFiles()).map((file) => [file.path, file.text] as const))('%s', (file, text) => {
  it('is up to date', async () => {
    expect(await readFile(path.join(ROOT, file), 'utf8')).toBe(text);
  });
});
