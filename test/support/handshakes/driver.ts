// SPDX-License-Identifier: Apache-2.0
/**
 * Makes peers shake hands: so many times a second, pairs by chance, in both directions, until told to stop.
 * @module
 */
import type { Stack } from '../../../hack/peers/build.ts';
import type { Ending } from '../../../hack/peers/control.ts';
import type { Mount } from './mount.ts';
import type { PeerProcess } from './peer-process.ts';
import { chance, weighted } from './seed.ts';
import { type Party, type Side, Tally } from './tally.ts';

/** A pod that runs: its files, its process, and what its server is called. */
export interface Pod {
  readonly name: string;
  readonly stack: Stack;
  /** Of its server's certificate. */
  readonly dnsName: string;
  readonly port: number;
  readonly mount: Mount;
  readonly peer: PeerProcess;
}

export interface DriverOptions {
  readonly pods: readonly Pod[];
  readonly seed: string;
  /** Handshakes a second, as far as the machine makes it. */
  readonly rate: number;
  /** How often each stack is chosen, against the others. Where a handshake is cheap there are more by default. */
  readonly shares?: Shares | undefined;
}

export type Shares = Readonly<Record<Stack, number>>;

const USUAL_SHARES: Shares = { node: 5, go: 6, java: 3, openssl: 1 };
const TICK_MS = 50;
/** Most handshakes under way: more would only wait for a processor. */
const UNDER_WAY = 24;

export class Driver {
  readonly tally: Tally = new Tally();
  readonly #options: DriverOptions;
  readonly #underWay = new Set<Promise<void>>();
  readonly #watchers = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #broken: Error | undefined;
  #begun = 0;
  #due = 0;

  constructor(options: DriverOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /** Ends what is under way in good order; an Error when a peer has ended before. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#underWay);
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** Resolves when the counts are as asked; rejects when a peer ends, because then they may never be. */
  until(condition: (tally: Tally) => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.#broken !== undefined) reject(this.#broken);
      else if (condition(this.tally)) resolve();
      else return;
      this.#watchers.delete(look);
    };
    this.#watchers.add(look);
    look();
    return promise;
  }

  #tick(): void {
    const { rate } = this.#options;
    // What a busy machine did not manage is not made up for in a burst.
    this.#due = Math.min(this.#due + (rate * TICK_MS) / 1000, UNDER_WAY);
    while (this.#due >= 1 && this.#underWay.size < UNDER_WAY && this.#broken === undefined) {
      this.#due -= 1;
      this.#begun += 1;
      this.#begin(this.#choose('client'), this.#choose('server'));
    }
  }

  #choose(role: string): Pod {
    const { pods, seed, shares = USUAL_SHARES } = this.#options;
    const choices = pods.map((pod) => [pod, shares[pod.stack]] as const);
    return weighted(choices, chance(seed, role, this.#begun));
  }

  #begin(client: Pod, server: Pod): void {
    const handshake = this.#shakeHands(client, server)
      .catch((error: unknown) => {
        this.#broken ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.#underWay.delete(handshake);
        for (const look of this.#watchers) look();
      });
    this.#underWay.add(handshake);
  }

  async #shakeHands(client: Pod, server: Pod): Promise<void> {
    const began = performance.now();
    const serverVersion = server.mount.version;
    const { version, error }: Ending = await client.peer.connect(server.port, server.dnsName);
    if (error === undefined) {
      this.tally.succeeded(party(client), party(server));
      return;
    }
    const refusals = server.peer.refusedSince(began).map(({ why, version }) => `${why} (${version})`);
    const serverVersions = new Set([serverVersion, server.mount.version]);
    this.tally.failedAs({
      at: Date.now(),
      client: side(client, [version]),
      server: side(server, [...serverVersions]),
      error,
      refusals,
    });
  }
}

function side(pod: Pod, versions: readonly string[]): Side {
  return { ...party(pod), states: versions.map((version) => pod.mount.describe(version)) };
}

function party({ name, stack }: Pod): Party {
  return { pod: name, stack };
}
