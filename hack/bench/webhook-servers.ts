// SPDX-License-Identifier: Apache-2.0
/**
 * The servers of the webhook's benchmark, each pinned to one core: the shipped build of `signet webhook` with the rights
 * of its own service account, and the empty handler beside it. Their certificate is stored as the controller would.
 * @module
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import {
  CA_CERT_KEY,
  MANAGED_LABEL,
  MANAGED_SERVING,
  SERVING_SECRET_TYPE,
  TLS_CERT_KEY,
  TLS_PRIVATE_KEY_KEY,
} from '../../src/api/well-known.ts';
import { createServingFiles } from '../../src/pki/serving-certificate.ts';
import { writePrivate } from '../controlplane/kubeconfig.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { logTail, type Program, type Supervisor } from '../controlplane/process.ts';
import { NODE_FLAGS } from '../node-flags.ts';
import type { BenchCluster } from './cluster.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NAMESPACE = 'signet-system';
const DAY_MS = 86_400_000;
const PATIENCE_MS = 60_000;
/** The load has the other one. */
const SERVER_CORE = '0';

export interface WebhookParts {
  /** As shipped: they name a Service, and have no caBundle. */
  readonly configurations: readonly WebhookConfiguration[];
  /** PEM files. */
  readonly authorityFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface BenchInProgress {
  readonly cluster: BenchCluster;
  readonly supervisor: Supervisor;
  readonly parts: WebhookParts;
}

export interface WebhookConfiguration {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly webhooks: readonly { readonly name: string; readonly rules: readonly object[] }[];
}

/** Applies what the webhook needs of a cluster, its certificate among it, but for its configurations. */
export async function installWebhook({ plane }: BenchCluster): Promise<WebhookParts> {
  const text = await readFile(path.join(ROOT, 'hack/manifests/webhook.yaml'), 'utf8');
  const objects = parseAllDocuments(text, { merge: true }).map((document) => document.toJS() as WebhookConfiguration);
  const now = Date.now();
  const dnsNames = ['localhost'];
  const files = await createServingFiles({ dnsNames, notBefore: now - 60_000, notAfter: now + DAY_MS });
  const data = { [CA_CERT_KEY]: files.authority, [TLS_CERT_KEY]: files.certificate, [TLS_PRIVATE_KEY_KEY]: files.key };
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: SERVING_SECRET_TYPE,
    metadata: { name: 'signet-webhook-serving', namespace: NAMESPACE, labels: { [MANAGED_LABEL]: MANAGED_SERVING } },
    data: Object.fromEntries(Object.entries(data).map(([key, file]) => [key, file.toString('base64')])),
  };
  const items = [...objects.filter((object) => !isConfiguration(object)), secret];
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await kubectl(plane.kubectl, ['apply', '--server-side', '-f', '-'], list);
  const stored = async (name: string, file: Buffer): Promise<string> => {
    const place = path.join(plane.directory, name);
    await writePrivate(place, file.toString('utf8'));
    return place;
  };
  return {
    configurations: objects.filter(isConfiguration),
    authorityFile: await stored('webhook-ca.crt', files.authority),
    certificateFile: await stored('webhook.crt', files.certificate),
    keyFile: await stored('webhook.key', files.key),
  };
}

function isConfiguration({ kind }: WebhookConfiguration): boolean {
  return kind === 'ValidatingWebhookConfiguration';
}

export interface ServerUnderTest {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Resolves when its caches are complete: it judges by every policy there is then. */
export async function startWebhook({ plane }: BenchCluster, supervisor: Supervisor): Promise<ServerUnderTest> {
  const { directory, environment } = await plane.podCredentials({ namespace: NAMESPACE, name: 'signet-webhook' });
  const args = [
    path.join(ROOT, 'dist/main.js'),
    'webhook',
    `--service-account-directory=${directory}`,
    `--namespace=${NAMESPACE}`,
    '--webhook-address=127.0.0.1:0',
    '--webhook-shutdown-delay=1s',
    '--metrics-address=127.0.0.1:0',
  ];
  const program = await pinned(supervisor, 'webhook', args, {
    logFile: path.join(plane.directory, 'webhook.log'),
    environment: { ...environment, PATH: process.env['PATH'] },
  });
  const metrics = await loggedPort(program, 'Serving probes and metrics');
  const port = await loggedPort(program, 'Serving admission reviews');
  await until(program, async () => (await fetch(`http://127.0.0.1:${metrics}/readyz`)).ok || undefined);
  return server(program, port);
}

export async function startEmptyHandler(
  { plane }: BenchCluster,
  supervisor: Supervisor,
  { certificateFile, keyFile }: WebhookParts,
): Promise<ServerUnderTest> {
  const args = [path.join(import.meta.dirname, 'webhook-empty.ts'), certificateFile, keyFile];
  const program = await pinned(supervisor, 'webhook-empty', args, {
    logFile: path.join(plane.directory, 'webhook-empty.log'),
    environment: { PATH: process.env['PATH'] },
  });
  return server(program, await loggedPort(program, 'Serving admission reviews'));
}

function server(program: Program, port: number): ServerUnderTest {
  const stop = async (): Promise<void> => void (await program.stop('SIGTERM', 20_000));
  return { url: `https://localhost:${port}/review`, pid: program.pid, stop };
}

function pinned(
  supervisor: Supervisor,
  name: string,
  args: readonly string[],
  place: { readonly logFile: string; readonly environment: Readonly<Record<string, string | undefined>> },
): Promise<Program> {
  const all = ['--cpu-list', SERVER_CORE, process.execPath, ...NODE_FLAGS, ...args];
  // Every start has a log of its own: ports of the one before would be read otherwise.
  const logFile = `${place.logFile}.${performance.now()}`;
  return supervisor.start({ ...place, name, command: 'taskset', args: all, logFile });
}

async function loggedPort(program: Program, message: string): Promise<number> {
  const line = await until(program, async () =>
    (await readFile(program.logFile, 'utf8')).split('\n').find((each) => each.includes(`"${message}"`)),
  );
  return (JSON.parse(line) as { port: number }).port;
}

async function until<T>(program: Program, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (program.exit() !== undefined || performance.now() > deadline)
      throw new Error(`${program.name} does not serve:\n${logTail(program.logFile)}`);
    await pause(50);
  }
}
