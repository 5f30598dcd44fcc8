// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run drill -- <name>`: one trouble on the local control plane, with a real Prometheus that says which alerts fire.
 * @module
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve(import.meta.dirname, '../test/drill');
const NAMES = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.test.ts') ? [file.replace('.test.ts', '')] : []));
const HELP = `Usage: npm run drill -- <name ...>

Starts a control plane, controllers and Prometheus, makes trouble, and holds the alerts that fire, and the time they take,
against what is expected; then runs what the runbook says and waits until it is over. About a minute each.

Drills: ${NAMES.join(', ')}, or all`;

const wanted = process.argv.slice(2).filter((arg) => arg !== '--');
const unknown = wanted.filter((name) => name !== 'all' && !NAMES.includes(name));
if (wanted.length === 0 || wanted.includes('--help') || unknown.length > 0) {
  console.log(unknown.length > 0 ? `unknown drill ${unknown.join(', ')}\n\n${HELP}` : HELP);
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  const files = wanted.includes('all') ? [] : wanted.map((name) => path.join(FOLDER, `${name}.test.ts`));
  const child = spawn('vitest', ['run', '--project', 'drill', ...files], { stdio: 'inherit' });
  child.once('exit', (code) => (process.exitCode = code ?? 1));
}
