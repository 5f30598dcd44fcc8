// SPDX-License-Identifier: Apache-2.0
/**
 * The control loop: N workers take keys from the queue, run the reconcile function and decide, in the one place
 * where that is decided, what an outcome means for the queue. It knows keys and errors, nothing of what they are about.
 * @module
 */
import { ERROR_CODES, SignetError } from '../errors.ts';
import { type Duration, type Instant, MINUTE, SECOND } from '../time.ts';
import type { Clock } from './clock.ts';
import type { Reconcile, Result } from './result.ts';
import type { RetryBounds, WorkQueue } from './work-queue.ts';

/**
 * - `success`: nothing more to do until something happens
 * - `requeue_after`: succeeded, and comes again at a known time
 * - `error`: failed, comes again after its back-off
 * - `terminal_error`: failed, left alone until the object changes
 * - `canceled`: given up because the program stops
 */
export const OUTCOMES = ['success', 'requeue_after', 'error', 'terminal_error', 'canceled'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Finished {
  readonly key: string;
  readonly outcome: Outcome;
  readonly duration: Duration;
  /** With the outcomes `error`, `terminal_error` and `canceled`. */
  readonly error?: SignetError;
}

/** Told about every run, for metrics and logs. */
export interface ControllerObserver {
  started(key: string): void;
  finished(run: Finished): void;
}

export interface ControllerOptions {
  readonly name: string;
  readonly reconcile: Reconcile;
  readonly clock: Clock;
  readonly queue: WorkQueue;
  /** Runs at once; default 32. */
  readonly workers?: number;
  readonly observer?: ControllerObserver;
  /** What is known about a failed key: its remaining life bounds the back-off, its expiry is the urgency. */
  readonly retryBounds?: (key: string) => Pick<RetryBounds, 'max' | 'urgency'>;
  /** A run that takes longer has its signal aborted. Default 2 min. */
  readonly runLimit?: Duration;
  /** How long `stop` lets runs finish before it aborts their signals. Default 3 s. */
  readonly grace?: Duration;
}

const DEFAULT_WORKERS = 32;
const RUN_LIMIT: Duration = 2 * MINUTE;
const GRACE: Duration = 3 * SECOND;
/** A success that asks for an earlier return gets this: a time computed a moment late must not become a busy loop. */
const MIN_REQUEUE: Duration = 100;
/** With work waiting, timers and sockets get their turn after this long, even when no run waits for anything. */
const SLICE: Duration = 20;

interface Run {
  readonly startedAt: Duration;
  readonly abort: AbortController;
}

export class Controller {
  readonly name: string;
  readonly #options: Required<Omit<ControllerOptions, 'observer'>> & Pick<ControllerOptions, 'observer'>;
  readonly #runs = new Map<string, Run>();
  #workers: readonly Promise<void>[] = [];
  #state: 'new' | 'running' | 'stopping' = 'new';
  #pause: Promise<void> | undefined;
  #pausedAt: Duration;

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = {
      workers: DEFAULT_WORKERS,
      retryBounds: () => ({}),
      runLimit: RUN_LIMIT,
      grace: GRACE,
      ...options,
    };
    this.#pausedAt = options.clock.monotonic();
  }

  /** Starts the workers. Keys may have been added before. */
  start(): void {
    if (this.#state === 'new') {
      this.#state = 'running';
      this.#workers = Array.from({ length: this.#options.workers }, () => this.#work());
    }
  }

  /**
   * Takes no more keys and resolves when every run has returned. Runs that are not back after the grace period
   * have their signals aborted; one that ignores its signal keeps this waiting, so the caller needs a deadline.
   */
  async stop(): Promise<void> {
    const { queue, clock, grace } = this.#options;
    this.#state = 'stopping';
    queue.shutdown();
    const cancel = clock.after(grace, () => {
      for (const run of this.#runs.values()) {
        run.abort.abort(new SignetError('ERR_KUBE_TIMEOUT', 'the program stops'));
      }
    });
    await Promise.all(this.#workers);
    cancel();
  }

  enqueue(key: string, urgency?: Instant): void {
    this.#options.queue.add(key, urgency);
  }

  /** For metrics. */
  get queue(): WorkQueue {
    return this.#options.queue;
  }

  /** Runs in progress. */
  get inFlight(): number {
    return this.#runs.size;
  }

  /** How long the oldest run in progress has taken so far; for a watchdog. */
  longestRun(): Duration {
    const now = this.#options.clock.monotonic();
    let longest = 0;
    for (const run of this.#runs.values()) {
      longest = Math.max(longest, now - run.startedAt);
    }
    return longest;
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.#options.queue.next();
      if (key === undefined) {
        return;
      }
      await this.#run(key);
      await this.#breathe();
    }
  }

  /** One run from hand-out to `done`; never throws. */
  async #run(key: string): Promise<void> {
    const { reconcile, clock, queue, runLimit } = this.#options;
    const run: Run = { startedAt: clock.monotonic(), abort: new AbortController() };
    this.#runs.set(key, run);
    const cancel = clock.after(runLimit, () => {
      run.abort.abort(new SignetError('ERR_KUBE_TIMEOUT', 'one reconcile run took longer than its limit'));
    });
    this.#tell((observer) => observer.started(key));
    let outcome: Outcome;
    let error: SignetError | undefined;
    try {
      outcome = this.#succeed(key, await reconcile(key, run.abort.signal));
    } catch (thrown) {
      error = normalise(thrown, run.abort.signal);
      outcome = this.#fail(key, error);
    }
    cancel();
    this.#runs.delete(key);
    queue.done(key);
    const duration = clock.monotonic() - run.startedAt;
    this.#tell((observer) => observer.finished({ key, outcome, duration, ...(error === undefined ? {} : { error }) }));
  }

  #succeed(key: string, { requeueAfter, urgency }: Result): Outcome {
    const { queue } = this.#options;
    queue.forget(key);
    if (requeueAfter === undefined) {
      return 'success';
    }
    queue.addAfter(key, Math.max(MIN_REQUEUE, requeueAfter), urgency);
    return 'requeue_after';
  }

  /** The switch from error to queue action. */
  #fail(key: string, error: SignetError): Outcome {
    if (this.#state === 'stopping') {
      return 'canceled';
    }
    const retry = ERROR_CODES[error.code];
    switch (retry) {
      case 'backoff':
        this.#options.queue.addRateLimited(key, { ...this.#boundsOf(key), min: error.retryAfter });
        return 'error';
      case 'never':
        return 'terminal_error';
      default:
        return retry satisfies never;
    }
  }

  #boundsOf(key: string): Pick<RetryBounds, 'max' | 'urgency'> {
    try {
      return this.#options.retryBounds(key);
    } catch {
      // Without bounds the plain back-off applies, which is safe; the run's own error is the one to report.
      return {};
    }
  }

  #tell(call: (observer: ControllerObserver) => void): void {
    const { observer } = this.#options;
    if (observer === undefined) {
      return;
    }
    try {
      call(observer);
    } catch {
      // Whoever counts and logs must not stop the work; there is nobody left to report to.
    }
  }

  /** Lets the event loop turn when runs that wait for nothing would keep it for themselves. */
  async #breathe(): Promise<void> {
    const { clock, queue } = this.#options;
    if (this.#pause === undefined && queue.length > 0 && clock.monotonic() - this.#pausedAt >= SLICE) {
      this.#pause = new Promise((resolve) => {
        clock.after(0, () => {
          this.#pausedAt = clock.monotonic();
          this.#pause = undefined;
          resolve();
        });
      });
    }
    await this.#pause;
  }
}

/**
 * Turns whatever was thrown into an error of ours. A foreign error's message is not repeated: it may quote what was
 * being parsed. Its cause is kept for the stack.
 */
function normalise(thrown: unknown, signal: AbortSignal): SignetError {
  if (thrown instanceof SignetError) {
    return thrown;
  }
  if (signal.aborted && signal.reason instanceof SignetError) {
    return signal.reason;
  }
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return new SignetError('ERR_INVARIANT', `unexpected ${name}; this is a bug`, { cause: thrown });
}
