// SPDX-License-Identifier: Apache-2.0
/**
 * The pages with figures of benchmarks, of the simulation and of packages, and writing them again after new ones were
 * recorded: `node hack/figures/write.ts`.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { benchmarksPage } from './benchmarks.ts';
import { dependenciesPage } from './dependencies.ts';
import { readme } from './readme.ts';
import { scalePage } from './scale.ts';

/** Each as it should be. */
export function pagesWithFigures(): Promise<{ readonly path: string; readonly text: string }[]> {
  return Promise.all([readme(), benchmarksPage(), scalePage(), dependenciesPage()]);
}

export async function writeFigures(): Promise<void> {
  for (const { path: file, text } of await pagesWithFigures()) {
    await writeFile(path.resolve(import.meta.dirname, '../..', file), text);
  }
}

if (import.meta.main) await writeFigures();
