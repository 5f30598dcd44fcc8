// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run generate`: writes every generated file again.
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createProgress } from '../progress.ts';
import { takesNothing } from '../usage.ts';
import { generatedFiles, messagesFile } from './generated.ts';
import { helmProgram } from './helm.ts';
import { renderedManifests } from './manifests.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

const HELP = `Usage: npm run generate

Writes the files of this repository that follow from others: the chart's CRDs, rules and dashboards, hack/manifests/, the
pages in docs/reference/ that are no flags or events, and the figures of README, docs/benchmarks.md, docs/dependencies.md
and docs/scale.md.

Needs Helm, which Go builds once in some minutes where the cache does not have it. Takes about five seconds from then on.`;

async function write(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(ROOT, file)), { recursive: true });
  await writeFile(path.join(ROOT, file), text);
}

if (takesNothing(HELP)) {
  for (const file of await generatedFiles()) await write(file.path, file.text);
  for (const file of await renderedManifests(await helmProgram(createProgress()))) await write(file.path, file.text);
  const messages = messagesFile();
  await write(messages.path, messages.text);
}
