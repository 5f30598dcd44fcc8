// SPDX-License-Identifier: Apache-2.0
/**
 * Which identities name a Secret, and which of them came first. All of them are looked through when the first one leaves
 * and not for each of them, or whoever has ten thousand name one Secret makes each look at ten thousand.
 * @module
 */
import { type Age, precedes } from '../../api/age.ts';

export interface Claim extends Age {
  /** `namespace/name` of the identity. */
  readonly key: string;
  /** It is being deleted, and claims nothing any more. */
  readonly leaving: boolean;
}

interface Shared {
  readonly claims: Map<string, Claim>;
  /** Undefined: to be found. */
  first: Claim | 'none' | undefined;
}

export class Claims {
  // Most Secrets are named by one identity; a Map for each of ten thousand would cost megabytes.
  readonly #claims = new Map<string, Claim | Shared>();

  /** An identity came or changed, from one Secret (`namespace/name`) to another; undefined: it names none. */
  changed(claim: Claim, from: string | undefined, to: string | undefined): void {
    if (from !== undefined && from !== to) this.#remove(from, claim.key);
    if (to !== undefined) this.#put(to, claim);
  }

  /** The identities that name the Secret. */
  keys(secretKey: string): Iterable<string> {
    const found = this.#claims.get(secretKey);
    if (found === undefined) return [];
    return isShared(found) ? found.claims.keys() : [found.key];
  }

  /** The first of them that is there to stay. */
  first(secretKey: string): string | undefined {
    const found = this.#claims.get(secretKey);
    if (found === undefined) return undefined;
    if (!isShared(found)) return found.leaving ? undefined : found.key;
    found.first ??= firstOf(found.claims.values()) ?? 'none';
    return found.first === 'none' ? undefined : found.first.key;
  }

  #put(secretKey: string, claim: Claim): void {
    const found = this.#claims.get(secretKey);
    if (found === undefined || (!isShared(found) && found.key === claim.key)) {
      this.#claims.set(secretKey, claim);
      return;
    }
    const shared = isShared(found) ? found : { claims: new Map([[found.key, found]]), first: undefined };
    const before = shared.claims.get(claim.key);
    shared.claims.set(claim.key, claim);
    if (before === undefined ? !isAfter(claim, shared.first) : !isSame(before, claim)) shared.first = undefined;
    this.#claims.set(secretKey, shared);
  }

  #remove(secretKey: string, key: string): void {
    const found = this.#claims.get(secretKey);
    if (found === undefined) return;
    if (!isShared(found)) {
      if (found.key === key) this.#claims.delete(secretKey);
      return;
    }
    found.claims.delete(key);
    if (found.first !== 'none' && found.first?.key === key) found.first = undefined;
    const [last, second] = found.claims.values();
    if (last !== undefined && second === undefined) this.#claims.set(secretKey, last);
  }
}

function isShared(found: Claim | Shared): found is Shared {
  return 'claims' in found;
}

function isSame(a: Claim, b: Claim): boolean {
  return a.uid === b.uid && a.leaving === b.leaving && a.creationTimestamp === b.creationTimestamp;
}

/** Whether it changes nothing about who is first. */
function isAfter(claim: Claim, first: Shared['first']): boolean {
  return claim.leaving || (first !== undefined && first !== 'none' && precedes(first, claim));
}

function firstOf(claims: Iterable<Claim>): Claim | undefined {
  let first: Claim | undefined;
  for (const claim of claims) if (!claim.leaving && (first === undefined || precedes(claim, first))) first = claim;
  return first;
}
