// SPDX-License-Identifier: Apache-2.0
/**
 * Compiles policy expressions: parsed, judged by the static pass, planned with metered loops and functions. Evaluation
 * is synchronous, so one environment and one meter serve all.
 * @module
 */
import { type CelInput, type CelList, type CelMap, celEnv, celList, celMap, isCelError, plan } from '@bufbuild/cel';
import { RE2JS } from '@bufbuild/re2';
import type {
  CompiledExpression,
  ExpressionInput,
  ExpressionProblem,
  ExpressionValue,
  WorkBudget,
} from '../policy/expression.ts';
import { nodeCount, parseSource } from './ast.ts';
import { meteredFunctions, type Pattern, type Work } from './functions.ts';
import { MAX_WORK, Meter, NO_WORK_LEFT, TOO_MUCH_WORK } from './meter.ts';
import { withMeteredLoops } from './metered-loops.ts';
import { regexWeight } from './regex-weight.ts';
import { staticPass } from './static-pass.ts';

const meter = new Meter();
let work: Work = { meter, patterns: new Map() };
const environment = celEnv({ funcs: meteredFunctions(() => work) });

/** An expression that tells what its last evaluation cost. */
export interface MeteredExpression extends CompiledExpression {
  /** In units of the meter. */
  readonly lastWork: () => number;
  /** Without a budget: as much as one expression may ever do. */
  evaluate(input: ExpressionInput, budget?: WorkBudget): ReturnType<CompiledExpression['evaluate']>;
}

/** Compiles a source, or says everything that is wrong with it, each with its position and what to do; never throws. */
export function compileExpression(
  source: string,
): { readonly value: MeteredExpression } | { readonly problems: readonly ExpressionProblem[] } {
  const parsed = parseSource(source);
  if ('problem' in parsed) return { problems: [parsed.problem] };
  const { problems, patterns, admissionOnly, needsTrustDomain } = staticPass(parsed.value);
  if (problems.length > 0) return { problems };
  const compiled = new Map([...patterns].map((text): [string, Pattern] => [text, compiledPattern(text)]));
  const run = plan(environment, withMeteredLoops(parsed.value.expr));
  const nodes = nodeCount(parsed.value.expr);
  let spent = 0;
  const evaluate: MeteredExpression['evaluate'] = (input, budget = { left: MAX_WORK }) => {
    meter.begin(nodes, budget.left);
    if (meter.exhausted) {
      budget.left = 0;
      return { problem: NO_WORK_LEFT };
    }
    work = { meter, patterns: compiled };
    const result = withoutStacks(() => run(celInput(input)));
    spent = meter.spent;
    budget.left = Math.max(0, budget.left - spent);
    // An error may have been absorbed by || or &&, with work left undone.
    if (meter.exhausted) return { problem: spent > MAX_WORK ? TOO_MUCH_WORK : NO_WORK_LEFT };
    if (isCelError(result)) return { problem: result.message };
    return typeof result === 'boolean' ? { value: result } : { problem: 'it is neither true nor false' };
  };
  return { value: { admissionOnly, needsTrustDomain, evaluate, lastWork: () => spent } };
}

/** Loops make an error a turn and pass it over; its stack, which nobody reads, is most of what that takes. */
function withoutStacks<T>(evaluate: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return evaluate();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function compiledPattern(text: string): Pattern {
  const regex = RE2JS.compile(text);
  return { weight: regexWeight(text), test: (subject) => regex.test(subject) };
}

/** What was converted once serves every expression that is judged over the same value. */
const converted = new WeakMap<object, CelMap | CelList>();

function celInput(input: ExpressionInput): Record<string, CelInput> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, celValue(value)]));
}

function celValue(value: ExpressionValue): CelInput {
  if (typeof value !== 'object' || value === null) return value;
  const known = converted.get(value);
  if (known !== undefined) return known;
  const made = isList(value)
    ? celList(value.map(celValue))
    : celMap(new Map(Object.entries(value).map(([key, item]) => [key, celValue(item)])));
  converted.set(value, made);
  return made;
}

function isList(value: object): value is readonly ExpressionValue[] {
  return Array.isArray(value);
}
