// SPDX-License-Identifier: Apache-2.0
/**
 * The functions of expressions, each charged to a meter before it does its work: by the size of what it reads, and
 * refused where it would make too much.
 * @module
 */
import {
  type CelFunc,
  CelScalar,
  type CelValue,
  celEnv,
  celFunc,
  celList,
  celMethod,
  isCelError,
  isCelList,
  isCelMap,
  listType,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { assertItems, assertText, type Meter } from './meter.ts';
import { SIGNATURES } from './signatures.ts';

/** A regular expression of an expression, compiled when the policy was. */
export interface Pattern {
  readonly weight: number;
  test(text: string): boolean;
}

/** What the evaluation at hand works with. */
export interface Work {
  readonly meter: Meter;
  readonly patterns: ReadonlyMap<string, Pattern>;
}

/** Names of the two functions that stand around every loop; no source can spell them. */
export const RANGE = '@range';
export const TICK = '@tick';

const { BOOL, DYN, INT, STRING } = CelScalar;
const ANY_LIST = listType(DYN);
/** Longest text that is read as a number or a duration. */
const MAX_NUMERAL = 64;
/** A step of a regular expression is cheaper than one of the evaluator. */
const REGEX_STEPS_A_UNIT = 16;
/** Searching compares many characters at once. */
const SEARCH_STEPS_A_UNIT = 64;

type Operands = readonly (CelValue | undefined)[];
type Charge = (operands: Operands, work: Work) => void;

/** What costs other than in proportion to the size of its operands. */
const CHARGES: Readonly<Record<string, Charge>> = {
  // Counts code points, in a list of them.
  size: ([operand], { meter }) => meter.charge(lengthOf(operand) / 16),
  '@in': ([value, among], { meter }) => {
    chargeSize(among, meter);
    if (isCelList(among)) meter.charge(among.size * (1 + lengthOf(value) / SEARCH_STEPS_A_UNIT));
    if (isCelList(value) && isCelList(among))
      for (let index = 0; index < among.size; index += 1) chargeSize(value, meter);
  },
  contains: ([text, part], { meter }) =>
    meter.charge(1 + (lengthOf(text) * Math.max(1, lengthOf(part))) / SEARCH_STEPS_A_UNIT),
  lowerAscii: ([text], { meter }) => meter.charge(1 + lengthOf(text)),
  duration: (operands, work) => {
    assertNumeral(operands, work);
    work.meter.charge(10);
  },
  split: ([text], { meter }) => meter.charge(lengthOf(text) / 2),
  int: assertNumeral,
  // A text is put together without being copied; how long it may get is asserted of every result.
  '_+_': (_, { meter }) => meter.charge(1),
  join: ([list, separator], { meter }) => {
    if (!isCelList(list)) return;
    meter.charge(list.size * (1 + lengthOf(separator)));
    chargeSize(list, meter);
    let length = lengthOf(separator) * list.size;
    for (const item of list) length += lengthOf(item);
    assertText(length);
  },
};

/** Every function an expression may call, metered. `work` is asked at each call. */
export function meteredFunctions(work: () => Work): CelFunc[] {
  const base = [...celEnv({ funcs: strings }).funcs].filter(({ name }) => SIGNATURES.has(name));
  return [...base.map((func) => metered(func, work)), ...ownFunctions(work)];
}

function metered(func: CelFunc, work: () => Work): CelFunc {
  const charge = CHARGES[func.name] ?? chargeAll;
  const call = (target: CelValue | undefined, args: CelValue[]): CelValue => {
    const { meter } = work();
    meter.chargeCall();
    charge(target === undefined ? args : [target, ...args], work());
    const result = func.call(0, target, args);
    if (result === undefined || isCelError(result)) meter.chargeFailure();
    if (result === undefined) throw new Error(`${func.name} cannot be applied to these types`);
    if (isCelError(result)) throw result;
    if (typeof result === 'string') assertText(result.length);
    if (isCelList(result)) assertItems(result.size);
    return result;
  };
  if (func.target === undefined) {
    return celFunc(func.name, func.arguments, func.result, (...args: CelValue[]) => call(undefined, args));
  }
  return celMethod(func.name, func.target, func.arguments, func.result, function (this: CelValue, ...args: CelValue[]) {
    return call(this, args);
  });
}

function ownFunctions(work: () => Work): CelFunc[] {
  return [
    // The library's lists of lists of lists take quadratic time to walk, and as much stack as they have items.
    celFunc('_+_', [ANY_LIST, ANY_LIST], ANY_LIST, (left, right) => {
      assertItems(left.size + right.size);
      work().meter.charge(4 + (left.size + right.size) / 2);
      return celList([...left, ...right]);
    }),
    celMethod('matches', STRING, [STRING], BOOL, function (text) {
      const { meter, patterns } = work();
      const pattern = patterns.get(text);
      if (pattern === undefined) throw new Error('matches needs a pattern that was compiled with the policy');
      meter.charge(1 + (this.length * pattern.weight) / REGEX_STEPS_A_UNIT);
      return pattern.test(this);
    }),
    celFunc(RANGE, [DYN], DYN, (range) => {
      const size = isCelList(range) || isCelMap(range) ? range.size : 0;
      assertItems(size);
      work().meter.charge(1 + size);
      return range;
    }),
    celFunc(TICK, [BOOL, INT], BOOL, (goOn, cost) => {
      work().meter.charge(Number(cost));
      return goOn;
    }),
  ];
}

function chargeAll(operands: Operands, { meter }: Work): void {
  for (const operand of operands) chargeSize(operand, meter);
}

/** Charges for every character and item of a value, however deep. */
function chargeSize(value: CelValue | undefined, meter: Meter): void {
  if (typeof value === 'string') meter.chargeText(value.length);
  else if (isCelList(value)) chargeItems(value, meter);
  else if (isCelMap(value)) chargeItems(value.values(), meter);
  else meter.charge(1);
}

function chargeItems(items: Iterable<CelValue>, meter: Meter): void {
  meter.charge(1);
  for (const item of items) chargeSize(item, meter);
}

function assertNumeral([operand]: Operands, { meter }: Work): void {
  meter.charge(1);
  if (lengthOf(operand) <= MAX_NUMERAL) return;
  meter.chargeFailure();
  throw new Error(`a string of more than ${MAX_NUMERAL} characters is not a number`);
}

function lengthOf(value: CelValue | undefined): number {
  return typeof value === 'string' ? value.length : 0;
}
