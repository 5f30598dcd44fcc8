// SPDX-License-Identifier: Apache-2.0
/**
 * From the object a user wrote to the policy that is judged by, its expressions compiled; or everything that is wrong
 * with it. The same for admission of the policy itself.
 * @module
 */
import { type FieldError, fieldError } from '../api/field-error.ts';
import type { IdentityPolicySpec, PolicyValidation } from '../api/identity-policy.ts';
import { parseIdentityPolicySpec } from '../api/identity-policy-validation.ts';
import type { ResolvedIdentityPolicy } from '../api/resolved.ts';
import type { CompiledExpression, CompileExpression } from './expression.ts';

export interface CompiledValidation {
  readonly name: string;
  readonly message: string;
  readonly expression: CompiledExpression;
}

/** A policy that can be judged by. */
export interface CompiledPolicy extends Omit<ResolvedIdentityPolicy, 'validations'> {
  readonly validations: readonly CompiledValidation[];
}

/** Parses a policy and compiles its expressions; all faults at once, never throws. Costs milliseconds: keep the result. */
export function compilePolicy(
  name: string,
  spec: IdentityPolicySpec,
  compile: CompileExpression,
): { readonly value: CompiledPolicy } | { readonly errors: readonly FieldError[] } {
  const parsed = parseIdentityPolicySpec(spec, name);
  // What has too many expressions, or too long ones, is not compiled.
  if ('errors' in parsed) return parsed;
  const outcomes = parsed.value.validations.map((validation, index) => compileValidation(validation, index, compile));
  const errors = outcomes.flatMap((outcome) => ('errors' in outcome ? outcome.errors : []));
  if (errors.length > 0) return { errors };
  const validations = outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []));
  return { value: { ...parsed.value, validations } };
}

function compileValidation(
  { name, message, expression: source }: PolicyValidation,
  index: number,
  compile: CompileExpression,
): { readonly value: CompiledValidation } | { readonly errors: readonly FieldError[] } {
  const compiled = compile(source);
  if ('value' in compiled) return { value: { name, message, expression: compiled.value } };
  const path = `spec.validations[${index}].expression`;
  const errors = compiled.problems.map(({ line, column, message: problem }) =>
    fieldError(path, undefined, `line ${line}, column ${column}: ${problem}`),
  );
  return { errors };
}
