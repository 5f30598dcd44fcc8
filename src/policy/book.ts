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
}

export class PolicyBook {
  readonly #compile: CompileExpression;
  readonly #entries = new Map<string, Entry>();
  #matching = new WeakMap<Labelled, readonly ResolvedPolicy[]>();

  constructor(compile: CompileExpression) {
    this.#compile = compile;
  }

  /** Takes the present state of a policy. Tells whether it judges otherwise than before; its status does not count. */
  changed(policy: IdentityPolicy): boolean {
    const { name, uid, generation } = policy.metadata;
    const known = this.#entries.get(name);
    const same = known?.policy.metadata.uid === uid && known.policy.metadata.generation === generation;
    const resolved = same ? known.resolved : undefined;
    this.#entries.set(name, { policy, ...(resolved === undefined ? {} : { resolved }) });
    if (!same) this.#matching = new WeakMap();
    return !same;
  }

  deleted(name: string): void {
    this.#entries.delete(name);
    this.#matching = new WeakMap();
  }

  /** What a policy comes to, or why it is not applied; undefined: there is none of this name. */
  resolved(name: string): Resolved | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    entry.resolved ??= resolvePolicy(name, entry.policy.spec, this.#compile);
    return entry.resolved;
  }

  /** The policies about a namespace; one that cannot be resolved is about none. */
  about(namespace: string, facts: Labelled): readonly ResolvedPolicy[] {
    const known = this.#matching.get(facts);
    if (known !== undefined) return known;
    const policies: ResolvedPolicy[] = [];
    for (const name of this.#entries.keys()) {
      const resolved = this.resolved(name);
      const applies = resolved !== undefined && 'value' in resolved;
      if (applies && matchesNamespace(resolved.value, { name: namespace, labels: facts.labels }))
        policies.push(resolved.value);
    }
    this.#matching.set(facts, policies);
    return policies;
  }
}
