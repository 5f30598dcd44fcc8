// SPDX-License-Identifier: Apache-2.0
/**
 * `npm test` and `npm run test:full`: the checks, then the test projects, one after the other, and one plain closing
 * line that adds everything up, after the names of what failed. Each check counts as one test.
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { failureLine, type Outcome, outcomeOf } from './test-report.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

const CHECKS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['types', ['tsc', '-b']],
  ['lint', ['oxlint', '--deny-warnings']],
  ['format', ['biome', 'check', '.']],
  ['unused code', ['knip']],
];
const SUITES: Readonly<Record<string, readonly string[]>> = {
  test: ['unit', 'property', 'consistency', 'conformance', 'integration', 'handshakes'],
  full: ['full', 'full/alone'],
  rotation: ['rotation'],
  faults: ['faults'],
  e2e: ['e2e'],
  workloads: ['workloads'],
};

const HELP = `Usage: node hack/test.ts [test | full | rotation | faults | e2e | workloads] [--no-checks]

  test       checks (types, lint, format, unused code), then the projects ${SUITES['test']?.join(', ')}
  full       the longer proofs: killed processes, rival controllers, watched Secrets, webhook rotations, rounds of faults
  rotation   handshakes of Node, Go, openssl and Java peers across rotations of the authority; takes half an hour
  faults     100 rounds of faults over three controllers and 5,000 identities; takes an hour or more
  e2e        image, chart and pods on a local node (Linux, root, containerd), or on the cluster of KUBECONFIG
  workloads  every example as a real server (nginx, HAProxy, PostgreSQL, Redis, Node, Go, Java) through a new root

Needs Go, or Docker and kind, or the open internet, or a KUBECONFIG, for a Kubernetes API server; openssl and Java
for the conformance tests; and Prometheus with promtool, on PATH or built by Go. Exit code 1 when anything failed.`;

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(HELP);
} else {
  process.exitCode = await main(args);
}

async function main(given: readonly string[]): Promise<number> {
  const suite = given.find((arg) => !arg.startsWith('-')) ?? 'test';
  const projects = SUITES[suite];
  if (projects === undefined) {
    console.error(`unknown suite ${suite}\n\n${HELP}`);
    return 2;
  }
  const total: Outcome = { passed: 0, skipped: 0, failures: [] };
  if (suite === 'test' && !given.includes('--no-checks')) await runChecks(total);
  for (const project of projects) await runProject(project, total);
  const { passed, failures, skipped } = total;
  console.log(failures.map((failure) => `\nFAILED ${failure}`).join(''));
  console.log(`${passed} passed, ${failures.length} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
  return failures.length === 0 ? 0 : 1;
}

async function runChecks(total: Outcome): Promise<void> {
  for (const [name, [program = '', ...rest]] of CHECKS) {
    console.log(`\n> check: ${name}`);
    const code = await run(program, rest);
    if (code === 0) total.passed += 1;
    else total.failures.push(`check: ${name}: exit code ${code}`);
  }
}

async function runProject(project: string, total: Outcome): Promise<void> {
  console.log(`\n> tests: ${project}`);
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-test-'));
  const report = path.join(directory, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await run('vitest', ['run', '--project', project, ...reporters]);
    const { passed, skipped, failures } = await readReport(report, project);
    total.passed += passed;
    total.skipped += skipped;
    total.failures.push(...failures);
    // An error from outside of the tests has failed once.
    if (code !== 0 && failures.length === 0) total.failures.push(`tests: ${project}: exit code ${code}`);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function readReport(file: string, project: string): Promise<Outcome> {
  try {
    return outcomeOf(await readFile(file, 'utf8'), ROOT);
  } catch (error) {
    return { passed: 0, skipped: 0, failures: [failureLine(`tests: ${project}: no test report`, String(error))] };
  }
}

function run(program: string, rest: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, rest, { stdio: 'inherit' });
    child.once('error', (error) => {
      console.error(`${program} could not be started: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
