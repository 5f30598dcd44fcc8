// SPDX-License-Identifier: Apache-2.0
/**
 * `signet controller`, or another role, as a process of its own, with the rights of its service account and no others, as an operator
 * would run it.
 * @module
 */
import { copyFile, mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Exit, logTail, type Program, Supervisor } from '../../hack/controlplane/process.ts';
import { NODE_FLAGS } from '../../hack/node-flags.ts';
import { applyFile, serviceAccountKubeconfig, sharedControlPlane } from './control-plane.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MAIN: string = path.join(ROOT, 'src/main.ts');
/** What Node.js compiled once: half of the work of a start from source. It knows each file by what is in it. */
const COMPILED: string = path.join(ROOT, 'node_modules/.cache/compiled');
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 20;

export interface LogLine {
  /** These two are absent in lines of the audit stream. */
  readonly level?: string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** A running controller, or what is left of one. */
export interface SignetProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Everything it wrote. */
  output(): Promise<string>;
  log(): Promise<readonly LogLine[]>;
  /** The first line like this; an Error with the end of the log when the process ends before, or never writes it. */
  untilLogged(message: string, fields?: Readonly<Record<string, unknown>>): Promise<LogLine>;
  /** Asks its server for probes and metrics. */
  ask(path: string): Promise<{ readonly code: number; readonly text: string }>;
  /** Caches are synced and the authorities known, as /readyz says. */
  untilReady(): Promise<void>;
  /** It won the Lease and signs. */
  untilSigning(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<Exit>;
  /** SIGKILL. */
  kill(): Promise<Exit>;
}

/** How a controller is started. */
export interface Start {
  readonly role: 'controller' | 'webhook' | 'all';
  readonly script: string;
  readonly flags: readonly string[];
  readonly nodeFlags: readonly string[];
  readonly kubeconfig: string;
  /** Beside PATH. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The namespace, account and rights of a controller. */
export interface Installation {
  readonly namespace: string;
  /** As the API server's audit log calls it. */
  readonly user: string;
  readonly kubeconfig: string;
  /** A private folder. */
  readonly directory: string;
  startAs(changes: Partial<Start>): Promise<SignetProcess>;
  /** Ends every process that was started. */
  close(): Promise<void>;
}

/** Creates what the manifest of a controller holds, in a namespace of the given name. */
export async function installController(namespace: string): Promise<Installation> {
  const shared = sharedControlPlane();
  await applyFile(path.join(ROOT, 'hack/manifests/controller.yaml'), { 'signet-system': namespace });
  const directory = await mkdtemp(path.join(shared.directory, 'signet-controller-'));
  const account = { namespace, name: 'signet-controller' };
  const kubeconfig = path.join(directory, 'kubeconfig');
  await copyFile(await serviceAccountKubeconfig(account), kubeconfig);
  const user = `system:serviceaccount:${namespace}:${account.name}`;
  return { user, ...controllersIn({ namespace, directory, kubeconfig }) };
}

/** Controllers whose namespace is there, with the rights of a kubeconfig and their files in a private folder. */
export function controllersIn({
  namespace,
  directory,
  kubeconfig,
}: Pick<Installation, 'namespace' | 'directory' | 'kubeconfig'>): Omit<Installation, 'user'> {
  const supervisor = Supervisor.create();
  const usual: Start = {
    role: 'controller',
    script: MAIN,
    flags: [],
    nodeFlags: NODE_FLAGS,
    kubeconfig,
    environment: {},
  };
  let started = 0;
  const startAs = async (changes: Partial<Start>): Promise<SignetProcess> => {
    started += 1;
    const { role, script, flags, nodeFlags, kubeconfig: login, environment } = { ...usual, ...changes };
    const name = `${role}-${started}`;
    const program = await supervisor.start({
      name,
      command: process.execPath,
      args: [
        ...nodeFlags,
        script,
        role,
        `--kubeconfig=${login}`,
        `--namespace=${namespace}`,
        ...(role === 'controller' ? [`--pod-name=${name}`] : []),
        '--metrics-address=127.0.0.1:0',
        ...flags,
      ],
      // Nothing of ours: neither KUBECONFIG nor a SIGNET_* variable reaches it.
      environment: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILED, ...environment },
      logFile: path.join(directory, `${name}.log`),
    });
    return signetProcess(program);
  };
  return { namespace, kubeconfig, directory, startAs, close: () => supervisor.close() };
}

function signetProcess(program: Program): SignetProcess {
  const { logFile } = program;
  const output = () => readFile(logFile, 'utf8');
  const log = async () => linesOf(await output());
  const until = async <T>(look: () => Promise<T | undefined>, what: string): Promise<T> => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const ended = program.exit() !== undefined;
      const seen = await look();
      if (seen !== undefined) return seen;
      if (ended || performance.now() > deadline) throw new Error(`${what} never came:\n${logTail(logFile)}`);
      await pause(LOOK_EVERY_MS);
    }
  };
  const untilLogged: SignetProcess['untilLogged'] = (message, fields = {}) =>
    until(
      async () =>
        (await log()).find(
          (line) => line.msg === message && Object.entries(fields).every(([key, value]) => line[key] === value),
        ),
      `The log line "${message}" ${JSON.stringify(fields)}`,
    );
  const ask = async (where: string) => {
    const { port } = await untilLogged('Serving probes and metrics');
    const answer = await fetch(`http://127.0.0.1:${String(port)}${where}`);
    return { code: answer.status, text: await answer.text() };
  };
  return {
    pid: program.pid,
    exited: program.exited,
    output,
    log,
    untilLogged,
    ask,
    untilReady: async () => {
      await until(async () => ((await ask('/readyz')).code === 200 ? true : undefined), 'Readiness');
    },
    untilSigning: async () => void (await untilLogged('Lease won, signing')),
    stop: () => program.stop('SIGTERM', PATIENCE_MS),
    kill: () => program.stop('SIGKILL'),
  };
}

/** What is no JSON was not written by the logger: Node.js itself, or a refusal before the log begins. */
function linesOf(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);
}
