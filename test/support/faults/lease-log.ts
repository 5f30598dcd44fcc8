// SPDX-License-Identifier: Apache-2.0
/**
 * Every version of the Lease, in the order of the store: who held it when, and when each holder renewed it last.
 * @module
 */

/** One stored version of the Lease. */
export interface LeaseVersion {
  /** Empty: nobody. */
  readonly holder: string;
  readonly revision: number;
  readonly at: number;
}

export class LeaseLog {
  readonly #versions: LeaseVersion[] = [];
  readonly #tenures: LeaseVersion[] = [];

  saw(version: LeaseVersion): void {
    if (version.holder !== this.#tenures.at(-1)?.holder) this.#tenures.push(version);
    this.#versions.push(version);
  }

  /** The versions in which the holder was another than before. */
  get tenures(): readonly LeaseVersion[] {
    return this.#tenures;
  }

  /** Who held the Lease when this was stored; empty: nobody. */
  holderAt(revision: number): string {
    return this.#tenures.findLast((tenure) => tenure.revision < revision)?.holder ?? '';
  }

  /** The last version before this one that is in the name of the process; undefined: it never held the Lease. */
  lastRenewal(pid: number, revision: number): LeaseVersion | undefined {
    return this.#versions.findLast((version) => version.revision < revision && pidOf(version.holder) === pid);
  }
}

/** Holder identities are `<pod name>_<pid>_<start>`. */
export function pidOf(holder: string): number {
  return Number(holder.split('_').at(-2));
}
