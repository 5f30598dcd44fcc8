// SPDX-License-Identifier: Apache-2.0
/**
 * The directory of one pod: follows a Secret as a kubelet and a slow workload do, each part with a delay of its own.
 * A version is a folder of its own, the link `current` turns to it in one step, and old ones stay for the record.
 * @module
 */
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Duration } from '../../../src/time.ts';
import { describeFiles, type PodFiles } from './chain-state.ts';
import { MOUNTED_PARTS, type MountedPart } from './lag-plan.ts';

export interface MountOptions {
  readonly directory: string;
  /** The delay of a part of the n-th version offered. The first is there at once: a pod starts with its files. */
  readonly lag: (version: number, part: MountedPart) => Duration;
  /** Makes of the files of the Secret what the pod gets. */
  readonly edit?: ((files: PodFiles) => PodFiles) | undefined;
}

export class Mount {
  readonly #options: MountOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #written = new Map<string, PodFiles>();
  readonly #mounted = Promise.withResolvers<void>();
  readonly #reached: Record<MountedPart, number> = { pair: 0, anchors: 0 };
  #offered: PodFiles | undefined;
  #files: PodFiles | undefined;
  #offers = 0;
  #version = '';

  constructor(options: MountOptions) {
    this.#options = options;
  }

  /** Resolves when the pod has its first files. */
  get mounted(): Promise<void> {
    return this.#mounted.promise;
  }
  /** The name of the folder that `current` shows. */
  get version(): string {
    return this.#version;
  }
  /** The files as they are now. */
  get files(): PodFiles | undefined {
    return this.#files;
  }

  /** The authorities in a version of this directory. */
  describe(version: string): string {
    const files = this.#written.get(version);
    return files === undefined ? `no version "${version}"` : `${version}: ${describeFiles(files)}`;
  }

  /** A new version of the Secret. */
  offer(secret: PodFiles): void {
    const files = this.#options.edit?.(secret) ?? secret;
    const before = this.#offered;
    this.#offered = files;
    this.#offers += 1;
    const version = this.#offers;
    if (before === undefined) {
      this.#write(files);
      this.#mounted.resolve();
      return;
    }
    for (const part of MOUNTED_PARTS.filter((part) => differs(part, before, files))) {
      this.#later(this.#options.lag(version, part), () => this.#apply(part, version, files));
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #later(delay: Duration, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delay);
    this.#timers.add(timer);
  }

  /** A kubelet copies what is newest: a version that comes after a later one is not shown any more. */
  #apply(part: MountedPart, version: number, files: PodFiles): void {
    const now = this.#files;
    if (now === undefined || this.#reached[part] > version) return;
    this.#reached[part] = version;
    const { certificate, key, anchors } = files;
    this.#write(part === 'pair' ? { ...now, certificate, key } : { ...now, anchors });
  }

  #write(files: PodFiles): void {
    const { directory } = this.#options;
    const version = `v${this.#written.size + 1}`;
    const folder = path.join(directory, version);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(folder, 'tls.crt'), files.certificate);
    writeFileSync(path.join(folder, 'tls.key'), files.key, { mode: 0o600 });
    writeFileSync(path.join(folder, 'ca.crt'), files.anchors);
    symlinkSync(version, path.join(directory, 'next'));
    renameSync(path.join(directory, 'next'), path.join(directory, 'current'));
    this.#written.set(version, files);
    this.#files = files;
    this.#version = version;
  }
}

function differs(part: MountedPart, a: PodFiles, b: PodFiles): boolean {
  return part === 'anchors' ? a.anchors !== b.anchors : a.certificate !== b.certificate || a.key !== b.key;
}
