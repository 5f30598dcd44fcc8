// SPDX-License-Identifier: Apache-2.0
/**
 * Rewrites a syntax tree so that every loop is metered: its range when it begins, its body at each turn. What the
 * library evaluates by itself (fields, literals, the conditional) is charged with the body it stands in.
 * @module
 */
import { type Expr, nodeCount, withChildren } from './ast.ts';
import { RANGE, TICK } from './functions.ts';

/** The same tree with metered loops. */
export function withMeteredLoops(expr: Expr): Expr {
  const inner = withChildren(expr, withMeteredLoops);
  const { exprKind } = inner;
  if (exprKind.case !== 'comprehensionExpr') return inner;
  const loop = exprKind.value;
  const value = {
    ...loop,
    iterRange: call(expr, RANGE, [loop.iterRange]),
    loopCondition: call(expr, TICK, [loop.loopCondition, integer(expr, turnCost(expr))]),
  };
  return { ...inner, exprKind: { ...exprKind, value } };
}

/** Of the body as it was written: what was put into it to meter its own loops is not charged. */
function turnCost({ exprKind }: Expr): number {
  const body = exprKind.case === 'comprehensionExpr' ? exprKind.value.loopStep : undefined;
  return 2 + Math.ceil(nodeCount(body) / 4);
}

function call({ id, $typeName }: Expr, name: string, args: readonly (Expr | undefined)[]): Expr {
  const value = {
    $typeName: 'cel.expr.Expr.Call' as const,
    function: name,
    args: args.filter((arg) => arg !== undefined),
  };
  return { $typeName, id, exprKind: { case: 'callExpr', value } };
}

function integer({ id, $typeName }: Expr, value: number): Expr {
  const constant = {
    $typeName: 'cel.expr.Constant' as const,
    constantKind: { case: 'int64Value' as const, value: BigInt(value) },
  };
  return { $typeName, id, exprKind: { case: 'constExpr', value: constant } };
}
