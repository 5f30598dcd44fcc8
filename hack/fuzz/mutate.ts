// SPDX-License-Identifier: Apache-2.0
/**
 * How inputs are changed: octets, words and lines, pieces of other inputs, tokens of the target. What knows a format is
 * in mutate-der.ts and mutate-json.ts.
 * @module
 */
import type { Random } from './random.ts';

export interface Material {
  readonly random: Random;
  readonly tokens: readonly Buffer[];
  /** Another input. */
  readonly other: () => Buffer;
}

/** Gives back a changed copy, never the input itself. */
export type Mutator = (input: Buffer, material: Material) => Buffer;

/** Larger inputs cost time and find nothing that smaller ones do not; bounds of sizes have tests of their own. */
const MAX_SIZE = 16 * 1024;
const OCTETS = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x20, 0x22, 0x2e, 0x2f, 0x3d, 0x5c, 0x7b, 0xc3];
const NUMBERS = ['0', '1', '-1', '00', '255', '256', '65536', '2147483648', '9007199254740993', '1e999', '0.5'];

const MUTATORS: readonly Mutator[] = [
  flipBit,
  setOctet,
  setOctet,
  insertOctets,
  remove,
  remove,
  repeat,
  truncate,
  splice,
  insertToken,
  insertToken,
  replaceWord,
  replaceWord,
  swapWords,
  replaceNumber,
  moveLine,
];

/** One to four changes in a row: three times of four only such as the target knows of its format, which keep it whole. */
export function mutated(input: Buffer, own: readonly Mutator[], material: Material): Buffer {
  const { random } = material;
  const mutators = own.length > 0 && random.below(4) > 0 ? own : [...MUTATORS, ...own];
  let now = input;
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    now = random.pick(mutators)(now, material).subarray(0, MAX_SIZE);
  }
  return Buffer.from(now);
}

function replaced(input: Buffer, from: number, to: number, by: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, from), by, input.subarray(to)]);
}

/** A stretch, mostly a short one. */
function stretch({ length }: Buffer, random: Random): readonly [from: number, to: number] {
  const from = random.below(length + 1);
  const size = random.below(random.below(4) === 0 ? length + 1 : 9);
  return [from, Math.min(length, from + size)];
}

function flipBit(input: Buffer, { random }: Material): Buffer {
  const copy = Buffer.from(input);
  const at = random.below(copy.length);
  if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  return copy;
}

function setOctet(input: Buffer, { random }: Material): Buffer {
  const copy = Buffer.from(input);
  if (copy.length > 0)
    copy[random.below(copy.length)] = random.below(2) === 0 ? random.below(256) : random.pick(OCTETS);
  return copy;
}

function insertOctets(input: Buffer, { random }: Material): Buffer {
  const octets = Array.from({ length: 1 + random.below(4) }, () => random.below(256));
  const at = random.below(input.length + 1);
  return replaced(input, at, at, Buffer.from(octets));
}

function remove(input: Buffer, { random }: Material): Buffer {
  const [from, to] = stretch(input, random);
  return replaced(input, from, to, Buffer.alloc(0));
}

function repeat(input: Buffer, { random }: Material): Buffer {
  const [from, to] = stretch(input, random);
  const piece = input.subarray(from, to);
  const times = random.below(8) === 0 ? 200 : 1 + random.below(4);
  return replaced(input, to, to, Buffer.concat(Array.from({ length: times }, () => piece)).subarray(0, MAX_SIZE));
}

function truncate(input: Buffer, { random }: Material): Buffer {
  return Buffer.from(input.subarray(0, random.below(input.length + 1)));
}

function splice(input: Buffer, { random, other }: Material): Buffer {
  const from = other();
  const [start, end] = stretch(from, random);
  const [at, to] = stretch(input, random);
  return replaced(input, at, random.below(2) === 0 ? at : to, from.subarray(start, end));
}

function insertToken(input: Buffer, { random, tokens }: Material): Buffer {
  if (tokens.length === 0) return Buffer.from(input);
  const [from, to] = stretch(input, random);
  return replaced(input, from, random.below(2) === 0 ? from : to, random.pick(tokens));
}

const WORD = /[\p{L}\p{N}_]+|\s+|./gsu;

/** Words, spaces and single characters. Octets that are no UTF-8 do not survive it. */
function wordsOf(input: Buffer): string[] {
  return input.toString('utf8').match(WORD) ?? [''];
}

function replaceWord(input: Buffer, { random, tokens, other }: Material): Buffer {
  const words = wordsOf(input);
  const by =
    tokens.length > 0 && random.below(2) === 0 ? random.pick(tokens).toString() : random.pick(wordsOf(other()));
  return Buffer.from(words.with(random.below(words.length), by).join(''));
}

function swapWords(input: Buffer, { random }: Material): Buffer {
  const words = wordsOf(input);
  const [a, b] = [random.below(words.length), random.below(words.length)];
  return Buffer.from(
    words
      .with(a, words[b] ?? '')
      .with(b, words[a] ?? '')
      .join(''),
  );
}

function replaceNumber(input: Buffer, { random }: Material): Buffer {
  const text = input.toString('latin1');
  const numbers = [...text.matchAll(/\d+/gu)];
  if (numbers.length === 0) return Buffer.from(input);
  const { index, 0: found } = random.pick(numbers);
  return replaced(input, index, index + found.length, Buffer.from(random.pick(NUMBERS)));
}

/** Takes a line away and puts it, or one of another input, elsewhere. */
function moveLine(input: Buffer, { random, other }: Material): Buffer {
  const lines = input.toString('latin1').split('\n');
  const [line = ''] = lines.splice(random.below(lines.length), random.below(2));
  const moved = random.below(2) === 0 ? line : random.pick(other().toString('latin1').split('\n'));
  lines.splice(random.below(lines.length + 1), 0, moved);
  return Buffer.from(lines.join('\n'), 'latin1');
}
