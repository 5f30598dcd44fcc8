// SPDX-License-Identifier: Apache-2.0
/** @module How a text of the code reads: its own words, and a placeholder for each that is filled in. */
import {
  type CallExpression,
  type Expression,
  isBinaryExpression,
  isCallExpression,
  isConditionalExpression,
  isElementAccessExpression,
  isIdentifier,
  isNewExpression,
  isNoSubstitutionTemplateLiteral,
  isParenthesizedExpression,
  isPropertyAccessExpression,
  isStringLiteral,
  isTemplateExpression,
  type Node,
  type NoSubstitutionTemplateLiteral,
  type StringLiteral,
  type TemplateExpression,
} from 'typescript/unstable/ast';
import type { Checker } from 'typescript/unstable/sync';

export type Literal = StringLiteral | NoSubstitutionTemplateLiteral | TemplateExpression;

export function isLiteral(node: Node): node is Literal {
  return isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node) || isTemplateExpression(node);
}

/** As it reads: constants written out, all else by its name, and what may be left out between brackets. */
export function rendered(node: Expression, checker: Checker): string {
  if (isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (isTemplateExpression(node)) {
    const spans = node.templateSpans.map(({ expression, literal }) => `${filled(expression, checker)}${literal.text}`);
    return `${node.head.text}${spans.join('')}`;
  }
  return filled(node, checker);
}

function filled(node: Expression, checker: Checker): string {
  if (isLiteral(node)) return rendered(node, checker);
  if (isParenthesizedExpression(node)) return filled(node.expression, checker);
  if (isConditionalExpression(node)) return either(rendered(node.whenTrue, checker), rendered(node.whenFalse, checker));
  if (isBinaryExpression(node)) return filled(node.left, checker);
  if (isPropertyAccessExpression(node)) return constant(node, checker) ?? `<${node.name.text}>`;
  if (isIdentifier(node)) return constant(node, checker) ?? `<${node.text}>`;
  if (isElementAccessExpression(node)) return filled(node.expression, checker);
  if (isNewExpression(node) && node.arguments?.[0] !== undefined) return filled(node.arguments[0], checker);
  return isCallExpression(node) ? called(node, checker) : `<${node.getText()}>`;
}

/** What is formatted; of `choice('use one of', names)` all of it; else what the function is called. */
function called({ expression, arguments: [first, second] }: CallExpression, checker: Checker): string {
  if (isPropertyAccessExpression(expression) && !GLOBALS.has(expression.expression.getText()))
    return filled(expression.expression, checker);
  if (first !== undefined && isStringLiteral(first))
    return first.text.includes(' ') ? `${first.text}${second ? ` ${filled(second, checker)}` : ''}` : `<${first.text}>`;
  const name = expression.getText();
  if (first !== undefined && FORMATS.test(name)) return filled(first, checker);
  return `<${name.replaceAll(/[A-Z]+/gu, (capitals) => ` ${capitals.toLowerCase()}`).replace(/ of$/u, '')}>`;
}

const GLOBALS: ReadonlySet<string> = new Set(['JSON', 'Math', 'Object']);
/** Functions that say what they are given. */
const FORMATS = /^(?:format|list|short|shown|spoken|rendered|safeText|String$|JSON|Math|Object)/u;

function either(one: string, other: string): string {
  if (one === '' || other === '') return `[${one}${other}]`;
  return `{${one}|${other}}`;
}

function constant(node: Expression, checker: Checker): string | undefined {
  // Another with each release.
  if (node.getText() === 'VERSION') return undefined;
  const type = checker.getTypeAtLocation(node);
  const value = type !== undefined && 'value' in type ? type.value : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
