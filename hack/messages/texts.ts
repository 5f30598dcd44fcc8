// SPDX-License-Identifier: Apache-2.0
/**
 * Every text for people that src/ holds: each literal of two words or more, with placeholders where it is filled in, and
 * the reasons or codes that stand beside it. Read with the compiler, so that none can be missed.
 * @module
 */
import path from 'node:path';
import { isTemplateExpression, type Node } from 'typescript/unstable/ast';
import { API, type Checker } from 'typescript/unstable/sync';
import { type Beside, helpersIn, isCompared, namesBeside } from './beside.ts';
import { isLiteral, rendered } from './rendered.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SRC = path.join(ROOT, 'src');

export interface Text {
  /** Below src/. */
  readonly file: string;
  /** `Secret <name> does not exist`. */
  readonly text: string;
  /** Reasons and codes that the nearest construct around it names; none: it is a part of something. */
  readonly names: readonly string[];
  /** The property or the variable that it becomes. */
  readonly role: string | undefined;
}

/** The texts of all files, in the order of their names and lines. */
export function readTexts(names: ReadonlySet<string>): readonly Text[] {
  const api = new API({ cwd: ROOT });
  try {
    const [project] = api.updateSnapshot({ openProjects: [path.join(SRC, 'tsconfig.json')] }).getProjects();
    if (project === undefined)
      throw new Error('src/tsconfig.json could not be opened; run tsc -b and see what it says');
    const { program, checker } = project;
    const files = program.getSourceFileNames().filter((file) => file.startsWith(`${SRC}/`));
    const sources = new Map(
      files.toSorted().map((name) => {
        const source = program.getSourceFile(name);
        if (source === undefined) throw new Error(`${name} could not be read; run tsc -b and see what it says`);
        return [path.relative(SRC, name), source] as const;
      }),
    );
    const helpers = helpersIn(sources, names);
    return [...sources].flatMap(([file, source]) => textsOf(source, { file, checker, names, helpers }));
  } finally {
    api.close();
  }
}

interface Reader extends Beside {
  readonly checker: Checker;
}

function textsOf(node: Node, reader: Reader): Text[] {
  const found: Text[] = [];
  const visit = (inner: Node): void => void found.push(...textsOf(inner, reader));
  if (!isLiteral(node)) {
    node.forEachChild(visit);
    return found;
  }
  const text = rendered(node, reader.checker);
  if (!isForPeople(text, isTemplateExpression(node)) || isCompared(node)) return found;
  const role = roleOf(node);
  // What something is called is told with no reason.
  return [{ file: reader.file, text, names: role === 'name' ? [] : namesBeside(node, reader), role }];
}

/** Two words, or one beside something filled in: the rest are names. */
function isForPeople(text: string, filledIn: boolean): boolean {
  const own = text.replaceAll(/<[^<>]*>/gu, '');
  const words = own.match(/\p{L}{2,}/gu) ?? [];
  return own.includes(' ') && words.length >= (filledIn ? 1 : 2);
}

function roleOf({ parent }: Node): string | undefined {
  return 'name' in parent && parent.name !== undefined ? (parent.name as Node).getText() : undefined;
}
