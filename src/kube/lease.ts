// SPDX-License-Identifier: Apache-2.0
/**
 * Leader election on a Lease. Nobody's wall clock is compared with anybody else's: a holder is dead when its Lease
 * did not change for a whole duration of our own monotonic clock, and a holder stops by its own (design rule 14).
 * @module
 */
import type { Clock } from '../controller/clock.ts';
import { isSignetError, SignetError } from '../errors.ts';
import { type Duration, SECOND } from '../time.ts';
import { type LeaseCall, LeaseClient } from './lease-client.ts';
import { eligibilityOf } from './lease-eligibility.ts';
import { heldLease, holderOf, newLease, type Observation, observe, releasedLease } from './lease-record.ts';
import { LeaseWatch } from './lease-watch.ts';
import type { Transport } from './transport.ts';

export interface LeaseElectorOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
  /** Unique for this process: a pod name alone survives a container restart. */
  readonly identity: string;
  /** How long others wait for a holder that went silent. Default 10 s. */
  readonly duration?: Duration;
  /** How long a holder may act after the start of its last successful renewal; less than `duration`. Default 6 s. */
  readonly renewDeadline?: Duration;
  /** Between renewals, and between the looks of a standby. Default 2 s. */
  readonly retryPeriod?: Duration;
  /** While false, it claims no Lease, and gives up the one it holds once that lasts longer than `renewDeadline`. */
  readonly eligible?: () => boolean;
  readonly onWin: () => void;
  /** Called in time, also while a renewal hangs. `mayAct()` is false already. */
  readonly onLoss: () => void;
  /** Told of failed calls; the election goes on. */
  readonly onProblem?: (error: unknown) => void;
  /** A round of calls was answered after one that was not. */
  readonly onRecovery?: () => void;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** Least time between two looks. */
const MIN_GAP: Duration = SECOND / 10;
/** A watch that told so often of changes that were none is not believed until there is one (a proxy sends noise). */
const MAX_IDLE_HINTS = 3;
/** For the call in flight when the elector stops. */
const STOP_PATIENCE: Duration = SECOND / 2;
/** For each call that gives the Lease up: what is given up too soon, standbys wait for the whole of the Lease. */
const RELEASE_PATIENCE: Duration = 1.5 * SECOND;

export class LeaseElector {
  readonly #options: Required<LeaseElectorOptions>;
  readonly #client: LeaseClient;
  readonly #watch: LeaseWatch;
  readonly #mayHold: (holds: boolean) => boolean;
  readonly #abort = new AbortController();
  #loop: Promise<void> | undefined;
  #stopped = false;
  #seen: Observation | undefined;
  /** Whether our last write happened is not known, so `#seen` may be behind. */
  #uncertain = false;
  #leading = false;
  #renewedAt: Duration = 0;
  #cancelLoss: () => void = () => undefined;
  #hinted = false;
  #wake: () => void = () => undefined;

  constructor(options: LeaseElectorOptions) {
    this.#options = {
      duration: 10 * SECOND,
      renewDeadline: 6 * SECOND,
      retryPeriod: 2 * SECOND,
      eligible: () => true,
      random: Math.random,
      onRecovery: () => undefined,
      ...options,
      onProblem: (error) => reportTo(options.onProblem, error),
    };
    const { transport, clock, namespace, name, random, onProblem } = this.#options;
    this.#mayHold = eligibilityOf(this.#options);
    this.#client = new LeaseClient(transport, namespace, name);
    const onHint = (): void => this.#hint();
    this.#watch = new LeaseWatch({ transport, clock, namespace, name, random, onProblem, onHint });
  }

  /** Whether this process may sign and write now. Ask right before acting. */
  mayAct(): boolean {
    const { clock, renewDeadline } = this.#options;
    return this.#leading && clock.monotonic() - this.#renewedAt < renewDeadline;
  }

  /** Who held the Lease at the last look. */
  holder(): string | undefined {
    return holderOf(this.#seen?.lease);
  }

  start(): void {
    if (!this.#stopped) {
      this.#loop ??= this.#run();
    }
  }

  /** Stops acting at once and gives the Lease up, so that a standby takes over without waiting. Never rejects. */
  async stop(): Promise<void> {
    if (this.#stopped) {
      return this.#loop;
    }
    this.#stopped = true;
    this.#lose();
    this.#watch.stop();
    this.#wake();
    const cancel = this.#options.clock.after(STOP_PATIENCE, () => {
      this.#abort.abort(new SignetError('ERR_KUBE_TIMEOUT', 'the leader election stops'));
    });
    this.#loop = Promise.resolve(this.#loop).then(() => {
      cancel();
      return this.#release().catch(this.#options.onProblem);
    });
    return this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, onProblem, onRecovery } = this.#options;
    let idleHints = 0;
    let failing = false;
    while (!this.#stopped) {
      const startedAt = clock.monotonic();
      const before = this.#seen;
      idleHints += this.#hinted ? 1 : 0;
      this.#hinted = false;
      let error: unknown;
      try {
        await this.#round();
        if (failing) onRecovery();
      } catch (thrown) {
        error = thrown;
        onProblem(thrown);
        // What swallowed the call swallows the watch too.
        if (isSignetError(thrown, 'ERR_KUBE_TIMEOUT')) this.#watch.stop();
      }
      failing = error !== undefined;
      if (this.#seen !== before) {
        idleHints = 0;
      }
      await this.#sleep(startedAt + MIN_GAP, false);
      await this.#sleep(startedAt + this.#waitAfter(startedAt, error), idleHints < MAX_IDLE_HINTS);
    }
  }

  /** A renewal, or a look and what follows from it; once more when it turns out that we knew something old. */
  async #round(): Promise<void> {
    for (let turn = 0; turn < 2 && !this.#stopped; turn++) {
      const seen = this.#leading && !this.#uncertain && this.#seen !== undefined ? this.#seen : await this.#look();
      if (!this.#mayHold(this.#leading)) {
        this.#lose();
        return this.#release();
      }
      const free = this.#options.clock.monotonic() >= seen.freeAt;
      if (free && !this.#stopped && (await this.#claim(seen))) {
        return;
      }
      if (!free) {
        if (!this.#stopped) this.#watch.ensure(seen.lease?.metadata.resourceVersion);
        return;
      }
    }
  }

  async #look(): Promise<Observation> {
    const { clock, identity, duration } = this.#options;
    const lease = await this.#client.get(this.#call());
    this.#uncertain = false;
    if (holderOf(lease) !== identity) {
      this.#lose();
    }
    this.#seen = observe(this.#seen, lease, { identity, duration, monotonic: clock.monotonic() });
    return this.#seen;
  }

  /** Writes us in. False when somebody else wrote since we looked. */
  async #claim({ lease }: Observation): Promise<boolean> {
    const { clock, namespace, name, identity, duration } = this.#options;
    const startedAt = clock.monotonic();
    const holding = { identity, duration, now: clock.now() };
    this.#uncertain = true;
    const next = lease === undefined ? newLease(namespace, name, holding) : heldLease(lease, holding);
    const written = await this.#client.put(next, this.#call());
    if (written === undefined) {
      return false;
    }
    this.#seen = { lease: written, freeAt: 0 };
    this.#uncertain = false;
    this.#hold(startedAt);
    return true;
  }

  /** Counts from when the call was sent: the API server may have seen it right then. */
  #hold(startedAt: Duration): void {
    const { clock, renewDeadline, onWin } = this.#options;
    const rest = startedAt + renewDeadline - clock.monotonic();
    if (rest <= 0 || this.#stopped) return;
    this.#renewedAt = startedAt;
    this.#cancelLoss();
    this.#cancelLoss = clock.after(rest, () => this.#lose());
    if (!this.#leading) {
      this.#leading = true;
      this.#watch.stop();
      this.#tell(onWin);
    }
  }

  #lose(): void {
    this.#cancelLoss();
    if (this.#leading) {
      this.#leading = false;
      this.#tell(this.#options.onLoss);
    }
  }

  /** Gives the Lease up when it is in our name. */
  async #release(): Promise<void> {
    const { clock, identity } = this.#options;
    for (let turn = 0; turn < 2; turn++) {
      const lease = this.#uncertain ? await this.#client.get(this.#call()) : this.#seen?.lease;
      if (lease === undefined || holderOf(lease) !== identity) {
        return;
      }
      this.#uncertain = true;
      const written = await this.#client.put(releasedLease(lease, clock.now()), this.#call());
      if (written !== undefined) {
        this.#seen = { lease: written, freeAt: 0 };
        this.#uncertain = false;
        return;
      }
    }
  }

  /** A holder gets two tries before its deadline, because the first may go into a dead connection. */
  #call(): LeaseCall {
    const { renewDeadline, retryPeriod } = this.#options;
    if (this.#stopped) return { deadline: RELEASE_PATIENCE };
    const spare = renewDeadline - retryPeriod;
    return { deadline: this.#leading ? spare / 2 : spare, signal: this.#abort.signal };
  }

  /** Counted from the start of the round. */
  #waitAfter(startedAt: Duration, error: unknown): Duration {
    const { retryPeriod, random } = this.#options;
    if (this.#leading && this.#renewedAt >= startedAt) {
      return retryPeriod;
    }
    if (this.#leading) {
      const asked = error instanceof SignetError ? (error.retryAfter ?? 0) : 0;
      return Math.min(retryPeriod, Math.max(retryPeriod / 4, asked));
    }
    const regular = retryPeriod * (1 + 0.2 * random());
    const untilFree = (this.#seen?.freeAt ?? 0) - startedAt;
    return error === undefined && untilFree > 0 ? Math.min(regular, untilFree) : regular;
  }

  async #sleep(until: Duration, heedsHints: boolean): Promise<void> {
    const { clock } = this.#options;
    const delay = until - clock.monotonic();
    const heeds = (): boolean => this.#stopped || (heedsHints && this.#hinted && !this.#leading);
    if (delay <= 0 || heeds()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(delay, resolve);
    this.#wake = () => {
      if (heeds()) resolve();
    };
    await promise;
    cancel();
  }

  #hint(): void {
    this.#hinted = true;
    this.#wake();
  }

  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#options.onProblem(error);
    }
  }
}

function reportTo(report: ((error: unknown) => void) | undefined, problem: unknown): void {
  try {
    report?.(problem);
  } catch {
    // A reporter that fails must not end the election; there is nobody left to tell.
  }
}
