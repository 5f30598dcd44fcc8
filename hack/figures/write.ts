// SPDX-License-Identifier: Apache-2.0
/**
 * Writes the figures of README again, after a benchmark has recorded new ones: `node hack/figures/write.ts`.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readme } from './readme.ts';

const { path: file, text } = await readme();
await writeFile(path.resolve(import.meta.dirname, '../..', file), text);
