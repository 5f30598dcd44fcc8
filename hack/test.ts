// SPDX-License-Identifier: Apache-2.0
/**
 * `npm test` and `npm run test:full`: the checks and the test projects, what mostly waits beside what computes, and one
 * plain closing line that adds everything up, after the time of each part and the names of what failed. Each check
 * counts as one test.
 * @module
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { helmProgram } from './chart/helm.ts';
import { obtainPrograms } from './controlplane/programs.ts';
import { requireTool, type ToolName } from './judges/toolchain.ts';
import { prometheusPrograms } from './observability/programs.ts';
import { createProgress, formatElapsed } from './progress.ts';
import { type PartOptions, runPart } from './test-part.ts';
import { failureLine, type Outcome, outcomeOf } from './test-report.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

const CHECKS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['types', ['tsc', '-b']],
  ['lint', ['oxlint', '--deny-warnings']],
  ['format', ['biome', 'check', '.']],
  ['unused code', ['knip']],
];

const TOOLS: readonly ToolName[] = ['openssl', 'go', 'java', 'javac'];

/** Test projects, one after the other; `checks` stands for all of those above. */
type Lane = readonly string[];
/** Lanes of a stage run beside each other, and a stage begins when the one before is over. */
type Stage = readonly Lane[];

const SUITES: Readonly<Record<string, readonly Stage[]>> = {
  // In the second stage one lane computes while the other, whose lines are heard, waits for certificates to come of age.
  test: [[['checks', 'unit']], [['property', 'consistency', 'conformance'], ['integration']], [['handshakes']]],
  full: [[['full']], [['full/alone']]],
  rotation: [[['rotation']]],
  faults: [[['faults']]],
  e2e: [[['e2e']]],
  workloads: [[['workloads']]],
  drills: [[['drill']]],
};

/** How a part is heard: it has the terminal, or speaks in lines between others, or once, when it is over. */
type Voice = 'Alone' | 'Lines' | 'Whole';

interface Total extends Outcome {
  /** A line for each part that is over. */
  readonly times: string[];
}

const HELP = `Usage: node hack/test.ts [test | full | rotation | faults | e2e | workloads | drills] [--no-checks]

  test       checks (types, lint, format, unused code), then the projects ${SUITES['test']?.flat(2).slice(1).join(', ')}
  full       the longer proofs: killed processes, rival controllers, watched Secrets, webhook rotations, rounds of faults
  rotation   handshakes of Node, Go, openssl and Java peers across rotations of the authority; takes half an hour
  faults     100 rounds of faults over three controllers and 5,000 identities; takes an hour or more
  e2e        image, chart and pods on a local node (Linux, root, containerd), or on the cluster of KUBECONFIG
  workloads  every example as a real server (nginx, HAProxy, PostgreSQL, Redis, Node, Go, Java) through a new root
  drills     game days: trouble on a local control plane, the alerts that fire, and what their runbooks say

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
  const stages = SUITES[suite];
  if (stages === undefined) {
    console.error(`unknown suite ${suite}\n\n${HELP}`);
    return 2;
  }
  const total: Total = { passed: 0, skipped: 0, failures: [], times: [] };
  // A compiler beside the tests would take the processors from them for minutes.
  if (suite === 'test') await obtainEverything(total);
  for (const stage of stages) await runStage(stage, given.includes('--no-checks'), total);
  const { passed, failures, skipped, times } = total;
  console.log(`\n${times.join('\n')}`);
  console.log(failures.map((failure) => `\nFAILED ${failure}`).join(''));
  console.log(`${passed} passed, ${failures.length} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
  return failures.length === 0 ? 0 : 1;
}

/** What takes minutes to build, or can only be found. The tests that need what is missing fail as well. */
async function obtainEverything({ failures }: Total): Promise<void> {
  const progress = createProgress();
  const { env } = process;
  const works = [
    () => obtainPrograms(env, progress),
    () => helmProgram(progress),
    () => prometheusPrograms(env, progress),
    ...TOOLS.map((tool) => () => requireTool(tool)),
  ];
  for (const work of works) {
    await work().catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      console.error(`\n${message}\n`);
      failures.push(failureLine('programs', message));
    });
  }
}

async function runStage(stage: Stage, withoutChecks: boolean, total: Total): Promise<void> {
  await Promise.all(
    stage.map(async (lane, index) => {
      const beside = index === stage.length - 1 ? 'Lines' : 'Whole';
      const voice = stage.length === 1 ? 'Alone' : beside;
      for (const part of lane) {
        if (part !== 'checks') await runProject(part, voice, total);
        else if (!withoutChecks) await runChecks(voice, total);
      }
    }),
  );
}

async function runChecks(voice: Voice, total: Total): Promise<void> {
  for (const [name, command] of CHECKS) {
    const code = await timed(`check: ${name}`, command, voice, total);
    if (code === 0) total.passed += 1;
    else total.failures.push(`check: ${name}: exit code ${code}`);
  }
}

async function runProject(project: string, voice: Voice, total: Total): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-test-'));
  const report = path.join(directory, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await timed(`tests: ${project}`, ['vitest', 'run', '--project', project, ...reporters], voice, total);
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

/** One part under its title. One that is heard as a whole says when it begins. */
async function timed(title: string, command: readonly string[], voice: Voice, total: Total): Promise<number> {
  const began = performance.now();
  console.log(`\n> ${title}${voice === 'Whole' ? ' begins' : ''}`);
  const held: string[] = [];
  const options: Readonly<Record<Voice, PartOptions>> = {
    Alone: {},
    Lines: { sink: process.stdout },
    Whole: { sink: { write: (text) => held.push(text) }, yields: true },
  };
  const code = await runPart(command, options[voice]);
  if (voice === 'Whole') console.log(`\n> ${title}\n${held.join('')}`);
  total.times.push(`${formatElapsed(performance.now() - began).padStart(12)}  ${title}`);
  return code;
}

async function readReport(file: string, project: string): Promise<Outcome> {
  try {
    return outcomeOf(await readFile(file, 'utf8'), ROOT);
  } catch (error) {
    return { passed: 0, skipped: 0, failures: [failureLine(`tests: ${project}: no test report`, String(error))] };
  }
}
