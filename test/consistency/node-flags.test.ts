// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { NODE_FLAGS } from '../../hack/node-flags.ts';

/** The options of Node.js in a file, in order; the chart works out the heap from the memory limit. */
function flagsOf(file: string): string[] {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const found = text.match(
    /--(?:disable-sigusr1|expose-gc|no-maglev-destroy-on-background|(?:max-semi-space|v8-pool|max-old-space)-size=\S*?)(?=["\s])/gu,
  );
  return (found ?? []).map((flag) => flag.replace(/(?<=^--max-old-space-size=)\{\{$/u, '256'));
}

it.each(['src/main.ts', 'Dockerfile', 'charts/signet/templates/_deployment.tpl'])(
  'starts Node.js in %s as tests and benches do',
  (file) => {
    expect(flagsOf(file)).toEqual(NODE_FLAGS);
  },
);
