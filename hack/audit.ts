// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run audit`: known weaknesses of the packages that package-lock.json names, of which those that nobody has argued
 * fail.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Advisory, advisoriesOf, judgeAudit, KNOWN_FILE, knownAdvisories } from './audit-report.ts';
import { tryCommand } from './controlplane/command.ts';
import { takesNothing } from './usage.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const HELP = `Usage: npm run audit

Asks the npm registry which weaknesses are known of the packages of package-lock.json. Each of a package that a production
install has is a failure, and of one that only development has from severity high upwards, unless ${KNOWN_FILE}
says why it does no harm here: a list of {"advisory", "reason", "reviewed"}, ID, argument and the day of it. An entry
there that the registry reports no more is a failure as well.

Needs npm 7 or newer and a registry that answers audits. Takes a few seconds. Exit code 1 for a failure, or without an
answer.`;

if (takesNothing(HELP)) {
  process.exitCode = await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  });
}

async function main(): Promise<number> {
  const known = knownAdvisories(await readFile(path.join(ROOT, KNOWN_FILE), 'utf8'));
  const [production, everything] = [await audit('--omit=dev'), await audit('--include=dev')];
  const { failures, notes } = judgeAudit(production, everything, known);
  for (const note of notes) console.log(note);
  for (const failure of failures) console.error(`FAILED ${failure}`);
  console.log(`${failures.length} failures, ${notes.length} noted`);
  return failures.length === 0 ? 0 : 1;
}

/** npm's exit code says no more than its report. */
async function audit(...options: readonly string[]): Promise<Advisory[]> {
  const { stdout } = await tryCommand('npm', ['audit', '--json', '--package-lock-only', ...options], { cwd: ROOT });
  return advisoriesOf(stdout);
}
