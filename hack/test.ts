// SPDX-License-Identifier: Apache-2.0
/**
 * `npm test` and `npm run test:full`: the checks, then the test projects, one after the other, and one plain closing
 * line that adds everything up. Each check counts as one test.
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const CHECKS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['types', ['tsc', '-b']],
  ['lint', ['oxlint', '--deny-warnings']],
  ['format', ['biome', 'check', '.']],
  ['unused code', ['knip']],
];
const SUITES: Readonly<Record<string, readonly string[]>> = {
  test: ['unit', 'property', 'consistency', 'conformance', 'integration'],
  full: ['full'],
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
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  if (suite === 'test' && !given.includes('--no-checks')) await runChecks(total);
  for (const project of projects) await runProject(project, total);
  const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
  console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
  return total.failed === 0 ? 0 : 1;
}

async function runChecks(total: Counts): Promise<void> {
  for (const [name, [program = '', ...rest]] of CHECKS) {
    console.log(`\n> check: ${name}`);
    const code = await run(program, rest);
    if (code === 0) total.passed += 1;
    else total.failed += 1;
  }
}

async function runProject(project: string, total: Counts): Promise<void> {
  console.log(`\n> tests: ${project}`);
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-test-'));
  const report = path.join(directory, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await run('vitest', ['run', '--project', project, ...reporters]);
    const counts = await readReport(report);
    total.passed += counts.passed;
    total.skipped += counts.skipped;
    // A project that fails without a failed test (it did not load, or an error came from outside) has failed once.
    total.failed += code === 0 ? counts.failed : Math.max(1, counts.failed);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function readReport(file: string): Promise<Counts> {
  try {
    const report: unknown = JSON.parse(await readFile(file, 'utf8'));
    const count = (key: string): number => {
      const value: unknown = typeof report === 'object' && report !== null ? Reflect.get(report, key) : undefined;
      return typeof value === 'number' ? value : 0;
    };
    return {
      passed: count('numPassedTests'),
      failed: count('numFailedTests'),
      skipped: count('numPendingTests') + count('numTodoTests'),
    };
  } catch (error) {
    console.error(`no test report: ${String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
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
