// SPDX-License-Identifier: Apache-2.0
/**
 * The witness of a fault proof: sees every write to the store in its order, keeps who held the Lease when, hands SVIDs to
 * the ledger and measures hand-overs.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Ledger } from './ledger.ts';
import { type StoredVersion, watchStore } from './store-watch.ts';
import { storedHolder } from './stored-object.ts';

const LOOK_EVERY_MS = 10;
const PATIENCE_MS = 120_000;

/** From when on somebody held the Lease; empty: nobody. */
export interface Tenure {
  readonly holder: string;
  readonly revision: number;
  readonly at: number;
}

/** From the last write of one holder to the first of the next. */
export interface HandOver {
  readonly from: Tenure;
  readonly to: Tenure;
  readonly lastWrite: number;
  readonly firstWrite: number;
}

export interface WitnessOptions {
  readonly socketPath: string;
  /** Where the Lease is. */
  readonly home: string;
  /** Where the identities are. */
  readonly namespace: string;
}

interface Write {
  readonly revision: number;
  readonly at: number;
}

export class Witness {
  readonly ledger = new Ledger();
  readonly #options: WitnessOptions;
  readonly #tenures: Tenure[] = [];
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

  get tenures(): readonly Tenure[] {
    return this.#tenures;
  }

  /** Who holds the Lease; undefined: nobody. */
  get holder(): string | undefined {
    const holder = this.#tenures.at(-1)?.holder;
    return holder === '' ? undefined : holder;
  }

  /** How many asked, and have not heard that it was done. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** Who held the Lease when this was stored; empty: nobody. */
  holderAt(revision: number): string {
    return this.#tenures.findLast((tenure) => tenure.revision < revision)?.holder ?? '';
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
  async handOver(from: Tenure): Promise<HandOver> {
    const next = (): Tenure | undefined =>
      this.#tenures.find(({ revision, holder }) => revision > from.revision && holder !== '' && holder !== from.holder);
    const first = (): Write | undefined => {
      const to = next();
      return to && this.#writes.find(({ revision }) => revision > to.revision);
    };
    await this.until(() => first() !== undefined, `the first write after ${from.holder}`);
    const [to, { at: firstWrite }] = [next() as Tenure, first() as Write];
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
    const overdue = `${ledger.overdue(now, 0)} of ${ledger.size} are overdue, least left ${ledger.leastLeft(now)} ms`;
    const asked = `${ledger.requests} requests, ${this.unanswered} unanswered, ${ledger.twice.length} answered twice`;
    return `holder ${this.holder ?? 'nobody'}, ${ledger.issuances.length} issuances, ${asked}, ${overdue}`;
  }

  #saw(version: StoredVersion): void {
    const { home, namespace } = this.#options;
    const { key, revision, at, value } = version;
    if (key === `/registry/leases/${home}/signet-controller`) {
      const holder = value === undefined ? '' : storedHolder(value);
      if (holder !== this.#tenures.at(-1)?.holder) this.#tenures.push({ holder, revision, at });
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
    const { spec, status } = JSON.parse(value.toString('utf8')) as {
      spec: { renewRequest?: string };
      status?: {
        observedRenewRequest?: string;
        conditions?: readonly { type: string; status: string; reason: string; message: string }[];
      };
    };
    const { renewRequest } = spec;
    if (renewRequest !== undefined && renewRequest !== this.#requests.get(name)) {
      this.#requests.set(name, renewRequest);
      this.#unanswered.add(name);
      this.ledger.requested(name, { request: renewRequest, at });
      return false;
    }
    if (renewRequest === status?.observedRenewRequest) this.#unanswered.delete(name);
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') this.#ready.add(name);
    else if (this.#ready.has(name))
      this.#notReady.push(`${name}@${revision}: no longer Ready: ${ready?.reason} ${ready?.message}`);
    return status !== undefined;
  }
}

function after(key: string, prefix: string): string | undefined {
  return key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
}
