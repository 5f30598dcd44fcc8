// SPDX-License-Identifier: Apache-2.0
/**
 * The witness of a fault proof: sees every write to the store in its order, hands each to who judges it (SVIDs, the Lease,
 * rotations), judges what identities say of themselves, and measures hand-overs.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceIdentity, ServiceIdentityStatus } from '../../../src/api/service-identity.ts';
import type { TrustDomain } from '../../../src/api/trust-domain.ts';
import { LeaseLog, type LeaseVersion } from './lease-log.ts';
import { Ledger } from './ledger.ts';
import { Rotations } from './rotations.ts';
import { type StoredVersion, watchStore } from './store-watch.ts';
import { storedHolder } from './stored-object.ts';

const LOOK_EVERY_MS = 10;
const PATIENCE_MS = 120_000;

/** From the last write of one holder to the first of the next. */
export interface HandOver {
  readonly from: LeaseVersion;
  readonly to: LeaseVersion;
  readonly lastWrite: number;
  readonly firstWrite: number;
}

export interface WitnessOptions {
  readonly socketPath: string;
  /** Where the Lease is. */
  readonly home: string;
  /** Where the identities are. */
  readonly namespace: string;
  /** The propagation margin, in ms. */
  readonly margin: number;
}

interface Write {
  readonly revision: number;
  readonly at: number;
}

export class Witness {
  readonly leases = new LeaseLog();
  readonly rotations = new Rotations();
  readonly ledger: Ledger;
  readonly #options: WitnessOptions;
  readonly #writes: Write[] = [];
  readonly #notReady: string[] = [];
  readonly #ready = new Set<string>();
  readonly #requests = new Map<string, string>();
  /** Whose last request no status echoes yet. */
  readonly #unanswered = new Set<string>();
  #stop: () => void = () => undefined;
  #problems: readonly string[] = [];

  private constructor(options: WitnessOptions) {
    this.#options = options;
    this.ledger = new Ledger(options.margin);
  }

  static async start(options: WitnessOptions): Promise<Witness> {
    const witness = new Witness(options);
    const watch = await watchStore(options.socketPath, (version) => witness.#saw(version));
    witness.#problems = watch.problems;
    witness.#stop = () => watch.stop();
    return witness;
  }

  stop(): void {
    this.#stop();
  }

  /** Everything that must not have happened, so far. */
  get violations(): readonly string[] {
    return [...this.#problems, ...this.#notReady, ...this.ledger.violations];
  }

  /** Who holds the Lease; undefined: nobody. */
  get holder(): string | undefined {
    const holder = this.leases.tenures.at(-1)?.holder;
    return holder === '' ? undefined : holder;
  }

  /** How many asked, and have not heard that it was done. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** Until it is so; an Error that names what never came. */
  async until(condition: () => boolean, what: string, patience = PATIENCE_MS): Promise<void> {
    const deadline = performance.now() + patience;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`${what} never came; ${this.describe()}`);
      await pause(LOOK_EVERY_MS);
    }
  }

  /** The hand-over from the tenure that is the last now, once the next holder has written. */
  async handOver(from: LeaseVersion): Promise<HandOver> {
    const next = (): LeaseVersion | undefined =>
      this.leases.tenures.find(
        ({ revision, holder }) => revision > from.revision && holder !== '' && holder !== from.holder,
      );
    const first = (): Write | undefined => {
      const to = next();
      return to && this.#writes.find(({ revision }) => revision > to.revision);
    };
    await this.until(() => first() !== undefined, `the first write after ${from.holder}`);
    const [to, { at: firstWrite }] = [next() as LeaseVersion, first() as Write];
    const lastWrite = this.#writes.findLast(({ revision }) => revision < to.revision)?.at ?? from.at;
    return { from, to, lastWrite, firstWrite };
  }

  /** Forgets writes that no later hand-over can be about. */
  forget(): void {
    this.#writes.splice(0, Math.max(0, this.#writes.length - 1000));
  }

  describe(): string {
    const { ledger } = this;
    const now = Date.now();
    const overdue = `${ledger.overdue(now, 0).length} of ${ledger.size} are overdue, least left ${ledger.leastLeft(now)} ms`;
    const asked = `${ledger.requests} requests, ${this.unanswered} unanswered, ${this.rotations.describe()}`;
    return `holder ${this.holder ?? 'nobody'}, ${ledger.issuances.length} issuances, ${asked}, ${overdue}`;
  }

  #saw(version: StoredVersion): void {
    const { home, namespace } = this.#options;
    const { key, revision, at, value } = version;
    if (key === `/registry/leases/${home}/signet-controller`) {
      this.leases.saw({ holder: value === undefined ? '' : storedHolder(value), revision, at });
      return;
    }
    if (key === '/registry/signet.dev/trustdomains/default' && value !== undefined) {
      this.rotations.saw(JSON.parse(value.toString('utf8')) as TrustDomain, at);
      return;
    }
    const secret = after(key, `/registry/secrets/${namespace}/`);
    const identity = after(key, `/registry/signet.dev/serviceidentities/${namespace}/`);
    if (secret?.endsWith('-svid') === true) this.ledger.saw(secret.slice(0, -'-svid'.length), version);
    else if (identity === undefined || value === undefined || !this.#judgeStatus(identity, version, value)) return;
    this.#writes.push({ revision, at });
  }

  /** Whether the controller wrote it, not the user who created it. */
  #judgeStatus(name: string, { revision, at }: StoredVersion, value: Buffer): boolean {
    const { spec, status } = JSON.parse(value.toString('utf8')) as ServiceIdentity;
    const { renewRequest } = spec;
    if (renewRequest !== undefined && renewRequest !== this.#requests.get(name)) {
      this.#requests.set(name, renewRequest);
      this.#unanswered.add(name);
      this.ledger.requested(name, { request: renewRequest, at });
      return false;
    }
    if (renewRequest === status?.observedRenewRequest) this.#unanswered.delete(name);
    this.#judgePlan(name, revision, status);
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') this.#ready.add(name);
    else if (this.#ready.has(name))
      this.#notReady.push(`${name}@${revision}: no longer Ready: ${ready?.reason} ${ready?.message}`);
    return status !== undefined;
  }

  #judgePlan(name: string, revision: number, { serialNumber: serial, renewalTime }: ServiceIdentityStatus = {}): void {
    if (serial === undefined || renewalTime === undefined) return;
    this.ledger.planned(`${name}@${revision}`, name, { serial, due: Date.parse(renewalTime) });
  }
}

function after(key: string, prefix: string): string | undefined {
  return key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
}
