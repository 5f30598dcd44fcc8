// SPDX-License-Identifier: Apache-2.0
/**
 * Counts the work of one evaluation, and ends it when there is too much. The unit is about one step of the evaluator;
 * what costs in proportion to its operands is charged by their size before it is done.
 * @module
 */

/** Work of one evaluation: 10 to 15 ms of the slowest expressions we know; see ADR 0010. */
export const MAX_WORK = 75_000;
/** Characters of a text, and items of a list, that an expression may make. */
const MAX_TEXT = 20_000;
const MAX_ITEMS = 1024;

const CHARACTERS_A_UNIT = 256;
/** Calling a function, its overloads looked through. */
const CALL = 2;
/** An error that is made, and may be passed over: the next turn of a loop makes another. */
const FAILURE = 25;
/** Evaluating anything at all, and each node of the tree once, for what the library does without asking us. */
const EVALUATION = 20;
const NODES_A_UNIT = 2;

export const TOO_MUCH_WORK = 'it takes too much work for this object; use fewer or shorter loops';
export const NO_WORK_LEFT =
  'the expressions of all policies together take too much work for one object; make them simpler, or match fewer objects';

export class Meter {
  #spent = 0;
  #max = MAX_WORK;

  get spent(): number {
    return this.#spent;
  }

  get exhausted(): boolean {
    return this.#spent > this.#max;
  }

  /** Begins with an expression of this many nodes, that may spend `max` and never more than MAX_WORK. */
  begin(nodes: number, max: number): void {
    this.#spent = EVALUATION + nodes / NODES_A_UNIT;
    this.#max = Math.min(MAX_WORK, max);
  }

  /** Throws once everything is spent, and from then on each time. */
  charge(units: number): void {
    this.#spent += units;
    if (this.exhausted) throw new Error(TOO_MUCH_WORK);
  }

  chargeCall(): void {
    this.charge(CALL);
  }

  chargeFailure(): void {
    this.charge(FAILURE);
  }

  /** For reading a text of this length. */
  chargeText(length: number): void {
    this.charge(1 + length / CHARACTERS_A_UNIT);
  }
}

export function assertText(length: number): void {
  if (length > MAX_TEXT) throw new Error(`it makes a string of more than ${MAX_TEXT} characters`);
}

export function assertItems(count: number): void {
  if (count > MAX_ITEMS) throw new Error(`it makes a list of more than ${MAX_ITEMS} items`);
}
