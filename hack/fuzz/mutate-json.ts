// SPDX-License-Identifier: Apache-2.0
/**
 * Changes JSON as a tree: values become others, members are left out, repeated or renamed. Lines of JSON are changed one
 * at a time.
 * @module
 */
import type { Material } from './mutate.ts';

type Parent = Record<string, unknown> | unknown[];

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  '',
  ' ',
  '*',
  'a'.repeat(300),
  '\ud800',
  '\u0000',
  '\n',
  '__proto__',
  '1h',
  [],
  {},
  [null],
  { toString: 1, valueOf: 1 },
  { length: -1 },
  [[[[[[[[]]]]]]]],
];
const MAX_DEPTH = 100;
const NAMES = ['__proto__', 'constructor', 'toString', '', 'length', 'metadata', 'spec', 'name'];

/** One change in the document, or in one of the documents that stand on lines of their own. */
export function mutateJSON(input: Buffer, material: Material): Buffer {
  const text = input.toString('utf8');
  const whole = changed(text, material);
  if (whole !== undefined) return Buffer.from(whole);
  const lines = text.split('\n');
  const at = material.random.below(lines.length);
  return Buffer.from(lines.with(at, changed(lines[at] ?? '', material) ?? '{}').join('\n'));
}

function changed(text: string, material: Material): string | undefined {
  const root = parsed(text);
  if (root === undefined) return undefined;
  const parents = parentsOf(root);
  if (parents.length === 0) return JSON.stringify(material.random.pick(VALUES));
  changeMember(material.random.pick(parents), material);
  return JSON.stringify(root);
}

function changeMember(parent: Parent, { random, tokens, other }: Material): void {
  const keys = Object.keys(parent);
  const key = keys.length === 0 ? '0' : random.pick(keys);
  switch (random.below(5)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else Reflect.deleteProperty(parent, key);
      return;
    case 1: {
      const name = random.below(2) === 0 || tokens.length === 0 ? random.pick(NAMES) : random.pick(tokens).toString();
      define(parent, Array.isArray(parent) ? String(parent.length) : name, random.pick(VALUES));
      return;
    }
    case 2: {
      const theirs = parentsOf(parsed(other().toString('utf8').split('\n')[0] ?? ''));
      const from = theirs.length === 0 ? parent : random.pick(theirs);
      // A copy: what is put into itself has no end.
      const values = Object.values(from);
      define(parent, key, structuredClone(values.length === 0 ? from : random.pick(values)));
      return;
    }
    case 3:
      define(parent, key, tokens.length === 0 ? random.pick(VALUES) : random.pick(tokens).toString());
      return;
    default:
      define(parent, key, structuredClone(random.pick(VALUES)));
  }
}

/** An own member, also where it is called __proto__. */
function define(parent: Parent, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON, which other mutators deal with.
    return undefined;
  }
}

/** Everything in it that has members, but for what is too deep to be walked through. */
function parentsOf(value: unknown, depth = 0): Parent[] {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return [];
  const parent = value as Parent;
  return [parent, ...Object.values(parent).flatMap((each) => parentsOf(each, depth + 1))];
}
