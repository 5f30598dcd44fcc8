// SPDX-License-Identifier: Apache-2.0
/**
 * Plays the one part of a kubelet that the demo needs: keeps directories equal to Secrets. A process of its own, with
 * a service account of its own.
 * @module
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/controller/clock.ts';
import { HTTPTransport } from '../../src/kube/http-transport.ts';
import { inCluster } from '../../src/kube/in-cluster.ts';
import { Reflector, type ReflectorObserver } from '../../src/kube/reflector.ts';
import { type KubeObject, SECRETS } from '../../src/kube/resources.ts';
import type { Transport } from '../../src/kube/transport.ts';
import { writeVolume } from './secret-volume.ts';

const HELP = `Usage: node kubelet.ts --credentials <directory> --mount <namespace>/<secret>=<directory>...

KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT say where the API server is.
`;

type Files = ReadonlyMap<string, Buffer>;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { credentials: { type: 'string' }, mount: { type: 'string', multiple: true, default: [] } },
  });
  if (values.credentials === undefined) {
    process.stdout.write(HELP);
    process.exitCode = 2;
    return;
  }
  const cluster = await inCluster({ env: process.env, directory: values.credentials });
  const transport = new HTTPTransport({ cluster, clock: systemClock, userAgent: 'signet-demo-kubelet' });
  for (const mount of values.mount) {
    const [, namespace = '', name = '', directory = ''] = /^([^/=]+)\/([^/=]+)=(.+)$/.exec(mount) ?? [];
    if (directory === '') throw new Error(`--mount ${mount} is not <namespace>/<secret>=<directory>`);
    follow(transport, { namespace, name }, new Volume(directory));
  }
}

function follow(transport: Transport, secret: { namespace: string; name: string }, volume: Volume): void {
  const reflector = new Reflector<Files>({
    transport,
    clock: systemClock,
    resource: SECRETS,
    namespace: secret.namespace,
    fieldSelector: `metadata.name=${secret.name}`,
    project: filesOf,
    onEvent: (kind, key, files) => {
      // The files of a pod stay when the Secret is deleted.
      if (kind !== 'deleted') volume.write(key, files);
    },
    observer: OBSERVER,
  });
  reflector.start();
}

const OBSERVER: ReflectorObserver = {
  onDisconnected: (name, wait, error) => {
    if (error !== undefined) say(`Watch of ${name} broke off, next try in ${wait} ms: ${error.message}`);
  },
  onProblem: (name, error) => say(`${name}: ${String(error)}`),
};

/** Writes one version after the other. */
class Volume {
  readonly #directory: string;
  #last: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
  }

  write(key: string, files: Files): void {
    this.#last = this.#last
      .then(() => writeVolume(this.#directory, files))
      .then(
        () => say(`Wrote ${key}: ${[...files.keys()].join(', ')}`),
        (error: unknown) => say(`Could not write ${key}: ${String(error)}`),
      );
  }
}

function filesOf(secret: KubeObject & { readonly data?: Readonly<Record<string, string>> }): Files {
  return new Map(Object.entries(secret.data ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')]));
}

function say(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
