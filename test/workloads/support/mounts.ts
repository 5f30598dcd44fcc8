// SPDX-License-Identifier: Apache-2.0
/**
 * Directories that follow the Secrets of all SVIDs, as a kubelet that is never late lays them out, and when each
 * certificate got there.
 * @module
 */
import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeVolume } from '../../../hack/demo/secret-volume.ts';
import { systemClock } from '../../../src/controller/clock.ts';
import { HTTPTransport } from '../../../src/kube/http-transport.ts';
import { fromKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import { type KubeObject, SECRETS } from '../../../src/kube/resources.ts';
import { FS_GROUP } from './programs.ts';

const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 50;

type Files = ReadonlyMap<string, Buffer>;

/** One certificate of a mounted Secret. */
export interface Mounted {
  readonly serialNumber: string;
  /** Of `performance.now()`, when its file could be read. */
  readonly at: number;
}

export class Mounts {
  readonly #directory: string;
  readonly #mounted = new Map<string, Mounted[]>();
  readonly #writing = new Map<string, Promise<void>>();
  readonly #problems: string[] = [];
  #stop: (() => Promise<void>) | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Anything that went wrong with watching or writing. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Where `<namespace>/<identity>` is mounted. */
  directory(identity: string): string {
    return path.join(this.#directory, identity.replace('/', '-'));
  }

  /** Every certificate that was mounted for `<namespace>/<identity>`, oldest first. */
  history(identity: string): readonly Mounted[] {
    return this.#mounted.get(identity) ?? [];
  }

  async start(kubeconfig: string): Promise<void> {
    const cluster = await fromKubeconfig({ path: kubeconfig });
    const transport = new HTTPTransport({ cluster, clock: systemClock, userAgent: 'signet-workloads' });
    const reflector = new Reflector<Files>({
      transport,
      clock: systemClock,
      resource: SECRETS,
      labelSelector: 'signet.dev/managed=svid',
      project: filesOf,
      onEvent: (kind, key, files) => {
        if (kind !== 'deleted') this.#write(key.replace(/-svid$/u, ''), files);
      },
      observer: {
        onDisconnected: (_, wait, error) => {
          if (error !== undefined) this.#problems.push(`The watch broke off for ${wait} ms: ${error.message}`);
        },
        onProblem: (_, error) => void this.#problems.push(String(error)),
      },
    });
    reflector.start();
    this.#stop = async () => {
      await reflector.stop();
      await transport.close();
      await Promise.all(this.#writing.values());
    };
  }

  /** Resolves when each of these identities is mounted. */
  async until(identities: readonly string[]): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const missing = identities.filter((identity) => this.history(identity).length === 0);
      if (missing.length === 0) return;
      if (performance.now() > deadline) throw new Error(`Not mounted: ${[...missing, ...this.#problems].join(', ')}`);
      await pause(LOOK_EVERY_MS);
    }
  }

  async stop(): Promise<void> {
    await this.#stop?.();
  }

  /** One version after the other. */
  #write(identity: string, files: Files): void {
    const before = this.#writing.get(identity) ?? Promise.resolve();
    const writing = before
      .then(() => writeVolume(this.directory(identity), files, FS_GROUP))
      .then(() => this.#note(identity, files))
      .catch((error: unknown) => void this.#problems.push(`${identity}: ${String(error)}`));
    this.#writing.set(identity, writing);
  }

  #note(identity: string, files: Files): void {
    const serialNumber = new X509Certificate(files.get('tls.crt') ?? '').serialNumber.toLowerCase();
    const history = this.#mounted.get(identity) ?? [];
    // A version with other anchors alone has the certificate of the one before.
    if (history.at(-1)?.serialNumber !== serialNumber) history.push({ serialNumber, at: performance.now() });
    this.#mounted.set(identity, history);
  }
}

function filesOf({ data = {} }: KubeObject & { readonly data?: Readonly<Record<string, string>> }): Files {
  return new Map(Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64')]));
}
