// SPDX-License-Identifier: Apache-2.0
/**
 * Writes every generated file of the chart again: `node hack/chart/generate.ts`.
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createProgress } from '../progress.ts';
import { generatedFiles, messagesFile } from './generated.ts';
import { helmProgram } from './helm.ts';
import { renderedManifests } from './manifests.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

async function write(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(ROOT, file)), { recursive: true });
  await writeFile(path.join(ROOT, file), text);
}

for (const file of await generatedFiles()) await write(file.path, file.text);
for (const file of await renderedManifests(await helmProgram(createProgress()))) await write(file.path, file.text);
const messages = messagesFile();
await write(messages.path, messages.text);
