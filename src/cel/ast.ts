// SPDX-License-Identifier: Apache-2.0
/**
 * The syntax tree of an expression as the library parses it, what goes wrong on the way there, and what stands below
 * each of its nodes.
 * @module
 */
import { parse } from '@bufbuild/cel';
import type { ExpressionProblem } from '../policy/expression.ts';

/** Longest source in characters. */
const MAX_SOURCE = 2048;
/**
 * Opening brackets of a source, those in texts counted as well. The parser takes time with the third power of how deep
 * they are nested: 600 of them 5 s, 96 some 20 ms.
 */
const MAX_BRACKETS = 96;

export type Expr = ReturnType<typeof parse>['expr'];
export type ExprKind<Case extends Expr['exprKind']['case']> = Extract<Expr['exprKind'], { readonly case: Case }>;
export type Comprehension = NonNullable<ExprKind<'comprehensionExpr'>['value']>;

export interface Tree {
  readonly expr: Expr;
  /** Where an expression stands in the source. */
  readonly locate: (expr: Expr) => { readonly line: number; readonly column: number };
}

/** Parses a source; never throws. */
export function parseSource(source: string): { readonly value: Tree } | { readonly problem: ExpressionProblem } {
  if (source.length > MAX_SOURCE) {
    const message = `the expression has more than ${MAX_SOURCE} characters; split it into several validations`;
    return { problem: { line: 1, column: 1, message } };
  }
  if ((source.match(/[([{]/g)?.length ?? 0) > MAX_BRACKETS) {
    const message = `the expression has more than ${MAX_BRACKETS} brackets; split it into several validations`;
    return { problem: { line: 1, column: 1, message } };
  }
  try {
    const { expr, sourceInfo } = parse(source);
    const positions = sourceInfo?.positions ?? {};
    return { value: { expr, locate: ({ id }) => lineAndColumn(source, positions[id.toString()] ?? 0) } };
  } catch (error) {
    return { problem: parseProblem(error) };
  }
}

function parseProblem(error: unknown): ExpressionProblem {
  const text = error instanceof Error ? error.message : String(error);
  const [, line, column, rest] = /^<input>:(\d+):(\d+): ([^]*)$/.exec(text) ?? [];
  const message = `cannot be read as CEL: ${shortened(rest ?? text)}`;
  return { line: Number(line ?? 1), column: Number(column ?? 1), message };
}

/** The parser lists every token that could have stood there. */
function shortened(text: string): string {
  const [found, expected] = text.split(' but expecting ');
  const tokens = expected?.split(', ') ?? [];
  if (found === undefined || tokens.length <= 4) return text;
  return `${found} where an operator or a value was expected`;
}

function lineAndColumn(source: string, offset: number): { readonly line: number; readonly column: number } {
  const before = source.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The expressions directly below this one. */
export function childrenOf(expr: Expr): Expr[] {
  const children: Expr[] = [];
  withChildren(expr, (child) => {
    children.push(child);
    return child;
  });
  return children;
}

/** How many nodes a tree has. */
export function nodeCount(expr: Expr | undefined): number {
  if (expr === undefined) return 0;
  return 1 + childrenOf(expr).reduce((sum, child) => sum + nodeCount(child), 0);
}

/** The same node over what becomes of each expression directly below it. */
export function withChildren(expr: Expr, change: (child: Expr) => Expr): Expr {
  const changed = (child: Expr | undefined) => (child === undefined ? undefined : change(child));
  const kind = expr.exprKind;
  switch (kind.case) {
    case 'callExpr': {
      const { target, args } = kind.value;
      const receiver = target === undefined ? {} : { target: change(target) };
      return { ...expr, exprKind: { ...kind, value: { ...kind.value, ...receiver, args: args.map(change) } } };
    }
    case 'selectExpr': {
      const operand = changed(kind.value.operand);
      return { ...expr, exprKind: { ...kind, value: { ...kind.value, operand } } };
    }
    case 'listExpr': {
      const elements = kind.value.elements.map(change);
      return { ...expr, exprKind: { ...kind, value: { ...kind.value, elements } } };
    }
    case 'structExpr': {
      const entries = kind.value.entries.map(({ keyKind, ...entry }) => ({
        ...entry,
        keyKind: keyKind.case === 'mapKey' ? { ...keyKind, value: change(keyKind.value) } : keyKind,
        value: changed(entry.value),
      }));
      return { ...expr, exprKind: { ...kind, value: { ...kind.value, entries } } };
    }
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = kind.value;
      const parts = {
        iterRange: changed(iterRange),
        accuInit: changed(accuInit),
        loopCondition: changed(loopCondition),
        loopStep: changed(loopStep),
        result: changed(result),
      };
      return { ...expr, exprKind: { ...kind, value: { ...kind.value, ...parts } } };
    }
    case 'constExpr':
    case 'identExpr':
    case undefined:
      return expr;
    default:
      return kind satisfies never;
  }
}
