// SPDX-License-Identifier: Apache-2.0
/**
 * A workload or a bundle of the model: what its Secret or ConfigMap stores, and what it has loaded of it so far. Leaf and
 * anchors are loaded each with a lag of their own.
 * @module
 */
import type { Duration, Instant } from '../../../../src/time.ts';

export interface Leaf {
  readonly intermediate: string;
  readonly root: string;
  /** The roots that signed the cross-certificates at the end of the chain, each the one before, and when those end. */
  readonly crosses: readonly { readonly issuerID: string; readonly notAfter: Instant }[];
  readonly issuedAt: Instant;
  readonly notAfter: Instant;
}

interface Load<T> {
  readonly at: Instant;
  readonly version: number;
  readonly content: T;
}

/** One file, and the reader that lags behind it. */
class File<T> {
  stored: T | undefined;
  loaded: T | undefined;
  #version = 0;
  #loadedVersion = 0;
  #pending: Load<T>[] = [];

  store(content: T, at: Instant): void {
    this.stored = content;
    this.#version += 1;
    this.#pending.push({ at, version: this.#version, content });
  }

  load(now: Instant): void {
    const due = this.#pending.filter(({ at }) => at <= now);
    if (due.length === 0) return;
    for (const { version, content } of due) {
      if (version <= this.#loadedVersion) continue;
      this.#loadedVersion = version;
      this.loaded = content;
    }
    this.#pending = this.#pending.filter(({ at }) => at > now);
  }

  get nextLoad(): Instant {
    return Math.min(...this.#pending.map(({ at }) => at));
  }
}

export class Workload {
  /** A bundle has anchors alone. */
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  readonly ttl: Duration;
  /** Where in the window of renewals its own is. */
  readonly phase: number;
  readonly leaf = new File<Leaf>();
  readonly anchors = new File<string>();
  writable = true;

  constructor(kind: Workload['kind'], name: string, ttl: Duration, phase: number) {
    this.kind = kind;
    this.name = name;
    this.ttl = ttl;
    this.phase = phase;
  }

  /** Undefined: nothing to renew. */
  get renewal(): Instant {
    const { stored } = this.leaf;
    if (stored === undefined) return Number.POSITIVE_INFINITY;
    return stored.issuedAt + (stored.notAfter - stored.issuedAt) * (0.4 + 0.2 * this.phase);
  }

  get nextLoad(): Instant {
    return Math.min(this.leaf.nextLoad, this.anchors.nextLoad);
  }

  load(now: Instant): void {
    this.leaf.load(now);
    this.anchors.load(now);
  }

  /** Whether everything stored is loaded. */
  get settled(): boolean {
    return this.nextLoad === Number.POSITIVE_INFINITY;
  }
}

export function anchorsIn(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}
