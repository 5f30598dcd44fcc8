// SPDX-License-Identifier: Apache-2.0
/**
 * Counts handshakes by who called whom, and keeps what is needed to explain the failed ones.
 * @module
 */
import { STACKS } from '../../../hack/peers/build.ts';
import type { Instant } from '../../../src/time.ts';

/** Who took part in a handshake. */
export interface Party {
  readonly pod: string;
  readonly stack: string;
}

/** One side of a failed handshake. */
export interface Side extends Party {
  /** The authorities in its files, as `describeFiles` says them: one text for each state it may have had. */
  readonly states: readonly string[];
}

export interface Failure {
  readonly at: Instant;
  readonly client: Side;
  readonly server: Side;
  /** As the client says it. */
  readonly error: string;
  /** What the server refused meanwhile. */
  readonly refusals: readonly string[];
}

export interface Count {
  readonly successes: number;
  readonly failures: number;
}

interface Pair {
  readonly client: Party;
  readonly server: Party;
  successes: number;
  failures: number;
}

const KEPT_FAILURES = 1000;

export class Tally {
  readonly #pairs = new Map<string, Pair>();
  readonly #failures: Failure[] = [];
  #successes = 0;
  #failed = 0;

  get total(): number {
    return this.#successes + this.#failed;
  }
  get successes(): number {
    return this.#successes;
  }
  /** How many failed. */
  get failed(): number {
    return this.#failed;
  }
  /** The first thousand. */
  get failures(): readonly Failure[] {
    return this.#failures;
  }

  succeeded(client: Party, server: Party): void {
    this.#successes += 1;
    this.#pair(client, server).successes += 1;
  }

  failedAs(failure: Failure): void {
    this.#failed += 1;
    this.#pair(failure.client, failure.server).failures += 1;
    if (this.#failures.length < KEPT_FAILURES) this.#failures.push(failure);
  }

  /** The handshakes of some pairs of pods together. */
  among(chosen: (client: Party, server: Party) => boolean): Count {
    const pairs = [...this.#pairs.values()].filter(({ client, server }) => chosen(client, server));
    return {
      successes: pairs.reduce((sum, pair) => sum + pair.successes, 0),
      failures: pairs.reduce((sum, pair) => sum + pair.failures, 0),
    };
  }

  /** One line for each pair of stacks, then the first failures in full. */
  format(): string {
    const parties = [...this.#pairs.values()];
    const names = new Set(parties.map(({ client, server }) => stacksOf(client, server)));
    const lines = [...names].toSorted().map((name) => {
      const { successes, failures } = this.among((client, server) => stacksOf(client, server) === name);
      return `  ${name}: ${successes} good, ${failures} failed`;
    });
    const head = `${this.total} handshakes, ${this.#failed} failed`;
    return [head, ...lines, ...this.#failures.slice(0, 5).map(formatFailure)].join('\n');
  }

  #pair(client: Party, server: Party): Pair {
    const name = `${client.pod} ${server.pod}`;
    const known = this.#pairs.get(name);
    if (known !== undefined) return known;
    const pair = { client, server, successes: 0, failures: 0 };
    this.#pairs.set(name, pair);
    return pair;
  }
}

/** Whether clients of every stack have called servers of every stack. */
export function everyPairMet(tally: Tally): boolean {
  return STACKS.every((one) =>
    STACKS.every((other) => {
      const { successes, failures } = tally.among((client, server) => client.stack === one && server.stack === other);
      return successes + failures > 0;
    }),
  );
}

/** Everything that is known of a failed handshake. */
function formatFailure({ at, client, server, error, refusals }: Failure): string {
  return [
    `${new Date(at).toISOString()} ${client.pod} calls ${server.pod}: ${error}`,
    ...refusals.map((refusal) => `  the server says: ${refusal}`),
    ...client.states.map((state) => `  the client had  ${state}`),
    ...server.states.map((state) => `  the server had  ${state}`),
  ].join('\n');
}

function stacksOf(client: Party, server: Party): string {
  return `${client.stack} -> ${server.stack}`;
}
