// SPDX-License-Identifier: Apache-2.0
/**
 * Which identities each policy matches and which of them break it, kept up to date one identity at a time: whoever looks
 * at an identity records what was found, and nothing is ever counted from scratch.
 * @module
 */

/** What was found about one identity. */
export interface Finding {
  /** Names of policies, sorted. */
  readonly matched: readonly string[];
  readonly violated: readonly string[];
}

export interface PolicyCount {
  readonly matched: number;
  readonly violating: number;
  /** Some of those that break it, sorted. */
  readonly examples: readonly string[];
}

const MAX_EXAMPLES = 10;
const NOTHING: Finding = { matched: [], violated: [] };

interface Sets {
  readonly matched: Set<string>;
  readonly violating: Set<string>;
}

export class Tally {
  readonly #findings = new Map<string, Finding>();
  readonly #policies = new Map<string, Sets>();

  /** Records what was found about an identity; tells the policies whose counts may have changed. */
  record(key: string, finding: Finding): readonly string[] {
    const before = this.#findings.get(key) ?? NOTHING;
    this.#findings.set(key, finding);
    if (sameTexts(before.matched, finding.matched) && sameTexts(before.violated, finding.violated)) return [];
    return this.#apply(key, before, finding);
  }

  /** The identity is gone. */
  forget(key: string): readonly string[] {
    const before = this.#findings.get(key);
    this.#findings.delete(key);
    return before === undefined ? [] : this.#apply(key, before, NOTHING);
  }

  /** Whether something was found about the identity. */
  has(key: string): boolean {
    return this.#findings.has(key);
  }

  clear(): void {
    this.#findings.clear();
    this.#policies.clear();
  }

  count(policy: string): PolicyCount {
    const sets = this.#policies.get(policy);
    if (sets === undefined) return { matched: 0, violating: 0, examples: [] };
    const examples = [...sets.violating].toSorted().slice(0, MAX_EXAMPLES);
    return { matched: sets.matched.size, violating: sets.violating.size, examples };
  }

  #apply(key: string, before: Finding, now: Finding): readonly string[] {
    const concerned = new Set([...before.matched, ...now.matched]);
    for (const policy of concerned) {
      const sets = this.#policies.get(policy) ?? { matched: new Set(), violating: new Set() };
      this.#policies.set(policy, sets);
      put(sets.matched, key, now.matched.includes(policy));
      put(sets.violating, key, now.violated.includes(policy));
      if (sets.matched.size === 0) this.#policies.delete(policy);
    }
    return [...concerned];
  }
}

function put(set: Set<string>, key: string, there: boolean): void {
  if (there) set.add(key);
  else set.delete(key);
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
