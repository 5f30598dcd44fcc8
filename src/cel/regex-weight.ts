// SPDX-License-Identifier: Apache-2.0
/**
 * How much work a regular expression is for each character of a text. RE2 takes time in proportion to the length of
 * the text times the size of its program, and counted repetition multiplies that size.
 * @module
 */

/** Instructions of the program, about: atoms, each as often as its repetition asks for. Linear in the pattern. */
export function regexWeight(pattern: string): number {
  const reader = { pattern, at: 0 };
  return alternatives(reader, 0);
}

interface Reader {
  readonly pattern: string;
  at: number;
}

/** RE2 refuses patterns nested deeper than 1,000; policies need far less. */
const MAX_DEPTH = 16;
const TOO_DEEP = 1_000_000;

function alternatives(reader: Reader, depth: number): number {
  if (depth > MAX_DEPTH) {
    reader.at = reader.pattern.length;
    return TOO_DEEP;
  }
  let weight = 1;
  while (reader.at < reader.pattern.length && reader.pattern[reader.at] !== ')') {
    const atom = atomWeight(reader, depth);
    weight += atom * repetitions(reader);
  }
  return weight;
}

function atomWeight(reader: Reader, depth: number): number {
  const character = reader.pattern[reader.at];
  reader.at += 1;
  if (character === '(') {
    const weight = alternatives(reader, depth + 1);
    reader.at += 1;
    return weight;
  }
  if (character === '[') return classWeight(reader);
  return character === '\\' ? escapeWeight(reader) : 1;
}

/** Text between \Q and \E stands for itself, whatever brackets it has. */
const QUOTED = /Q([^]*?)(?:\\E|$)/y;
/** A character by its number, or a class by its name; what is in the braces repeats nothing. */
const BRACED = /[xpP]\{[^}]*\}?/y;

/** From behind the backslash. */
function escapeWeight(reader: Reader): number {
  const quoted = matchAt(QUOTED, reader);
  if (quoted !== undefined) return Math.max(1, quoted[1]?.length ?? 0);
  if (matchAt(BRACED, reader) === undefined) reader.at += 1;
  return 1;
}

/** What a sticky expression finds where the reader is, which moves on behind it. */
function matchAt(expression: RegExp, reader: Reader): RegExpExecArray | undefined {
  expression.lastIndex = reader.at;
  const found = expression.exec(reader.pattern) ?? undefined;
  reader.at += found?.[0].length ?? 0;
  return found;
}

/** A class is one instruction, whose ranges are searched. */
function classWeight(reader: Reader): number {
  const from = reader.at;
  // A bracket that comes first, negated or not, is a member.
  if (reader.pattern[reader.at] === '^') reader.at += 1;
  if (reader.pattern[reader.at] === ']') reader.at += 1;
  while (reader.at < reader.pattern.length && reader.pattern[reader.at] !== ']') {
    reader.at += reader.pattern[reader.at] === '\\' ? 2 : 1;
  }
  reader.at += 1;
  return 1 + (reader.at - from) / 16;
}

const COUNTED = /^\{(\d+)(,(\d*))?\}\??/;

function repetitions(reader: Reader): number {
  const counted = COUNTED.exec(reader.pattern.slice(reader.at, reader.at + 16));
  if (counted === null) {
    if ('*+?'.includes(reader.pattern[reader.at] ?? ' ')) reader.at += 1;
    return 1;
  }
  reader.at += counted[0].length;
  return Math.max(1, Number(counted[1]), Number(counted[3] ?? 0));
}
