// SPDX-License-Identifier: Apache-2.0
/**
 * What runs only while this process holds the Lease: first every authority is checked against the API server itself,
 * then identities are worked on. A term ends for good; the next one starts afresh.
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import type { Controller } from '../controller/controller.ts';
import { type Duration, SECOND } from '../time.ts';

/** What else there is to look at waits this long, so that the first SVIDs of a term are not behind all of it. */
const HEAD_START: Duration = SECOND / 4;

export interface SigningTermOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Re-reads every authority from the API server; one that cannot be read signs nothing. */
  readonly verifyAuthorities: () => Promise<void>;
  /** A controller of its own for each term, with an empty queue. */
  readonly createController: () => Controller;
  /** `running` is true; for what must see every change of the term. */
  readonly onBegin?: () => void;
  /** The same when identities were worked on for a moment. */
  readonly onRunning?: () => void;
  /** Every identity there is. */
  readonly keys: () => Iterable<string>;
  readonly onProblem: (error: unknown) => void;
}

interface Term {
  ended: boolean;
  controller: Controller | undefined;
  cancel: () => void;
}

export class SigningTerm {
  readonly #options: SigningTermOptions;
  #term: Term | undefined;
  #ended: Term | undefined;
  #stopping: Promise<unknown> = Promise.resolve();

  constructor(options: SigningTermOptions) {
    this.#options = options;
  }

  /** Whether authorities were verified and identities are being worked on. */
  get running(): boolean {
    return this.#term?.controller !== undefined;
  }

  get controller(): Controller | undefined {
    return this.#term?.controller;
  }

  /** The Lease was won. */
  begin(): void {
    const term: Term = { ended: false, controller: undefined, cancel: () => undefined };
    this.#term = term;
    void this.#start(term);
  }

  /**
   * No more identities are worked on. Runs in flight get `grace` to finish (by default the controller's), then their
   * calls are aborted; 0, at once, is for a Lease that was lost. Resolves when they have returned. May be called again
   * with less.
   */
  end(grace?: Duration): Promise<void> {
    const term = this.#term ?? this.#ended;
    this.#term = undefined;
    this.#ended = term;
    if (term !== undefined) {
      term.ended = true;
      term.cancel();
      if (term.controller !== undefined) this.#stopping = term.controller.stop(grace).catch(this.#options.onProblem);
    }
    return Promise.resolve(this.#stopping).then(() => undefined);
  }

  /** Looks at every identity again. */
  enqueueAll(): void {
    if (this.running) for (const key of this.#options.keys()) this.enqueue(key);
  }

  /** Adds a key to the current term's queue; a standby needs none, it enqueues everything when it wins. */
  enqueue(key: string): void {
    this.#term?.controller?.enqueue(key);
  }

  async #start(term: Term): Promise<void> {
    try {
      await this.#stopping;
      await this.#options.verifyAuthorities();
    } catch (error) {
      this.#options.onProblem(error);
    }
    if (term.ended) return;
    const controller = this.#options.createController();
    for (const key of this.#options.keys()) controller.enqueue(key);
    controller.start();
    term.controller = controller;
    this.#options.onBegin?.();
    term.cancel = this.#options.clock.after(HEAD_START, () => this.#options.onRunning?.());
  }
}
