// SPDX-License-Identifier: Apache-2.0
/**
 * The functions and operators a policy expression may call: a list of its own, because whatever the library learns to
 * do next must first be bounded here.
 * @module
 */
import { BOOL, DOUBLE, DURATION, DYN, INT, listOf, STRING, type StaticType } from './types.ts';

export interface Signature {
  /** For `target.name(args)`. */
  readonly target?: StaticType;
  readonly args: readonly StaticType[];
  readonly result: StaticType;
}

const ANY_LIST = listOf(DYN);
const ANY_MAP: StaticType = { kind: 'map', of: DYN };

function binary(types: readonly StaticType[], result?: StaticType): readonly Signature[] {
  return types.map((type) => ({ args: [type, type], result: result ?? type }));
}

const ORDERED = [
  ...binary([BOOL, INT, DOUBLE, STRING, DURATION], BOOL),
  { args: [INT, DOUBLE], result: BOOL },
  { args: [DOUBLE, INT], result: BOOL },
];
const LOGIC = binary([BOOL], BOOL);
const SIZED = [STRING, ANY_LIST, ANY_MAP];
const TEXT_TEST: readonly Signature[] = [{ target: STRING, args: [STRING], result: BOOL }];
const MEMBERSHIP: readonly Signature[] = [
  { args: [DYN, ANY_LIST], result: BOOL },
  { args: [STRING, ANY_MAP], result: BOOL },
];

/** By name as the parser spells it. Comparison, the conditional and indexing are typed by the static pass itself. */
export const SIGNATURES: ReadonlyMap<string, readonly Signature[]> = new Map<string, readonly Signature[]>([
  ['!_', [{ args: [BOOL], result: BOOL }]],
  ['-_', [INT, DOUBLE].map((type) => ({ args: [type], result: type }))],
  ['_&&_', LOGIC],
  ['_||_', LOGIC],
  ['_+_', [...binary([INT, DOUBLE, STRING, DURATION]), { args: [ANY_LIST, ANY_LIST], result: ANY_LIST }]],
  ['_-_', binary([INT, DOUBLE, DURATION])],
  ['_*_', binary([INT, DOUBLE])],
  ['_/_', binary([INT, DOUBLE])],
  ['_%_', binary([INT])],
  ['_==_', [{ args: [DYN, DYN], result: BOOL }]],
  ['_!=_', [{ args: [DYN, DYN], result: BOOL }]],
  ['_<_', ORDERED],
  ['_<=_', ORDERED],
  ['_>_', ORDERED],
  ['_>=_', ORDERED],
  ['_?_:_', [{ args: [BOOL, DYN, DYN], result: DYN }]],
  [
    '_[_]',
    [
      { args: [ANY_LIST, INT], result: DYN },
      { args: [ANY_MAP, STRING], result: DYN },
    ],
  ],
  ['@in', MEMBERSHIP],
  ['@not_strictly_false', [{ args: [BOOL], result: BOOL }]],
  [
    'size',
    SIZED.flatMap((type) => [
      { args: [type], result: INT },
      { target: type, args: [], result: INT },
    ]),
  ],
  ['contains', TEXT_TEST],
  ['startsWith', TEXT_TEST],
  ['endsWith', TEXT_TEST],
  ['matches', TEXT_TEST],
  ['lowerAscii', [{ target: STRING, args: [], result: STRING }]],
  ['split', [{ target: STRING, args: [STRING], result: listOf(STRING) }]],
  ['join', [{ target: ANY_LIST, args: [STRING], result: STRING }]],
  ['format', [{ target: STRING, args: [ANY_LIST], result: STRING }]],
  ['duration', [{ args: [STRING], result: DURATION }]],
  ['getSeconds', [{ target: DURATION, args: [], result: INT }]],
  ['getMinutes', [{ target: DURATION, args: [], result: INT }]],
  ['getHours', [{ target: DURATION, args: [], result: INT }]],
  ['int', [INT, DOUBLE, STRING, DURATION].map((type) => ({ args: [type], result: INT }))],
  ['string', [STRING, INT, DOUBLE, BOOL, DURATION].map((type) => ({ args: [type], result: STRING }))],
]);

/** Names for people, the operators left out. */
export const FUNCTION_NAMES: readonly string[] = [...SIGNATURES.keys()].filter((name) => /^[a-z]/i.test(name)).sort();

/** The result of the first signature that fits what is known; undefined: none fits. */
export function resultOf(
  signatures: readonly Signature[],
  target: StaticType | undefined,
  args: readonly StaticType[],
): StaticType | undefined {
  const fitting = signatures.filter(
    (signature) =>
      fitsTarget(signature.target, target) &&
      signature.args.length === args.length &&
      signature.args.every((type, index) => fits(type, args[index] ?? DYN)),
  );
  const results = fitting.map(({ result }) => result);
  const [first] = results;
  return first !== undefined && results.every(({ kind }) => kind === first.kind) ? first : first && DYN;
}

function fitsTarget(wanted: StaticType | undefined, given: StaticType | undefined): boolean {
  if (wanted === undefined || given === undefined) return wanted === given;
  return fits(wanted, given);
}

function fits(wanted: StaticType, given: StaticType): boolean {
  if (wanted.kind === 'dyn' || given.kind === 'dyn') return true;
  return wanted.kind === given.kind || (wanted.kind === 'map' && given.kind === 'record');
}
