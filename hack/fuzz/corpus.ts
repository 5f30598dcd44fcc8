// SPDX-License-Identifier: Apache-2.0
/**
 * The inputs that a target begins with: files of test/fuzz/corpus, and what is made anew each time.
 * @module
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Target } from './target.ts';

export const CORPUS: string = path.resolve(import.meta.dirname, '../../test/fuzz/corpus');

/** In the order of the names of their files. */
export async function seedsOf(name: string, target: Target): Promise<readonly Buffer[]> {
  const folder = path.join(CORPUS, name);
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  const inputs = files.flatMap((file) => inputsOf(path.join(folder, file), target));
  return [...inputs, ...((await target.made?.()) ?? [])];
}

/** A file is one input, but for PEM where the target takes DER. */
export function inputsOf(file: string, { der }: Target): readonly Buffer[] {
  const text = readFileSync(file);
  if (der !== true || !text.toString('latin1').startsWith('-----BEGIN')) return [text];
  const blocks = text.toString('latin1').matchAll(/-----BEGIN [^-]+-----([^-]+)-----END/gu);
  return [...blocks].map(([, body = '']) => Buffer.from(body, 'base64'));
}
