// SPDX-License-Identifier: Apache-2.0
/** @module Where a text goes from the variable that holds it, or from the function that returns it, within its file. */
import {
  isArrowFunction,
  isBinaryExpression,
  isBindingElement,
  isConditionalExpression,
  isFunctionDeclaration,
  isIdentifier,
  isMethodDeclaration,
  isParenthesizedExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isReturnStatement,
  isSourceFile,
  isTemplateSpan,
  isVariableDeclaration,
  type Node,
} from 'typescript/unstable/ast';

/** Filled into other texts and said by nobody alone. `isAside`: a use that is a question and hands nothing on. */
export function isPart(text: Node, isAside: (use: Node) => boolean): boolean {
  const { parent } = valueOf(text);
  const holder = isReturnStatement(parent) ? functionAround(parent) : parent;
  if (!isVariableDeclaration(holder) && !isFunctionDeclaration(holder)) return false;
  const uses = usesOf(holder).filter((use) => !isAside(use));
  return uses.length > 0 && uses.every(isFilledIn);
}

/** The names that stand for a variable or a function where either can be seen, the declaration aside. */
export function usesOf(declaration: Node): readonly Node[] {
  const name = 'name' in declaration ? (declaration.name as Node) : undefined;
  const found: Node[] = [];
  const visit = (node: Node): void => {
    if (isIdentifier(node) && node !== name && node.text === name?.getText() && !isMember(node)) found.push(node);
    node.forEachChild(visit);
  };
  visit(functionAround(declaration.parent));
  return found;
}

/** What comes of it where it is one of two. */
function valueOf(text: Node): Node {
  const { parent } = text;
  const isOneOfTwo = isConditionalExpression(parent) || isBinaryExpression(parent) || isParenthesizedExpression(parent);
  return isOneOfTwo ? valueOf(parent) : text;
}

function functionAround(node: Node): Node {
  const isScope = isFunctionDeclaration(node) || isMethodDeclaration(node) || isArrowFunction(node);
  return isScope || isSourceFile(node) ? node : functionAround(node.parent);
}

/** `bounds` of `trust.bounds`, of `{ bounds: some }` and of what is taken apart like that. */
function isMember(node: Node): boolean {
  const { parent } = node;
  if (isBindingElement(parent)) return parent.propertyName === node;
  return (isPropertyAccessExpression(parent) || isPropertyAssignment(parent)) && parent.name === node;
}

function isFilledIn(use: Node): boolean {
  const scope = functionAround(use);
  for (let node = use; node !== scope; node = node.parent) if (isTemplateSpan(node)) return true;
  return false;
}
