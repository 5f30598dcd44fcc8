// SPDX-License-Identifier: Apache-2.0
/**
 * What the evaluator knows of CEL: an expression that was compiled elsewhere, and the values it is judged over.
 * @module
 */

/** JSON with integers as bigint, for CEL counts in int64. */
export type ExpressionValue =
  | null
  | boolean
  | bigint
  | string
  | readonly ExpressionValue[]
  | { readonly [key: string]: ExpressionValue };

/** The variables of an expression, by name. */
export interface ExpressionInput {
  readonly identity: ExpressionValue;
  /** The object before the update; null for a new one, and wherever there is no request. */
  readonly oldIdentity: ExpressionValue;
  readonly namespaceObject: ExpressionValue;
  /** Null wherever there is no request. */
  readonly request: ExpressionValue;
}

/**
 * Work that expressions may still do, in steps of the evaluator. One for all expressions over a subject: a bound for each
 * of them would allow as much work as there are expressions.
 */
export interface WorkBudget {
  /** Goes down with every expression; nothing is evaluated any more at 0. */
  left: number;
}

/** Work of all expressions over one subject: 25 to 40 ms of the slowest ones we know. */
export const SUBJECT_WORK = 150_000;

/** A CEL expression that passed the static pass. */
export interface CompiledExpression {
  /** It names `request` or `oldIdentity`, which exist at admission only. */
  readonly admissionOnly: boolean;
  /** It reads what only the TrustDomain decides; not judged while that is not known. */
  readonly needsTrustDomain: boolean;
  /** Never throws; takes its work off the budget. A problem counts as a broken rule. */
  evaluate(input: ExpressionInput, budget: WorkBudget): { readonly value: boolean } | { readonly problem: string };
}

/** What is wrong with the source of an expression. */
export interface ExpressionProblem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** Compiles a source, or says everything that is wrong with it; never throws. */
export type CompileExpression = (
  source: string,
) => { readonly value: CompiledExpression } | { readonly problems: readonly ExpressionProblem[] };
