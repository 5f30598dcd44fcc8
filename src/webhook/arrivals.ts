// SPDX-License-Identifier: Apache-2.0
/**
 * How much of all requests is in memory, and which of them goes where that is too much: the one that takes the most.
 * Whoever fills the room with a few that never end must not have everybody else's refused.
 * @module
 */

/** A request whose body arrives. */
export interface Arrival {
  /** So many octets more; what was refused counts no more. */
  heard(octets: number): void;
  /** It was answered, or broke off. */
  ended(): void;
}

interface Open {
  octets: number;
  readonly refuse: () => void;
}

export class Arrivals {
  readonly #max: number;
  readonly #open = new Set<Open>();
  #octets = 0;

  /** Of all requests together at most `max` octets are held. */
  constructor(max: number) {
    this.#max = max;
  }

  /** A request comes in; `refuse` answers it and reads no more of it. */
  begin(refuse: () => void): Arrival {
    const open: Open = { octets: 0, refuse };
    this.#open.add(open);
    return {
      heard: (octets) => {
        if (!this.#open.has(open)) return;
        open.octets += octets;
        this.#octets += octets;
        if (this.#octets > this.#max) this.#refuseLargest();
      },
      ended: () => this.#forget(open),
    };
  }

  #refuseLargest(): void {
    let largest: Open | undefined;
    for (const open of this.#open) if (open.octets > (largest?.octets ?? 0)) largest = open;
    if (largest === undefined) return;
    this.#forget(largest);
    largest.refuse();
  }

  #forget(open: Open): void {
    if (this.#open.delete(open)) this.#octets -= open.octets;
  }
}
