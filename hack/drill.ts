// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run drill -- <name>`: one trouble on the local control plane, with a real Prometheus that says which alerts fire.
 * @module
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { runPart } from './test-part.ts';

const FOLDER = path.resolve(import.meta.dirname, '../test/drill');
const NAMES = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.test.ts') ? [file.replace('.test.ts', '')] : []));
const HELP = `Usage: npm run drill -- <name ...>

Starts a control plane, controllers and Prometheus, makes trouble, and holds the alerts that fire, and the time they take,
against what is expected; then runs what the runbook says and waits until it is over.

Needs what npm test needs for a Kubernetes API server, and Prometheus, on PATH or built by Go. Takes about a minute a
drill, and about seven for all.

Drills: ${NAMES.join(', ')}, or all`;

const wanted = process.argv.slice(2).filter((arg) => arg !== '--');
const unknown = wanted.filter((name) => !['--help', 'all', ...NAMES].includes(name));
if (unknown.length > 0) {
  console.error(`unknown drill ${unknown.join(', ')}\n\n${HELP}`);
  process.exitCode = 2;
} else if (wanted.length === 0 || wanted.includes('--help')) {
  console.log(HELP);
} else {
  const files = wanted.includes('all') ? [] : wanted.map((name) => path.join(FOLDER, `${name}.test.ts`));
  process.exitCode = await runPart(['vitest', 'run', '--project', 'drill', ...files]);
}
