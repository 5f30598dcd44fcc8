// SPDX-License-Identifier: Apache-2.0
/**
 * The policies there are, resolved once a generation, and found by namespace without looking at all of them each time.
 * @module
 */
import type { FieldError } from '../api/field-error.ts';
import type { IdentityPolicy } from '../api/identity-policy.ts';
import type { CompileExpression } from './expression.ts';
import { matchesNamespace } from './match.ts';
import { type ResolvedPolicy, resolvePolicy } from './resolve.ts';

type Resolved = { readonly value: ResolvedPolicy } | { readonly errors: readonly FieldError[] };

/** A namespace as a cache keeps it: another object whenever it changed. */
interface Labelled {
  readonly labels: Readonly<Record<string, string>>;
}

interface Entry {
  readonly policy: IdentityPolicy;
  resolved?: Resolved;
  /** What an earlier generation of the same object came to, the last one that could be resolved. */
  readonly before?: ResolvedPolicy;
}

export class PolicyBook {
  readonly #compile: CompileExpression;
  readonly #entries = new Map<string, Entry>();
  #matching = new WeakMap<Labelled, readonly ResolvedPolicy[]>();

  constructor(compile: CompileExpression) {
    this.#compile = compile;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Takes the present state of a policy. Tells whether it judges otherwise than before; its status does not count. */
  changed(policy: IdentityPolicy): boolean {
    const { name, uid, generation } = policy.metadata;
    const known = this.#entries.get(name);
    const same = known?.policy.metadata.uid === uid && known.policy.metadata.generation === generation;
    if (same) {
      this.#entries.set(name, { ...known, policy });
      return false;
    }
    const before = known?.policy.metadata.uid === uid ? this.inForce(name) : undefined;
    this.#entries.set(name, { policy, ...(before === undefined ? {} : { before }) });
    this.#matching = new WeakMap();
    return true;
  }

  deleted(name: string): void {
    this.#entries.delete(name);
    this.#matching = new WeakMap();
  }

  /** What the present state of a policy comes to, or what is wrong with it; undefined: there is none of this name. */
  resolved(name: string): Resolved | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    entry.resolved ??= resolvePolicy(name, entry.policy.spec, this.#compile);
    return entry.resolved;
  }

  /** What is judged by: the last state of a policy that could be resolved. A mistake in an edit allows nothing. */
  inForce(name: string): ResolvedPolicy | undefined {
    const resolved = this.resolved(name);
    return resolved !== undefined && 'value' in resolved ? resolved.value : this.#entries.get(name)?.before;
  }

  /** The policies in force about a namespace. */
  about(namespace: string, facts: Labelled): readonly ResolvedPolicy[] {
    const known = this.#matching.get(facts);
    if (known !== undefined) return known;
    const policies: ResolvedPolicy[] = [];
    for (const name of this.#entries.keys()) {
      const policy = this.inForce(name);
      if (policy !== undefined && matchesNamespace(policy, { name: namespace, labels: facts.labels }))
        policies.push(policy);
    }
    this.#matching.set(facts, policies);
    return policies;
  }
}
