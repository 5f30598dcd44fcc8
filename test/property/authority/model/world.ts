// SPDX-License-Identifier: Apache-2.0
/**
 * The model world: a leader, perhaps a controller that was stopped and does not know it, workloads and bundles that are
 * served at a bounded rate and load what is stored with a lag, and time that goes from event to event.
 * @module
 */
import { parseTimestamp } from '../../../../src/api/timestamp.ts';
import type { TrustDomain, TrustDomainSpec, TrustDomainStatus } from '../../../../src/api/trust-domain.ts';
import type { AuthorityDocument, AuthoritySlot } from '../../../../src/authority/document.ts';
import { parseDocument } from '../../../../src/authority/document-format.ts';
import type { Propagation } from '../../../../src/authority/propagation.ts';
import { activeSlot, anchors, chainAbove, knownIDs, toleratedAnchors } from '../../../../src/authority/slots.ts';
import { type ErrorCode, SignetError } from '../../../../src/errors.ts';
import type { StoredSecret } from '../../../../src/reconcilers/own-secrets.ts';
import { DAY, type Duration, HOUR, type Instant, MINUTE, SECOND } from '../../../../src/time.ts';
import { AuthorityStore, ISSUING, ROOT } from '../../../support/authority-harness.ts';
import { aResolvedTrustDomain, aTrustDomain, NOW } from '../../../support/builders.ts';
import { type Cluster, Controller } from './controller.ts';
import { ModelCount } from './count.ts';
import { crossOf, namesOf } from './fake-storage.ts';
import { InFlight } from './in-flight.ts';
import { Broken, Rules, type Scene } from './rules.ts';
import { anchorsIn, type Leaf, Workload } from './workload.ts';

/** Workloads lag by no more than the smallest margin of any settings. */
const LONGEST_LAG: Duration = 5 * MINUTE;
/** Writes in a second. */
const RATE = 2;
/** What waits is looked at less and less often while nothing happens; the time of the next step is kept. */
const LONGEST_IDLE: Duration = 6 * HOUR;
/** Far more than any stretch of time should take. */
const MOST_EVENTS = 20_000;

export class World implements Cluster, Scene {
  now: Instant = NOW;
  trustDomain: TrustDomain = aTrustDomain();
  resolved = aResolvedTrustDomain();
  readonly secrets = new AuthorityStore();
  readonly targets: Workload[] = [];
  readonly rules = new Rules(this);
  leader = new Controller(this);
  standby: Controller | undefined;
  /** Until then caches are not in sync, and nothing can be counted. */
  countableAt: Instant = NOW;
  hiddenRoot: StoredSecret | undefined;
  #fault: { readonly when: 'before' | 'after'; readonly code: ErrorCode; calls: number } | undefined;
  #due: Instant = NOW;
  #tick: Instant = Number.POSITIVE_INFINITY;
  #idle: Duration = SECOND;
  #seed: number;
  #writes = 0;
  #waits = false;
  #version = '';
  readonly #count = new ModelCount();
  readonly #inFlight = new InFlight();

  constructor(seed: number) {
    this.#seed = seed;
    for (let index = 0; index < 3; index += 1) this.addWorkload();
    this.targets.push(new Workload('ConfigMap', 'bundle', 0, 0));
  }

  /** The next number of this world's own sequence, from 0 to below 1. */
  chance(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  }

  addWorkload(): void {
    if (this.targets.length >= 7) return;
    const ttl = [6, 12, 24][Math.floor(this.chance() * 3)] ?? 6;
    this.targets.push(new Workload('Secret', `workload-${this.targets.length}`, ttl * HOUR, this.chance()));
  }

  specify(change: Partial<TrustDomainSpec>): void {
    const { metadata, spec } = this.trustDomain;
    const next = { ...spec, ...change };
    this.resolved = aResolvedTrustDomain(next);
    const generation = (metadata.generation ?? 0) + 1;
    this.trustDomain = { ...this.trustDomain, metadata: { ...metadata, generation }, spec: next };
  }

  get roots(): readonly AuthoritySlot[] {
    return this.rules.document?.slots.filter(({ kind }) => kind === 'Root') ?? [];
  }

  /** Of Ready. */
  get reason(): string | undefined {
    return this.trustDomain.status?.conditions?.[0]?.reason;
  }

  restart(): void {
    this.leader = new Controller(this);
  }

  /** The nth write from now fails, before or after it took effect. */
  failWrite(calls: number, when: 'before' | 'after', code: ErrorCode = 'ERR_KUBE_UNAVAILABLE'): void {
    this.#fault = { when, code, calls };
  }

  fault(when: 'before' | 'after'): void {
    const fault = this.#fault;
    if (fault?.when !== when) return;
    fault.calls -= 1;
    if (fault.calls > 0) return;
    this.#fault = undefined;
    throw new SignetError(fault.code, 'a write of the model fails');
  }

  written(): void {
    const stored = this.secrets.stored.get(ISSUING);
    if (stored === undefined || `${stored.uid} ${stored.resourceVersion}` === this.#version) return;
    this.#version = `${stored.uid} ${stored.resourceVersion}`;
    const parsed = parseDocument(stored.data.get('authority.json')?.toString() ?? '');
    if ('problem' in parsed) throw new Broken(`the stored document ${parsed.problem}`);
    this.#count.learn(parsed.value);
    this.#inFlight.depart(this.targets, { before: this.rules.document, next: parsed.value }, this);
    this.rules.wrote(parsed.value, stored.uid);
    this.#idle = SECOND;
  }

  writeStatus(trustDomain: TrustDomain, status: TrustDomainStatus): void {
    if (trustDomain !== this.trustDomain) throw new SignetError('ERR_KUBE_CONFLICT', 'outrun');
    this.trustDomain = { ...trustDomain, status };
  }

  loseIssuing(): void {
    const { authorities = [] } = this.trustDomain.status ?? {};
    const recorded = new Set(authorities.map(({ id }) => id));
    const reported = new Set(authorities.filter(({ compromised }) => compromised === true).map(({ id }) => id));
    const ids = this.secrets.stored.has(ISSUING) ? (this.rules.document?.slots ?? []).map(({ id }) => id) : [];
    const missing = (known: ReadonlySet<string>) => ids.filter((id) => !known.has(id));
    this.rules.lost(missing(recorded), missing(reported));
    this.secrets.stored.delete(ISSUING);
  }

  loseRoot(): void {
    this.hiddenRoot ??= this.secrets.stored.get(ROOT);
    this.secrets.stored.delete(ROOT);
  }

  restoreRoot(): void {
    if (this.hiddenRoot !== undefined) this.secrets.stored.set(ROOT, this.hiddenRoot);
    this.hiddenRoot = undefined;
  }

  count(document: AuthorityDocument): Propagation | undefined {
    if (this.now < this.countableAt) return undefined;
    return this.#count.of(this.targets, document, this.now);
  }

  #holds({ kind, anchors: held }: Workload, document: AuthorityDocument): boolean {
    const tolerated = kind === 'Secret' ? toleratedAnchors(document).map(namesOf) : [];
    return [namesOf(anchors(document)), ...tolerated].includes(held.stored ?? '');
  }

  /** Whatever is due now is done: by the leader, and for workloads and bundles. */
  async work(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) {
      this.rules.track();
      await this.#lead();
      if (!this.#serve()) break;
    }
    for (const target of this.targets) target.load(this.now);
    this.rules.track();
    this.rules.check();
  }

  async #lead(): Promise<void> {
    const requeueAfter = await this.leader.run();
    if (requeueAfter === undefined) {
      this.#due = this.now + 5 * SECOND;
      return;
    }
    if (!(requeueAfter > 0 && requeueAfter < 50 * 365 * DAY)) throw new Broken(`requeueAfter is ${requeueAfter}`);
    if (this.leader.steps.length > 7) throw new Broken(`no end of steps: ${this.leader.steps.join()}`);
    const next = parseTimestamp(this.trustDomain.status?.rotation?.nextStepTime ?? '') ?? 0;
    this.#idle = Math.min(LONGEST_IDLE, 2 * this.#idle);
    this.#waits = requeueAfter <= SECOND;
    const pause = requeueAfter > MINUTE ? requeueAfter : Math.max(requeueAfter, this.#idle);
    this.#due = next > this.now ? Math.min(next, this.now + pause) : this.now + pause;
  }

  /** As the reconcilers of identities and bundles do, at a bounded rate; says whether anything was stored. */
  #serve(): boolean {
    const entry = this.leader.registry.get('default');
    const { document } = entry?.loaded ?? {};
    const authority = entry?.view.authority;
    this.#tick = Number.POSITIVE_INFINITY;
    if (document === undefined || authority === undefined) return false;
    let writes = 0;
    for (const target of this.targets) {
      const write = target.writable ? this.#writeFor(target, document, authority.signsUntil) : undefined;
      if (write === undefined) continue;
      if (writes >= RATE) {
        this.#tick = this.now + SECOND;
        continue;
      }
      write();
      writes += 1;
      this.#writes += 1;
      this.#idle = SECOND;
    }
    return writes > 0 && this.#tick === Number.POSITIVE_INFINITY;
  }

  #writeFor(target: Workload, document: AuthorityDocument, signsUntil: Instant): (() => void) | undefined {
    const { stored } = target.leaf;
    const known = stored === undefined || knownIDs(document).has(stored.intermediate);
    const due = stored === undefined || !known || this.now >= target.renewal;
    // The refresh of ca.crt may well come first.
    const refresh = stored !== undefined && !this.#holds(target, document) && this.chance() < 0.3;
    if (target.kind === 'Secret' && due && !refresh && this.now <= signsUntil) {
      return () => {
        if (!known && stored !== undefined) this.rules.disowned(stored);
        this.#issue(target, document, this.now);
        target.anchors.store(namesOf(anchors(document)), this.#lagged());
      };
    }
    if (target.kind === 'Secret' && stored === undefined) return undefined;
    if (this.#holds(target, document)) return undefined;
    return () => target.anchors.store(namesOf(anchors(document)), this.#lagged());
  }

  #issue(target: Workload, document: AuthorityDocument, issuedAt: Instant): void {
    const intermediate = document.slots.find(({ kind, state }) => kind === 'Intermediate' && state === 'Active');
    if (intermediate === undefined) return;
    const leaf: Leaf = {
      intermediate: intermediate.id,
      root: intermediate.issuerID ?? '',
      crosses: chainAbove(document).slice(1).map(crossOf),
      issuedAt,
      notAfter: Math.min(Math.floor((issuedAt + target.ttl) / SECOND) * SECOND, intermediate.notAfter),
    };
    this.rules.issued(leaf, document);
    target.leaf.store(leaf, this.#lagged());
  }

  /** Often at the very end of what the margin allows. */
  #lagged(): Instant {
    return this.now + (this.chance() < 0.3 ? LONGEST_LAG : Math.floor(this.chance() * LONGEST_LAG));
  }

  async advance(duration: Duration): Promise<void> {
    const end = this.now + duration;
    for (let events = 0; ; events += 1) {
      if (events > MOST_EVENTS) throw new Broken(`no end of events: ${this.leader.steps.join()}`);
      if (end - this.now > 2 * DAY) this.#skip(end);
      // What should have been renewed and was not waits for something else to happen.
      const happenings = this.targets
        .flatMap(({ writable, renewal, nextLoad }) => [writable ? renewal : end + 1, nextLoad])
        .filter((at) => at > this.now);
      const next = Math.max(this.now + 1, Math.min(this.#due, this.#tick, this.#inFlight.lands, ...happenings));
      if (next > end) break;
      this.now = Math.ceil(next);
      await this.#happen();
    }
    this.now = end;
    await this.work();
  }

  async #happen(): Promise<void> {
    this.rules.track();
    for (const { target, document } of this.#inFlight.land(this.now)) this.#issue(target, document, this.now);
    for (const target of this.targets) target.load(this.now);
    const before = this.#writes;
    if (this.now < this.#due) this.#serve();
    // What is stored may be what the leader waits for.
    if (this.now >= this.#due || (this.#waits && this.#writes > before)) await this.work();
    this.rules.track();
    this.rules.check();
  }

  /** Renewals of days in which nothing else happens are alike: only those of the last day are gone through. */
  #skip(end: Instant): void {
    const document = this.leader.registry.get('default')?.loaded?.document;
    const until = Math.min(end, this.#due) - DAY;
    if (document === undefined || until - this.now < DAY || !this.#quiet(document, until)) return;
    this.now = until;
    for (const target of this.targets) {
      if (target.leaf.stored === undefined) continue;
      this.#issue(target, document, Math.ceil(until - 0.4 * this.chance() * target.ttl));
      target.load(Number.POSITIVE_INFINITY);
    }
  }

  #quiet(document: AuthorityDocument, until: Instant): boolean {
    if (document.revision !== this.rules.document?.revision || this.roots.length > 1) return false;
    const signing = activeSlot(document, 'Intermediate');
    if (signing === undefined || until > signing.notAfter - this.resolved.maxTTL) return false;
    return this.targets.every((target) => target.settled && target.writable && this.#holds(target, document));
  }

  /** Somebody puts back what a Secret or bundle held before: it is healed, and not the authority's fault. */
  tamper(target: Workload): void {
    if (target.anchors.stored === undefined) return;
    this.rules.tampered.add(target);
    target.anchors.store(anchorsIn(target.anchors.stored).slice(0, 1).join(), this.#lagged());
  }
}
