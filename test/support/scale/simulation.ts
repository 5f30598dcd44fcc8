// SPDX-License-Identifier: Apache-2.0
/**
 * A signer at any size: the real work queue, renewal times, deadlines and rotation, in front of an API server that
 * takes its measured time for every write. Discrete events, no chance: the same numbers every time.
 * @module
 */
import type { TrustDomainSpec } from '../../../src/api/trust-domain.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { longestRetry, workDeadline } from '../../../src/identity/renewal.ts';
import { type Duration, type Instant, SECOND } from '../../../src/time.ts';
import { type Costs, SECRET_SHARE } from './costs.ts';
import { SimAuthority } from './sim-authority.ts';
import { SimClock } from './sim-clock.ts';
import { SimFleet } from './sim-fleet.ts';

const WORKERS = 32;
/** A watch brings a write of our own back after this. */
const ECHO: Duration = 5;
/** A sample of the backlog is taken so often. */
const SAMPLE: Duration = SECOND;

export interface SimulationOptions {
  readonly size: number;
  readonly ttl: Duration;
  readonly costs: Costs;
  readonly spec?: Partial<TrustDomainSpec>;
}

/** What happened in a stretch of time. */
export interface Phase {
  readonly name: string;
  readonly issued: number;
  readonly writes: number;
  /** Most writes in any second. */
  readonly peak: number;
  /** Longest time from a planned renewal until it was stored. */
  readonly worstLateness: Duration;
  /** SVIDs that had ended before the next was stored. */
  readonly expired: number;
  /** Most keys that waited. */
  readonly backlog: number;
  /** From the beginning until nothing waited for the first time after something had; undefined: never. */
  readonly drained: Duration | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class Simulation {
  readonly clock: SimClock = new SimClock();
  readonly fleet: SimFleet;
  readonly authority: SimAuthority;
  /** How fast the API server is: 1 as measured. */
  speed = 1;
  readonly #costs: Costs;
  #queue: WorkQueue | undefined;
  #free: Duration = 0;
  #handed = 0;
  #deciding: Promise<void> | undefined;
  #view: string | undefined;
  #cancelTurn: () => void = () => undefined;
  #phase: Mutable<Phase> = emptyPhase('');

  constructor({ size, ttl, costs, spec = {} }: SimulationOptions) {
    this.#costs = costs;
    this.fleet = new SimFleet(size, ttl);
    this.authority = new SimAuthority(this.clock, this.fleet, spec);
  }

  /** The Lease was won: a new queue with every identity there is in it, as at the beginning of a signing term. */
  async begin(): Promise<void> {
    const { clock } = this;
    this.#decide();
    await this.#deciding;
    const observer = { added: () => undefined, retried: () => undefined, waited: () => void (this.#handed += 1) };
    const queue = new WorkQueue({
      clock,
      random: () => 0.5,
      observer,
      urgencyOf: (key) => this.#deadline(Number(key)),
    });
    this.#queue = queue;
    this.#enqueueAll();
    for (let worker = 0; worker < WORKERS; worker += 1) this.#take(queue);
  }

  /** Nobody signs any more; what is in flight is lost. */
  end(): void {
    this.#queue?.shutdown();
    this.#queue = undefined;
    this.#cancelTurn();
  }

  /** Asks for the next root because this one is compromised. */
  compromise(): void {
    this.authority.request('Compromise');
    this.#decide();
  }

  /** What happened since the last `pass` began. */
  get phase(): Phase {
    return this.#phase;
  }

  /** Lets time pass, and tells what happened; `until`: it ends earlier, when this is so. */
  async pass(name: string, duration: Duration, until: () => boolean = () => false): Promise<Phase> {
    const phase = emptyPhase(name);
    this.#phase = phase;
    const started = this.clock.monotonic();
    let before = 0;
    await this.#settle();
    for (let passed = 0; passed < duration && !until(); passed += SAMPLE) {
      await this.clock.advance(SAMPLE, () => this.#settle());
      const waiting = this.#queue?.length ?? 0;
      phase.backlog = Math.max(phase.backlog, waiting);
      phase.peak = Math.max(phase.peak, phase.writes - before);
      before = phase.writes;
      if (waiting === 0 && phase.backlog > 0) phase.drained ??= this.clock.monotonic() - started;
    }
    return phase;
  }

  #enqueueAll(): void {
    for (let index = 0; index < this.fleet.size; index += 1) this.#queue?.add(String(index));
  }

  #deadline(index: number): Instant | undefined {
    return workDeadline(this.fleet.notAfter(index));
  }

  /** A run of the TrustDomain's reconciler, and the next when it asks for it. */
  #decide(): void {
    this.#cancelTurn();
    this.#deciding = this.authority.run().then((requeueAfter) => {
      this.#deciding = undefined;
      const { view } = this.authority;
      const now = view && `${view.id} ${view.anchorsPEM} ${[...view.knownIDs].join()}`;
      if (now !== this.#view) this.#enqueueAll();
      this.#view = now;
      this.#cancelTurn = this.clock.after(requeueAfter, () => this.#queue && this.#decide());
    });
  }

  #take(queue: WorkQueue): void {
    void queue.next().then((key) => {
      if (key === undefined) return;
      this.#handed -= 1;
      this.#run(queue, key);
    });
  }

  #run(queue: WorkQueue, key: string): void {
    const { fleet, authority, clock } = this;
    const index = Number(key);
    const { view } = authority;
    if (view === undefined) {
      const max = longestRetry(fleet.notAfter(index), clock.now());
      queue.addRateLimited(key, { max });
      this.#return(queue, key);
      return;
    }
    const need = fleet.need(index, view, clock.now());
    if (need.kind === 'wait') {
      queue.forget(key);
      queue.addAfter(key, need.until - clock.now());
      this.#return(queue, key);
      return;
    }
    const [due, ended] = [fleet.due(index), fleet.notAfter(index)];
    const cost = this.#costOf(need);
    this.#write(queue, cost * SECRET_SHARE, () => {
      if (need.kind === 'patch') fleet.patch(index, view);
      else fleet.issue(index, view, clock.now());
      queue.addAfter(key, ECHO);
      this.#write(queue, cost * (1 - SECRET_SHARE), () => {
        if (need.kind === 'issue') this.#count(need.reason === 'renewal' ? due : undefined, ended);
        queue.forget(key);
        queue.addAfter(key, fleet.due(index) - clock.now());
        this.#return(queue, key);
      });
    });
  }

  #costOf({ kind, reason }: { readonly kind: string; readonly reason?: string }): Duration {
    const { create, replace, patch, own } = this.#costs;
    if (kind === 'patch') return patch;
    return own + (reason === 'first' ? create : replace);
  }

  #count(due: Instant | undefined, ended: Instant | undefined): void {
    const now = this.clock.now();
    this.#phase.issued += 1;
    if (due !== undefined) this.#phase.worstLateness = Math.max(this.#phase.worstLateness, now - due);
    if (ended !== undefined && ended <= now) this.#phase.expired += 1;
  }

  /** The API server works on one write after the other: that is how it behaves when it is the limit. */
  #write(queue: WorkQueue, service: Duration, then: () => void): void {
    const { clock } = this;
    this.#free = Math.max(this.#free, clock.monotonic()) + service / this.speed;
    clock.after(this.#free + this.#costs.latency - clock.monotonic(), () => {
      if (queue !== this.#queue) return;
      this.#phase.writes += 1;
      then();
    });
  }

  #return(queue: WorkQueue, key: string): void {
    queue.done(key);
    this.#take(queue);
  }

  #settle(): Promise<void> | undefined {
    return this.#handed === 0 && this.#deciding === undefined ? undefined : this.#settled();
  }

  async #settled(): Promise<void> {
    while (this.#handed > 0 || this.#deciding !== undefined) await this.#deciding;
  }
}

function emptyPhase(name: string): Mutable<Phase> {
  const none = { issued: 0, writes: 0, peak: 0, worstLateness: 0, expired: 0, backlog: 0 };
  return { name, ...none, drained: undefined };
}
