// SPDX-License-Identifier: Apache-2.0
/**
 * The policies there are, compiled once a generation, and found by namespace without looking at all of them each time.
 * @module
 */
import type { FieldError } from '../api/field-error.ts';
import type { IdentityPolicy } from '../api/identity-policy.ts';
import { type CompiledPolicy, compilePolicy } from './compile.ts';
import type { CompileExpression } from './expression.ts';
import { matchesNamespace } from './match.ts';

type Compiled = { readonly value: CompiledPolicy } | { readonly errors: readonly FieldError[] };

/** A namespace as a cache keeps it: another object whenever it changed. */
interface Labelled {
  readonly labels: Readonly<Record<string, string>>;
}

interface Entry {
  readonly policy: IdentityPolicy;
  compiled?: Compiled;
  /** What an earlier generation of the same object came to, the last one that could be compiled. */
  readonly before?: CompiledPolicy;
}

export class PolicyBook {
  readonly #compile: CompileExpression;
  readonly #entries = new Map<string, Entry>();
  #matching = new WeakMap<Labelled, readonly CompiledPolicy[]>();

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
  compiled(name: string): Compiled | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    entry.compiled ??= compilePolicy(name, entry.policy.spec, this.#compile);
    return entry.compiled;
  }

  /** What is judged by: the last state of a policy that could be compiled. A mistake in an edit allows nothing. */
  inForce(name: string): CompiledPolicy | undefined {
    const compiled = this.compiled(name);
    return compiled !== undefined && 'value' in compiled ? compiled.value : this.#entries.get(name)?.before;
  }

  /** The policies in force about a namespace. */
  about(namespace: string, facts: Labelled): readonly CompiledPolicy[] {
    const known = this.#matching.get(facts);
    if (known !== undefined) return known;
    const policies: CompiledPolicy[] = [];
    for (const name of this.#entries.keys()) {
      const policy = this.inForce(name);
      if (policy !== undefined && matchesNamespace(policy, { name: namespace, labels: facts.labels }))
        policies.push(policy);
    }
    this.#matching.set(facts, policies);
    return policies;
  }
}
