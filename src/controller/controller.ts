// SPDX-License-Identifier: Apache-2.0
/**
 * The control loop: N workers take keys from the queue, run the reconcile function and decide, in the one place
 * where that is decided, what an outcome means for the queue. It knows keys and errors, nothing of what they are about.
 * @module
 */
import { SignetError } from '../errors.ts';
import { type Duration, MINUTE, SECOND } from '../time.ts';
import type { BackoffBounds } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { Reconcile, Result } from './result.ts';
import { NO_SPAN, type Span, type Tracer } from './tracer.ts';
import type { WorkQueue } from './work-queue.ts';

/**
 * - `success`: nothing more to do until something happens
 * - `requeue_after`: succeeded, and comes again at a known time
 * - `error`: failed, comes again after its back-off
 * - `canceled`: given up because the controller stops, whatever it threw; that is no failure
 */
export const OUTCOMES = ['success', 'requeue_after', 'error', 'canceled'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Finished {
  readonly key: string;
  readonly outcome: Outcome;
  readonly duration: Duration;
  /** With the outcome `error`. */
  readonly error?: SignetError;
}

/** Told about every run, for metrics, logs and traces. */
export interface ControllerObserver {
  started(key: string): void;
  finished(run: Finished): void;
  /** Every run is a span of it. */
  readonly tracer?: Tracer;
}

export interface ControllerOptions {
  readonly name: string;
  readonly reconcile: Reconcile;
  readonly clock: Clock;
  readonly queue: WorkQueue;
  /** Runs at once; default 32. */
  readonly workers?: number;
  readonly observer?: ControllerObserver;
  /** What is known about a failed key: its remaining life bounds the back-off. */
  readonly retryBounds?: (key: string) => Pick<BackoffBounds, 'max'>;
  /** A run that takes longer has its signal aborted. Default 2 min. */
  readonly runLimit?: Duration;
  /** How long `stop` lets runs finish before it aborts their signals. Default 1 s. */
  readonly grace?: Duration;
}

const DEFAULT_WORKERS = 32;
const RUN_LIMIT: Duration = 2 * MINUTE;
/** Some times what a Secret and its status take; a call that hangs uses up no more than this of the time to stop. */
const GRACE: Duration = SECOND;
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
   * Takes no more keys and resolves when every run has returned. Runs get the grace period to finish what belongs
   * together, a Secret and the status that tells of it; then their signals are aborted, at once where `grace` is 0: a
   * process that lost the right to act must not go on. A write cut off may have happened. Nothing is undone: whoever
   * acts next decides on what is there. A run that ignores its signal keeps this waiting, so the caller needs a deadline.
   */
  async stop(grace: Duration = this.#options.grace): Promise<void> {
    const { queue, clock } = this.#options;
    this.#state = 'stopping';
    queue.shutdown();
    const reason = new SignetError('ERR_KUBE_TIMEOUT', 'the controller stops');
    if (grace <= 0) this.#abortRuns(reason);
    const cancel = clock.after(grace, () => this.#abortRuns(reason));
    await Promise.all(this.#workers);
    cancel();
  }

  enqueue(key: string): void {
    this.#options.queue.add(key);
  }

  /** For metrics. */
  get queue(): WorkQueue {
    return this.#options.queue;
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

  /** Aborts the runs in progress and goes on: `why`, this process may not act now. They come again after a back-off. */
  cut(why: string): void {
    this.#abortRuns(new SignetError('ERR_NOT_SIGNING', why));
  }

  #abortRuns(reason: SignetError): void {
    for (const run of this.#runs.values()) run.abort.abort(reason);
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.#options.queue.next();
      if (key === undefined) {
        return;
      }
      await this.#traced(key);
      await this.#breathe();
    }
  }

  /** What is logged of a run is a part of its span. */
  #traced(key: string): Promise<void> {
    const { observer, queue } = this.#options;
    if (observer?.tracer === undefined) return this.#run(key, NO_SPAN);
    return observer.tracer.span('reconcile', (span) => {
      span.set('signet.controller', this.name);
      span.set('signet.key', key);
      span.set('signet.queue_wait_ms', queue.waited(key));
      span.set('signet.retry', queue.failures(key));
      return this.#run(key, span);
    });
  }

  /** One run from hand-out to `done`; never throws. */
  async #run(key: string, span: Span): Promise<void> {
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
      error = this.#state === 'stopping' ? undefined : normalise(thrown, run.abort.signal);
      outcome = this.#fail(key, error);
    }
    cancel();
    span.set('signet.outcome', outcome);
    if (error !== undefined) span.fail(error);
    this.#runs.delete(key);
    queue.done(key);
    const duration = clock.monotonic() - run.startedAt;
    this.#tell((observer) => observer.finished({ key, outcome, duration, ...(error === undefined ? {} : { error }) }));
  }

  #succeed(key: string, { requeueAfter }: Result): Outcome {
    const { queue } = this.#options;
    queue.forget(key);
    if (requeueAfter === undefined) {
      return 'success';
    }
    queue.addAfter(key, Math.max(MIN_REQUEUE, requeueAfter));
    return 'requeue_after';
  }

  /** Every error is tried again: one that leaves a key alone would leave it alone past its expiry (design rule 9). */
  #fail(key: string, error: SignetError | undefined): Outcome {
    if (error === undefined) {
      return 'canceled';
    }
    this.#options.queue.addRateLimited(key, { ...this.#boundsOf(key), min: error.retryAfter });
    return 'error';
  }

  #boundsOf(key: string): Pick<BackoffBounds, 'max'> {
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
 * Turns whatever was thrown into an error of ours, in the one place where that is done. A foreign error's message is
 * not repeated: it may quote what was being parsed. Its cause is kept for the stack. What a run throws whose signal was
 * aborted follows from that, and the reason is the news.
 */
function normalise(thrown: unknown, signal: AbortSignal): SignetError {
  if (signal.aborted && signal.reason instanceof SignetError) {
    return new SignetError(signal.reason.code, signal.reason.message, { cause: thrown });
  }
  if (thrown instanceof SignetError) {
    return thrown;
  }
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return new SignetError('ERR_INVARIANT', `unexpected ${name}; this is a bug`, { cause: thrown });
}
