// SPDX-License-Identifier: Apache-2.0
/**
 * Which connections stay where there are more than a server can hold: those of whoever holds the fewest. Anybody in the
 * cluster can connect, and must not keep API servers or kubelets out by being there first.
 * @module
 */

/** A connection, as far as it matters here. */
export interface Connection {
  readonly remoteAddress?: string | undefined;
  once(event: 'close', listener: () => void): unknown;
  destroy(): unknown;
}

export class Connections<C extends Connection> {
  readonly #max: number;
  /** By address, in the order in which they came. */
  readonly #open = new Map<string, Set<C>>();
  #size = 0;

  /** Holds at most `max`. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a new connection, or ends it, or the oldest one of whoever has the most. */
  take(connection: C): void {
    const address = connection.remoteAddress ?? '';
    if (this.#size >= this.#max && !this.#makeRoom(address)) {
      connection.destroy();
      return;
    }
    const own = this.#open.get(address) ?? new Set();
    this.#open.set(address, own.add(connection));
    this.#size += 1;
    connection.once('close', () => this.#drop(address, connection));
  }

  /** Whether there is room now: not where nobody has more than the newcomer. */
  #makeRoom(newcomer: string): boolean {
    let most = newcomer;
    for (const [address, open] of this.#open) if (open.size > (this.#open.get(most)?.size ?? 0)) most = address;
    const [oldest] = this.#open.get(most) ?? [];
    if (most === newcomer || oldest === undefined) return false;
    this.#drop(most, oldest);
    oldest.destroy();
    return true;
  }

  #drop(address: string, connection: C): void {
    const open = this.#open.get(address);
    if (open?.delete(connection) !== true) return;
    this.#size -= 1;
    if (open.size === 0) this.#open.delete(address);
  }
}
