// SPDX-License-Identifier: Apache-2.0
/**
 * Design rule 5, as far as Secrets show it: when a root first signs what is stored, every Secret holds it, and has held it
 * for the propagation margin.
 * @module
 */

/** When we hear of two writes may lie that much closer to each other than they do. */
const HEARD_MS = 1000;

export interface Stored {
  readonly name: string;
  /** `name@revision`, for people. */
  readonly where: string;
  readonly at: number;
}

export class NewRoots {
  readonly #margin: number;
  readonly #anchors = new Map<string, ReadonlySet<string>>();
  /** By root, when a Secret that lacked it last came to hold it. */
  readonly #spread = new Map<string, number>();
  readonly #signers = new Set<string>();

  /** The propagation margin, in ms. */
  constructor(margin: number) {
    this.#margin = margin;
  }

  /** A version of a Secret has these anchors, by fingerprint. */
  held({ name, at }: Stored, anchors: ReadonlySet<string>): void {
    const before = this.#anchors.get(name);
    for (const root of anchors) if (before?.has(root) !== true) this.#spread.set(root, at);
    this.#anchors.set(name, anchors);
  }

  /** The leaf in that version is under this root; what is wrong about that. */
  signed({ where, at }: Stored, root: string): readonly string[] {
    if (this.#signers.has(root)) return [];
    this.#signers.add(root);
    // With the first one, everything began.
    if (this.#signers.size === 1) return [];
    const lacking = [...this.#anchors].flatMap(([name, anchors]) => (anchors.has(root) ? [] : [name]));
    const waited = at - (this.#spread.get(root) ?? at);
    return [
      ...(lacking.length === 0
        ? []
        : [`${where}: signed under a new root that ${lacking.length} Secrets lack, ${lacking[0]}`]),
      ...(waited >= this.#margin - HEARD_MS
        ? []
        : [
            `${where}: signed under a new root ${waited} ms after the last Secret came to hold it, not ${this.#margin}`,
          ]),
    ];
  }
}
