// SPDX-License-Identifier: Apache-2.0
/**
 * CEL, loaded with the first policy that has expressions: its library takes as much memory as 5,000 identities.
 * @module
 */
import type { IdentityPolicy } from '../../api/identity-policy.ts';
import { SignetError } from '../../errors.ts';
import type { CompileExpression } from '../../policy/expression.ts';

export class ExpressionCompiler {
  #compile: CompileExpression | undefined;
  #loading: Promise<void> | undefined;

  /** Whether a policy can be compiled now. */
  knows({ spec }: IdentityPolicy): boolean {
    return this.#compile !== undefined || (spec.validations ?? []).length === 0;
  }

  /** Resolves when every policy can be compiled. */
  load(): Promise<void> {
    this.#loading ??= import('../../cel/compile.ts').then(({ compileExpression }) => {
      this.#compile = compileExpression;
    });
    return this.#loading;
  }

  /** Resolves when nothing is being loaded. */
  settled(): Promise<void> {
    return this.#loading ?? Promise.resolve();
  }

  readonly compile: CompileExpression = (...input) => {
    if (this.#compile === undefined)
      throw new SignetError('ERR_INVARIANT', 'a policy is compiled before CEL is loaded');
    return this.#compile(...input);
  };
}
