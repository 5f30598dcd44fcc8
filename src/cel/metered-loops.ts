// SPDX-License-Identifier: Apache-2.0
/**
 * Rewrites a syntax tree so that every loop is metered: its range when it begins, its body at each turn. What the
 * library evaluates by itself (fields, literals, the conditional) is charged with the body it stands in.
 * @module
 */
import type { Comprehension, Expr } from './ast.ts';
import { RANGE, TICK } from './functions.ts';

/** The same tree with metered loops. */
export function withMeteredLoops(expr: Expr): Expr {
  const kind = expr.exprKind;
  switch (kind.case) {
    case 'callExpr': {
      const { target, args } = kind.value;
      const rewritten = target === undefined ? {} : { target: withMeteredLoops(target) };
      return {
        ...expr,
        exprKind: { ...kind, value: { ...kind.value, ...rewritten, args: args.map(withMeteredLoops) } },
      };
    }
    case 'selectExpr': {
      const { operand } = kind.value;
      return { ...expr, exprKind: { ...kind, value: { ...kind.value, operand: rewritten(operand) } } };
    }
    case 'listExpr':
      return {
        ...expr,
        exprKind: { ...kind, value: { ...kind.value, elements: kind.value.elements.map(withMeteredLoops) } },
      };
    case 'structExpr': {
      const entries = kind.value.entries.map((entry) => ({ ...entry, value: rewritten(entry.value) }));
      return { ...expr, exprKind: { ...kind, value: { ...kind.value, entries } } };
    }
    case 'comprehensionExpr':
      return { ...expr, exprKind: { ...kind, value: meteredLoop(expr, kind.value) } };
    case 'constExpr':
    case 'identExpr':
    case undefined:
      return expr;
    default:
      return kind satisfies never;
  }
}

function meteredLoop(expr: Expr, loop: Comprehension): Comprehension {
  const cost = 2 + Math.ceil(nodeCount(loop.loopStep) / 4);
  return {
    ...loop,
    iterRange: call(expr, RANGE, [rewritten(loop.iterRange)]),
    loopCondition: call(expr, TICK, [rewritten(loop.loopCondition), integer(expr, cost)]),
    loopStep: rewritten(loop.loopStep),
  };
}

function rewritten(expr: Expr | undefined): Expr | undefined {
  return expr === undefined ? undefined : withMeteredLoops(expr);
}

/** How many nodes a tree has. */
export function nodeCount(expr: Expr | undefined): number {
  if (expr === undefined) return 0;
  return 1 + childrenOf(expr).reduce((sum, child) => sum + nodeCount(child), 0);
}

/** The expressions directly below this one. */
export function childrenOf({ exprKind }: Expr): Expr[] {
  const all: (Expr | undefined)[] = [];
  switch (exprKind.case) {
    case 'callExpr':
      all.push(exprKind.value.target, ...exprKind.value.args);
      break;
    case 'selectExpr':
      all.push(exprKind.value.operand);
      break;
    case 'listExpr':
      all.push(...exprKind.value.elements);
      break;
    case 'structExpr':
      for (const { keyKind, value } of exprKind.value.entries) {
        all.push(keyKind.case === 'mapKey' ? keyKind.value : undefined, value);
      }
      break;
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      all.push(iterRange, accuInit, loopCondition, loopStep, result);
      break;
    }
    case 'constExpr':
    case 'identExpr':
    case undefined:
      break;
    default:
      exprKind satisfies never;
  }
  return all.filter((child) => child !== undefined);
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
