// SPDX-License-Identifier: Apache-2.0
/** @module Which reason or code a text of the code is told with: the one that stands beside it. */
import {
  type FunctionDeclaration,
  isBinaryExpression,
  isBlock,
  isCallExpression,
  isElementAccessExpression,
  isFunctionDeclaration,
  isLiteralTypeNode,
  isMethodDeclaration,
  isSourceFile,
  isStringLiteral,
  isTaggedTemplateExpression,
  isVariableDeclaration,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { isPart, usesOf } from './uses.ts';

export interface Beside {
  /** Below src/. */
  readonly file: string;
  readonly names: ReadonlySet<string>;
  /** Functions that name one for what they are told. */
  readonly helpers: ReadonlyMap<string, readonly string[]>;
}

/** Beside more names than these a text belongs to none of them. */
const MAX_NAMES = 2;

/**
 * The names in the smallest construct around a text that has any, within one function, or in what it is handed to. None
 * where it is filled into another text: that one is told, and has them.
 */
export function namesBeside(text: Node, beside: Beside): readonly string[] {
  const found = namesAround(text, beside);
  return found.length > 0 && isPart(text, isCompared) ? [] : found;
}

function namesAround(text: Node, { file, names, helpers }: Beside): readonly string[] {
  for (let node = text.parent; !isSourceFile(node); node = node.parent) {
    const found = following(node, names) ?? namesIn(node, names);
    if (found.size > 0) return found.size > MAX_NAMES ? [] : [...found];
    const callee = isCallExpression(node) ? node.expression.getText() : '';
    const helped = helpers.get(`${file}#${callee}`) ?? helpers.get(callee);
    if (helped !== undefined) return helped;
    if (isFunctionDeclaration(node)) return namesOfCalls(node, names);
    if (isMethodDeclaration(node)) break;
  }
  return [];
}

/** What a function says is told with a reason where it is called; a code there is that of something else. */
function namesOfCalls({ name, parent }: FunctionDeclaration, names: ReadonlySet<string>): readonly string[] {
  const found: Node[] = [];
  const visit = (node: Node): void => {
    if (isCallExpression(node) && node.expression.getText() === name?.text) found.push(node);
    node.forEachChild(visit);
  };
  visit(parent);
  const all = new Set(found.flatMap((call) => [...nearest(call, names)]).filter((each) => !each.startsWith('ERR_')));
  return all.size > MAX_NAMES ? [] : [...all];
}

function nearest(call: Node, names: ReadonlySet<string>): Set<string> {
  const handedOn = isVariableDeclaration(call.parent) ? usesOf(call.parent).filter((use) => !isCompared(use)) : [];
  const each = handedOn.map((use) => smallest(use, names)).filter(({ size }) => size === 1);
  if (each.length > 0) return new Set(each.flatMap((found) => [...found]));
  for (let node = call; !isFunctionDeclaration(node) && !isSourceFile(node); node = node.parent) {
    const beside = following(node, names) ?? namesIn(node, names);
    if (beside.size > 0) return beside;
  }
  return new Set();
}

function smallest(use: Node, names: ReadonlySet<string>): Set<string> {
  for (let node = use; !isFunctionDeclaration(node) && !isSourceFile(node); node = node.parent) {
    const found = namesIn(node, names);
    if (found.size > 0) return found;
  }
  return new Set();
}

/** What is said first and handed on in a later statement. */
function following(node: Node, names: ReadonlySet<string>): Set<string> | undefined {
  const { parent } = node;
  if (!isBlock(parent)) return undefined;
  const later = parent.statements.slice(parent.statements.findIndex((each) => each === node));
  return later.map((each) => namesIn(each, names)).find((found) => found.size > 0);
}

function namesIn(node: Node, names: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  const visit = (inner: Node): void => {
    if (isCallExpression(inner) && inner.expression.getText() === 'isSignetError') return;
    if (isStringLiteral(inner) && names.has(inner.text) && !isCompared(inner)) found.add(inner.text);
    inner.forEachChild(visit);
  };
  visit(node);
  return found;
}

/** Functions that give what they are told one reason or code, by file and name, and by name alone for other files. */
export function helpersIn(sources: ReadonlyMap<string, SourceFile>, names: ReadonlySet<string>): Beside['helpers'] {
  const all = [...sources].flatMap(([file, { statements }]) =>
    statements.filter(isFunctionDeclaration).map((each) => {
      const name = each.name?.text ?? '';
      return { file, name, found: [...namesIn(each, names)] };
    }),
  );
  const helpers = all.filter(({ name, found }) => HELPER.test(name) && found.length === 1);
  return new Map([
    ...helpers.map(({ name, found }) => [name, found] as const),
    ...helpers.map(({ file, name, found }) => [`${file}#${name}`, found] as const),
  ]);
}

/** What they are called. */
const HELPER =
  /^(?:broken|derError|invalid|lost|malformed|neverSigns|problem|protocolError|refusal|refused|unusable)$/u;

export function isCompared({ parent }: Node): boolean {
  return (
    isLiteralTypeNode(parent) ||
    isElementAccessExpression(parent) ||
    isTaggedTemplateExpression(parent) ||
    (isBinaryExpression(parent) && COMPARISONS.has(parent.operatorToken.kind))
  );
}

const COMPARISONS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.EqualsEqualsEqualsToken,
  SyntaxKind.ExclamationEqualsEqualsToken,
]);
