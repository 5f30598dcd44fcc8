// SPDX-License-Identifier: Apache-2.0
/**
 * The services of examples/ as pods: identities mounted as a user would mount them, the program from a ConfigMap, and
 * what they say in their logs.
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { identityMount, type RestrictedPod, restrictedPod } from './pods.ts';
import { type Scene, until } from './scene.ts';

const EXAMPLES = path.resolve(import.meta.dirname, '../../../examples');
const PATIENCE_MS = 60_000;

export interface Service {
  readonly namespace: string;
  readonly name: string;
}

export const CHECKOUT: Service = { namespace: 'shop', name: 'checkout' };
const FRONTEND: Service = { namespace: 'web', name: 'frontend' };
export const REPORTS: Service = { namespace: 'reports', name: 'reports' };

interface Entry {
  readonly message: string;
  readonly requests?: number;
  readonly failures?: number;
  readonly problem?: string;
}

/** Namespaces, service accounts and identities of examples/basics, again until the webhook of a new release answers. */
export async function applyExamples(scene: Scene): Promise<void> {
  await untilAdmitted(scene, ['apply', '-f', path.join(EXAMPLES, 'basics')]);
}

/** Runs kubectl again while an API server reaches no webhook yet. */
export async function untilAdmitted(
  scene: Scene,
  args: readonly string[],
  ...objects: readonly unknown[]
): Promise<void> {
  await until('an answer of the webhook', PATIENCE_MS, async () => {
    const complaint = await scene.complaint(args, ...objects);
    if (complaint !== undefined && !complaint.includes('failed calling webhook')) throw new Error(complaint);
    return complaint === undefined ? true : undefined;
  });
}

/** Runs kubectl again while an API server still judges by policies that were deleted: it hears of each a moment later. */
export async function untilForgotten(
  scene: Scene,
  args: readonly string[],
  ...objects: readonly unknown[]
): Promise<void> {
  let complaint: string | undefined;
  await until(
    `kubectl ${args.join(' ')}`,
    PATIENCE_MS,
    async () => {
      complaint = await scene.complaint(args, ...objects);
      return complaint === undefined ? true : undefined;
    },
    async () => complaint ?? '',
  );
}

export function identity({ namespace, name }: Service, spec: object = {}): object {
  return {
    apiVersion: 'signet.dev/v1alpha1',
    kind: 'ServiceIdentity',
    metadata: { name, namespace },
    spec: { serviceAccountName: name, ...spec },
  };
}

/** The files of a service's SVID. */
export async function svid(scene: Scene, { namespace, name }: Service): Promise<Record<string, Buffer>> {
  const secret = await scene.get<{ data: Record<string, string> }>('secret', `${name}-svid`, '-n', namespace);
  return Object.fromEntries(Object.entries(secret.data).map(([file, data]) => [file, Buffer.from(data, 'base64')]));
}

export async function serialNumber(scene: Scene, service: Service): Promise<string> {
  return new X509Certificate((await svid(scene, service))['tls.crt'] ?? '').serialNumber;
}

export async function untilReady(scene: Scene, { namespace, name }: Service): Promise<void> {
  const args = ['wait', '--for=condition=Ready', `serviceidentity/${name}`, `--namespace=${namespace}`];
  await scene.kubectl([...args, '--timeout=60s']);
}

/** Starts checkout's server and frontend's client, which calls it ten times a second from then on. */
export async function startPair(scene: Scene): Promise<void> {
  await startPod(scene, CHECKOUT, { script: 'server.ts', args: ['--host', '0.0.0.0', '--port', '8443'] });
  await untilLogged(scene, CHECKOUT, 'Listening');
  const server = await scene.get<{ status: { podIP: string } }>('pod', CHECKOUT.name, '-n', CHECKOUT.namespace);
  // The name a client would use, also where the cluster has no DNS.
  const hosts = [{ ip: server.status.podIP, hostnames: ['checkout.shop.svc'] }];
  await startPod(scene, FRONTEND, {
    script: 'client.ts',
    args: ['--connect', 'checkout.shop.svc:8443', '--every', '100'],
    hosts,
  });
  await untilLogged(scene, FRONTEND, 'Exchanged');
}

async function untilLogged(scene: Scene, service: Service, message: string): Promise<void> {
  const { namespace, name } = service;
  await until(
    `${name} logs ${message}`,
    PATIENCE_MS,
    async () => (await logged(scene, service))?.find((entry) => entry.message === message),
    async () => {
      const log = await scene.kubectl(['logs', name, '--namespace', namespace]).catch(String);
      return `${log}\n${await scene.kubectl(['describe', 'pod', name, '--namespace', namespace])}`;
    },
  );
}

interface Program extends Pick<RestrictedPod, 'hosts'> {
  readonly script: string;
  readonly args: readonly string[];
}

/** A pod that runs an example. */
async function startPod(scene: Scene, { namespace, name }: Service, { script, args, hosts }: Program): Promise<void> {
  const folder = path.join(EXAMPLES, 'node-service');
  const files = await readdir(folder);
  const data = Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(path.join(folder, file), 'utf8')] as const)),
  );
  const own = identityMount(`${name}-svid`);
  const examples = { name: 'examples', mountPath: '/examples', from: { configMap: { name } } };
  await scene.apply(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { ...data, 'package.json': '{"type":"module"}' },
    },
    restrictedPod(scene, {
      name,
      namespace,
      account: name,
      args: [`${examples.mountPath}/${script}`, '--identity', own.mountPath, ...args],
      mounts: [own, examples],
      ...(hosts && { hosts }),
    }),
  );
}

export async function stopPair(scene: Scene): Promise<void> {
  for (const { namespace, name } of [FRONTEND, CHECKOUT]) {
    await scene.kubectl(['delete', 'pod', name, '--namespace', namespace, '--wait']);
  }
}

/** What a service has logged; undefined while nobody can tell, because its container or the kubelet is starting. */
async function logged(scene: Scene, { namespace, name }: Service): Promise<Entry[] | undefined> {
  const text = await scene.kubectl(['logs', name, '--namespace', namespace]).catch(() => undefined);
  return text
    ?.split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Entry);
}

function entries(scene: Scene, service: Service): Promise<Entry[]> {
  return until(`The log of ${service.name}`, PATIENCE_MS, () => logged(scene, service));
}

/** How often a service took up a new certificate. */
async function renewals(scene: Scene, service: Service): Promise<number> {
  return (await entries(scene, service)).filter(({ message }) => message === 'Loaded a new identity').length;
}

/** Until both services have taken up `more` further certificates. */
export async function untilRenewed(scene: Scene, more: number, within: number): Promise<void> {
  const wanted = await Promise.all(
    [CHECKOUT, FRONTEND].map(async (service) => ({ service, count: (await renewals(scene, service)) + more })),
  );
  await until(`${more} further renewals`, within, async () => {
    for (const { service, count } of wanted) if ((await renewals(scene, service)) < count) return undefined;
    return true;
  });
}

export interface Tally {
  readonly requests: number;
  /** What went wrong, in words. */
  readonly problems: readonly string[];
}

/** What the client has done so far. */
export async function tally(scene: Scene): Promise<Tally> {
  const all = await entries(scene, FRONTEND);
  return {
    requests: all.findLast(({ message }) => message === 'Requests')?.requests ?? 0,
    problems: all.flatMap(({ message, problem }) => (message === 'Request failed' ? [problem ?? 'unknown'] : [])),
  };
}
