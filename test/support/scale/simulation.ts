// SPDX-License-Identifier: Apache-2.0
/**
 * A signer at any size: the real work queue, renewal times, deadlines, shares of namespaces and rotation, with the CPU
 * that each issuance was measured to take, in front of an API server that takes its measured time for every write.
 * Discrete events, no chance: the same numbers every time.
 * @module
 */
import type { TrustDomainSpec } from '../../../src/api/trust-domain.ts';
import type { Urgency } from '../../../src/controller/ready-keys.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { longestRetry } from '../../../src/identity/renewal.ts';
import { Shares } from '../../../src/reconcilers/service-identity/shares.ts';
import { urgencyOf } from '../../../src/reconcilers/service-identity/urgency.ts';
import { type Duration, type Instant, SECOND } from '../../../src/time.ts';
import { type Costs, SECRET_SHARE } from './costs.ts';
import { SimAuthority } from './sim-authority.ts';
import { SimClock } from './sim-clock.ts';
import { SimFleet, uidOf } from './sim-fleet.ts';

const WORKERS = 32;
/** A watch brings a write of our own back after this. */
const ECHO: Duration = 5;
/** Its multiples are spread evenly over a unit, however many there are. */
const GOLDEN = 0.618_033_988_75;
/** A sample of the backlog is taken so often. */
const SAMPLE: Duration = SECOND;

export interface SimulationOptions {
  readonly size: number;
  readonly ttl: Duration;
  readonly costs: Costs;
  readonly spec?: Partial<TrustDomainSpec>;
  /** Over which the identities are spread evenly. */
  readonly namespaces?: number;
}

/** What happened in a stretch of time. */
export interface Phase {
  readonly name: string;
  readonly lasted: Duration;
  /** From the beginning until the last issuance was stored. */
  readonly lastIssued: Duration;
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
  /** From the beginning until there was nothing to do for the first time after something had waited; undefined: never. */
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
  readonly #namespaces: number;
  #shares: Shares;
  #queue: WorkQueue | undefined;
  /** When the API server has nothing to do any more, and when the signer has not. */
  #serverFree: Duration = 0;
  #signerFree: Duration = 0;
  #handed = 0;
  #deciding: Promise<void> | undefined;
  #view: string | undefined;
  #cancelTurn: () => void = () => undefined;
  #phase: Mutable<Phase> = emptyPhase('');
  #phaseBegan: Duration = 0;

  constructor({ size, ttl, costs, spec = {}, namespaces = 100 }: SimulationOptions) {
    this.#costs = costs;
    this.#namespaces = namespaces;
    this.#shares = new Shares(this.clock);
    this.fleet = new SimFleet(size, ttl);
    this.authority = new SimAuthority(this.clock, this.fleet, spec);
  }

  /** The first so many have had their SVIDs for longer or shorter, as they do where renewals go their way. */
  async assume(stored: number): Promise<void> {
    const { clock, fleet, authority } = this;
    await authority.run();
    const { view } = authority;
    if (view === undefined) throw new Error('the authority of the simulation is not ready');
    for (let index = 0; index < stored; index += 1) {
      fleet.issue(index, view, clock.now());
      const untilDue = fleet.due(index) - clock.now();
      fleet.issue(index, view, clock.now() - ((index * GOLDEN) % 1) * untilDue);
    }
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
      urgencyOf: (key) => this.#urgencyOf(key),
    });
    this.#shares = new Shares(clock);
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
    const began = this.clock.monotonic();
    this.#phaseBegan = began;
    let before = 0;
    await this.#settle();
    while (phase.lasted < duration && !until()) {
      await this.clock.advance(SAMPLE, () => this.#settle());
      const { length: waiting = 0, running = 0 } = this.#queue ?? {};
      phase.backlog = Math.max(phase.backlog, waiting);
      phase.lasted += SAMPLE;
      phase.peak = Math.max(phase.peak, phase.writes - before);
      before = phase.writes;
      if (waiting + running === 0 && phase.backlog > 0) phase.drained ??= this.clock.monotonic() - began;
    }
    return phase;
  }

  #enqueueAll(): void {
    for (let index = 0; index < this.fleet.size; index += 1) this.#queue?.add(String(index));
  }

  #urgencyOf(key: string): Urgency | undefined {
    const index = Number(key);
    const { clock, fleet } = this;
    const identity = { metadata: { namespace: `ns-${index % this.#namespaces}`, uid: uidOf(index) }, spec: {} };
    return urgencyOf(key, { now: clock.now(), notAfter: fleet.notAfter(index), identity }, this.#shares);
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
    const { signer, server } = this.#costOf(need);
    this.#sign(queue, signer, () => {
      this.#write(queue, server * SECRET_SHARE, () => {
        if (need.kind === 'patch') fleet.patch(index, view);
        else fleet.issue(index, view, clock.now());
        queue.addAfter(key, ECHO);
        this.#write(queue, server * (1 - SECRET_SHARE), () => {
          if (need.kind === 'issue') this.#count(need.reason === 'renewal' ? due : undefined, ended);
          queue.forget(key);
          queue.addAfter(key, fleet.due(index) - clock.now());
          this.#return(queue, key);
        });
      });
    });
  }

  #costOf({
    kind,
    reason,
  }: {
    readonly kind: string;
    readonly reason?: string;
  }): Record<'signer' | 'server', Duration> {
    const { create, replace, patch, signing, patching, shared } = this.#costs;
    const signer = kind === 'patch' ? patching : signing;
    const written = reason === 'first' ? create : replace;
    return { signer, server: (kind === 'patch' ? patch : written) + signer * shared };
  }

  #count(due: Instant | undefined, ended: Instant | undefined): void {
    const now = this.clock.now();
    this.#phase.issued += 1;
    this.#phase.lastIssued = this.clock.monotonic() - this.#phaseBegan;
    if (due !== undefined) this.#phase.worstLateness = Math.max(this.#phase.worstLateness, now - due);
    if (ended !== undefined && ended <= now) this.#phase.expired += 1;
  }

  /** All that the process does for a key, on its one thread. */
  #sign(queue: WorkQueue, cpu: Duration, then: () => void): void {
    const { clock } = this;
    this.#signerFree = Math.max(this.#signerFree, clock.monotonic()) + cpu;
    clock.after(this.#signerFree - clock.monotonic(), () => {
      if (queue === this.#queue) then();
    });
  }

  /** The API server works on one write after the other: that is how it behaves when it is the limit. */
  #write(queue: WorkQueue, service: Duration, then: () => void): void {
    const { clock } = this;
    this.#serverFree = Math.max(this.#serverFree, clock.monotonic()) + service / this.speed;
    clock.after(this.#serverFree + this.#costs.latency - clock.monotonic(), () => {
      if (queue !== this.#queue) return;
      this.#phase.writes += 1;
      then();
    });
  }

  #return(queue: WorkQueue, key: string): void {
    this.#shares.served(key);
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
  const none = { lasted: 0, lastIssued: 0, issued: 0, writes: 0, peak: 0, worstLateness: 0, expired: 0, backlog: 0 };
  return { name, ...none, drained: undefined };
}
