// SPDX-License-Identifier: Apache-2.0
/**
 * Feeds a target: what it began with, then changed inputs without end. An input with an outcome that no other had is
 * kept and changed further, which leads as deep into a parser as its answers tell apart; the same seed leads the same way.
 * @module
 */
import { type Material, type Mutator, mutated } from './mutate.ts';
import { type Random, seededRandom } from './random.ts';
import { outcome, promise, type Target } from './target.ts';

export interface Finding {
  readonly input: Buffer;
  readonly message: string;
  /** With the places in the code. */
  readonly stack: string;
}

export interface FuzzerOptions {
  readonly target: Target;
  readonly seeds: readonly Buffer[];
  readonly seed: number;
  readonly onFinding: (finding: Finding) => void;
  /** Before each input. */
  readonly onInput?: (input: Buffer) => void;
}

/** Most inputs that are kept. */
const MAX_KEPT = 4096;
/** Microseconds of this thread for one input: a hundred times what any takes. */
const MAX_TIME = 2_000_000;

export class Fuzzer {
  readonly #options: FuzzerOptions;
  readonly #random: Random;
  readonly #material: Material;
  readonly #mutators: readonly Mutator[];
  readonly #kept: Buffer[] = [];
  readonly #outcomes = new Set<string>();
  readonly #found = new Set<string>();

  constructor(options: FuzzerOptions) {
    const { target, seed } = options;
    this.#options = options;
    this.#random = seededRandom(seed);
    this.#mutators = target.mutators ?? [];
    const tokens = (target.tokens ?? []).map((token) => Buffer.from(token));
    this.#material = { random: this.#random, tokens, other: () => this.#one() };
  }

  /** How many inputs are kept. */
  get kept(): number {
    return this.#kept.length;
  }

  /** How many outcomes there were. */
  get outcomes(): number {
    return this.#outcomes.size;
  }

  /** Feeds what the target begins with. */
  async begin(): Promise<void> {
    for (const input of this.#options.seeds) {
      this.#kept.push(input);
      await this.feed(input);
    }
    if (this.#kept.length === 0) this.#kept.push(Buffer.alloc(0));
  }

  /** Feeds one changed input. */
  async next(): Promise<void> {
    await this.feed(mutated(this.#one(), this.#mutators, this.#material));
  }

  async feed(input: Buffer): Promise<void> {
    const { target, onFinding, onInput } = this.#options;
    onInput?.(input);
    const before = process.threadCpuUsage();
    try {
      const word = await target.feed(Buffer.from(input));
      const { user, system } = process.threadCpuUsage(before);
      promise(user + system < MAX_TIME, `one input takes no more than ${MAX_TIME / 1e6} s`);
      this.#keep(input, word);
    } catch (error) {
      const finding = findingOf(input, error);
      if (this.#isNew(finding)) onFinding(finding);
    }
  }

  #keep(input: Buffer, word: string): void {
    if (this.#outcomes.has(word) || this.#kept.length >= MAX_KEPT) return;
    this.#outcomes.add(word);
    if (this.#kept.at(-1) === input) return;
    // In memory of its own: a small Buffer keeps the piece of the pool that it is cut from.
    const own = Buffer.alloc(input.length);
    own.set(input);
    this.#kept.push(own);
  }

  /** One of those it began with, which are sound, of the newest, which nobody has changed much, or of all. */
  #one(): Buffer {
    const { length } = this.#kept;
    const begun = Math.min(length, this.#options.seeds.length);
    const [from, to] = this.#random.pick([
      [0, Math.max(1, begun)],
      [Math.max(0, length - 64), length],
      [0, length],
    ] as const);
    return this.#kept[from + this.#random.below(to - from)] ?? Buffer.alloc(0);
  }

  /** The same fault is told once. */
  #isNew({ message, stack }: Finding): boolean {
    const [, place = ''] = /\(?(\S*src\/\S+:\d+):\d+\)?/u.exec(stack) ?? [];
    const name = outcome(message.split('\n')[0]?.slice(0, 80), place);
    if (this.#found.has(name)) return false;
    this.#found.add(name);
    return true;
  }
}

function findingOf(input: Buffer, error: unknown): Finding {
  if (!(error instanceof Error)) return { input, message: `threw ${String(error)}`, stack: '' };
  return { input, message: `${error.name}: ${error.message}`, stack: error.stack ?? '' };
}
