// SPDX-License-Identifier: Apache-2.0
/**
 * Judges an expression when its policy is written: what it names, what it calls, how large and how deep it is. Whatever
 * passes is bounded in what it can cost, and what it may still meet at evaluation is a missing field or key.
 * @module
 */
import { RE2JS } from '@bufbuild/re2';
import type { ExpressionProblem } from '../policy/expression.ts';
import { type Comprehension, childrenOf, type Expr, type ExprKind, type Tree } from './ast.ts';
import { regexWeight } from './regex-weight.ts';
import { FUNCTION_NAMES, resultOf, SIGNATURES } from './signatures.ts';
import {
  ADMISSION_VARIABLES,
  BOOL,
  DERIVED_FIELDS,
  DOUBLE,
  DYN,
  INT,
  listOf,
  NULL,
  STRING,
  type StaticType,
  VARIABLES,
} from './types.ts';

/** Nodes of the syntax tree, macros expanded. */
const MAX_NODES = 256;
/** Loops inside loops. */
const MAX_LOOP_DEPTH = 2;
/** Items of a list or map literal. */
const MAX_LITERAL = 64;
/** Characters and instructions of a regular expression. */
const MAX_REGEX_LENGTH = 256;
const MAX_REGEX_WEIGHT = 2000;

export interface Judgement {
  readonly problems: readonly ExpressionProblem[];
  /** Regular expressions it matches with. */
  readonly patterns: ReadonlySet<string>;
  readonly admissionOnly: boolean;
  readonly needsTrustDomain: boolean;
}

/** Everything that is wrong with the expression; what it needs at evaluation. */
export function staticPass(tree: Tree): Judgement {
  const pass: Pass = { tree, problems: [], patterns: new Set(), named: new Set() };
  if (countsMoreThan(MAX_NODES, tree.expr)) {
    report(pass, tree.expr, `has more than ${MAX_NODES} parts; split it into several validations`);
  } else {
    const type = typeOf(pass, tree.expr, { types: new Map(), depth: 0 });
    if (type.kind !== 'bool' && type.kind !== 'dyn')
      report(pass, tree.expr, `is of type ${type.kind}; a validation must be true or false`);
  }
  const { problems, patterns, named } = pass;
  const admissionOnly = [...ADMISSION_VARIABLES].some((name) => named.has(name));
  return { problems, patterns, admissionOnly, needsTrustDomain: DERIVED_FIELDS.some((name) => named.has(name)) };
}

interface Pass {
  readonly tree: Tree;
  readonly problems: ExpressionProblem[];
  readonly patterns: Set<string>;
  /** Variables, and fields of variables as `identity.dnsNames`. */
  readonly named: Set<string>;
}

/** Variables of the loops around an expression, and how many these are. */
interface Scope {
  readonly types: ReadonlyMap<string, StaticType>;
  readonly depth: number;
}

function report({ tree, problems }: Pass, expr: Expr, message: string): StaticType {
  const { line, column } = tree.locate(expr);
  problems.push({ line, column, message });
  return DYN;
}

/** Stops counting at the limit, so that no tree is too deep for it. */
function countsMoreThan(limit: number, root: Expr): boolean {
  const open = [root];
  for (let count = 0; open.length > 0; count += 1) {
    if (count >= limit) return true;
    const next = open.pop();
    if (next !== undefined) open.push(...childrenOf(next));
  }
  return false;
}

function typeOf(pass: Pass, expr: Expr, scope: Scope): StaticType {
  const kind = expr.exprKind;
  switch (kind.case) {
    case 'constExpr':
      return constantType(pass, expr, kind);
    case 'identExpr':
      return variableType(pass, expr, kind.value.name, scope);
    case 'selectExpr':
      return fieldType(pass, expr, kind, scope);
    case 'callExpr':
      return callType(pass, expr, kind, scope);
    case 'listExpr':
      return listLiteralType(pass, expr, kind, scope);
    case 'structExpr':
      return mapLiteralType(pass, expr, kind, scope);
    case 'comprehensionExpr':
      return loopType(pass, expr, kind.value, scope);
    case undefined:
      return report(pass, expr, 'is not supported');
    default:
      return kind satisfies never;
  }
}

const CONSTANT_TYPES: Readonly<Record<string, StaticType>> = {
  boolValue: BOOL,
  int64Value: INT,
  doubleValue: DOUBLE,
  stringValue: STRING,
  nullValue: NULL,
};

function constantType(pass: Pass, expr: Expr, { value }: ExprKind<'constExpr'>): StaticType {
  const type = CONSTANT_TYPES[value.constantKind.case ?? ''];
  return type ?? report(pass, expr, 'bytes and unsigned integers are not supported; use a string or an integer');
}

function variableType(pass: Pass, expr: Expr, name: string, { types }: Scope): StaticType {
  const local = types.get(name);
  if (local !== undefined) return local;
  const type = Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined;
  if (type === undefined) {
    return report(pass, expr, `names ${name}, which is not declared; use one of ${Object.keys(VARIABLES).join(', ')}`);
  }
  pass.named.add(name);
  return type;
}

function fieldType(pass: Pass, expr: Expr, { value }: ExprKind<'selectExpr'>, scope: Scope): StaticType {
  const { operand, field, testOnly } = value;
  if (operand === undefined) return DYN;
  const type = typeOf(pass, operand, scope);
  const found = fieldOf(type, field);
  if (found === undefined) return report(pass, expr, noField(type, field));
  if (type.kind === 'record') pass.named.add(`${type.name}.${field}`);
  return testOnly ? BOOL : found;
}

function fieldOf(type: StaticType, field: string): StaticType | undefined {
  if (type.kind === 'dyn') return DYN;
  if (type.kind === 'map') return type.of;
  if (type.kind === 'record') return Object.hasOwn(type.fields, field) ? type.fields[field] : undefined;
  return undefined;
}

function noField(type: StaticType, field: string): string {
  if (type.kind !== 'record') return `asks for the field ${field} of a ${type.kind}, which has none`;
  return `asks for ${type.name}.${field}, which does not exist; it has ${Object.keys(type.fields).join(', ')}`;
}

function callType(pass: Pass, expr: Expr, { value }: ExprKind<'callExpr'>, scope: Scope): StaticType {
  const { function: name, target, args } = value;
  const signatures = SIGNATURES.get(name);
  if (signatures === undefined) return report(pass, expr, unknownFunction(name));
  const targetType = target === undefined ? undefined : typeOf(pass, target, scope);
  const types = args.map((arg) => typeOf(pass, arg, scope));
  if (name === 'matches') checkPattern(pass, expr, args[0]);
  if (name === '_[_]' && types[0]?.kind === 'record')
    return report(pass, expr, `asks for a field of ${types[0].name} by index; write ${types[0].name}.<field>`);
  const special = operatorType(name, types);
  if (special !== undefined) return special;
  const result = resultOf(signatures, targetType, types);
  if (result !== undefined) return result;
  const given = types.map(({ kind }) => kind).join(', ');
  const on = targetType === undefined ? '' : ` on a ${targetType.kind}`;
  return report(pass, expr, `calls ${spoken(name)}(${given})${on}, which does not exist; look at types and arguments`);
}

const MACROS = ['all', 'exists', 'exists_one', 'map', 'filter', 'has'];

function unknownFunction(name: string): string {
  if (MACROS.includes(name)) {
    return name === 'has'
      ? 'has() needs a field, as in has(identity.spec.ttl)'
      : `${name} needs the name of a variable and an expression, as in list.${name}(item, item != '')`;
  }
  return `calls ${spoken(name)}, which does not exist; there are ${FUNCTION_NAMES.join(', ')}`;
}

/** An operator as it is written. */
function spoken(name: string): string {
  return name.replaceAll(/[_@]/g, '') || name;
}

/** Where the type of the operands decides; undefined: the signatures do. */
function operatorType(
  name: string,
  [first = DYN, second = DYN, third = DYN]: readonly StaticType[],
): StaticType | undefined {
  if (name === '_[_]') return indexedType(first, second);
  if (name === '_?_:_' && first.kind === 'bool') return second.kind === third.kind ? second : DYN;
  return name === '_+_' && sameItems(first, second) ? first : undefined;
}

function indexedType(whole: StaticType, index: StaticType): StaticType | undefined {
  if (whole.kind === 'map' && index.kind === 'string') return whole.of;
  return whole.kind === 'list' && index.kind === 'int' ? whole.of : undefined;
}

function sameItems(a: StaticType, b: StaticType): boolean {
  return a.kind === 'list' && b.kind === 'list' && a.of.kind === b.of.kind;
}

/** A regular expression is compiled with its policy, so it has to be a literal. */
function checkPattern(pass: Pass, expr: Expr, pattern: Expr | undefined): void {
  const constant = pattern?.exprKind.case === 'constExpr' ? pattern.exprKind.value.constantKind : undefined;
  if (pattern === undefined || constant?.case !== 'stringValue') {
    report(pass, expr, "matches needs a literal pattern, as in name.matches('^[a-z]+$')");
    return;
  }
  const problem = patternProblem(constant.value);
  if (problem === undefined) pass.patterns.add(constant.value);
  else report(pass, pattern, problem);
}

function patternProblem(pattern: string): string | undefined {
  if (pattern.length > MAX_REGEX_LENGTH) return `is a pattern of more than ${MAX_REGEX_LENGTH} characters; shorten it`;
  if (regexWeight(pattern) > MAX_REGEX_WEIGHT)
    return 'is a pattern that repeats too much; use * or + in place of large counts';
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return `is not a regular expression in RE2 syntax: ${text.replace('error parsing regexp: ', '')}`;
  }
}

function listLiteralType(pass: Pass, expr: Expr, { value }: ExprKind<'listExpr'>, scope: Scope): StaticType {
  const { elements } = value;
  if (elements.length > MAX_LITERAL) report(pass, expr, `has more than ${MAX_LITERAL} items; split the list`);
  const types = elements.map((element) => typeOf(pass, element, scope));
  const [first = DYN] = types;
  return listOf(types.every(({ kind }) => kind === first.kind) ? first : DYN);
}

function mapLiteralType(pass: Pass, expr: Expr, { value }: ExprKind<'structExpr'>, scope: Scope): StaticType {
  const { entries, messageName } = value;
  if (messageName !== '') return report(pass, expr, `makes a ${messageName}; there are no message types here`);
  if (entries.length > MAX_LITERAL) report(pass, expr, `has more than ${MAX_LITERAL} entries; split the map`);
  for (const entry of entries) {
    if (entry.keyKind.case === 'mapKey') typeOf(pass, entry.keyKind.value, scope);
    if (entry.value !== undefined) typeOf(pass, entry.value, scope);
  }
  return { kind: 'map', of: DYN };
}

function loopType(pass: Pass, expr: Expr, loop: Comprehension, scope: Scope): StaticType {
  const { iterVar, iterRange, accuVar, accuInit, loopCondition, loopStep, result } = loop;
  const depth = scope.depth + 1;
  if (depth > MAX_LOOP_DEPTH) {
    return report(pass, expr, `is a loop inside ${MAX_LOOP_DEPTH} others; loops may be nested ${MAX_LOOP_DEPTH} deep`);
  }
  if (Object.hasOwn(VARIABLES, iterVar)) {
    return report(pass, expr, `calls a loop variable ${iterVar}, which is declared already; use another name`);
  }
  const range = iterRange === undefined ? DYN : typeOf(pass, iterRange, scope);
  const item = itemType(range);
  if (item === undefined) return report(pass, expr, `loops over a ${range.kind}; only lists and maps have items`);
  const accumulator = accuInit === undefined ? DYN : typeOf(pass, accuInit, scope);
  const open = accumulator.kind === 'list' ? listOf(DYN) : accumulator;
  const inner: Scope = { types: new Map([...scope.types, [accuVar, open], [iterVar, item]]), depth };
  if (loopCondition !== undefined) typeOf(pass, loopCondition, inner);
  const step = loopStep === undefined ? DYN : typeOf(pass, loopStep, inner);
  const outer: Scope = { types: new Map([...scope.types, [accuVar, step]]), depth: scope.depth };
  return result === undefined ? DYN : typeOf(pass, result, outer);
}

function itemType(range: StaticType): StaticType | undefined {
  if (range.kind === 'dyn') return DYN;
  if (range.kind === 'list') return range.of;
  return range.kind === 'map' ? STRING : undefined;
}
