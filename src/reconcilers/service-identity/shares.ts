// SPDX-License-Identifier: Apache-2.0
/**
 * Which of the identities without a valid SVID is served first: each namespace has its share. What it asked for before
 * counts by what it costs, so that nobody waits for somebody else's flood of slow keys (a virtual clock for each
 * namespace: Zhang, 1990, with deadlines in the place of tags). Where many flood, those who come later begin where the
 * others are by now, not behind all that these asked for (start-time fair queueing: Goyal, 1996). Where nothing else
 * waits, nothing waits for its share, nor pays for it later.
 * @module
 */
import type { ObjectMeta } from '../../api/object-meta.ts';
import type { ServiceIdentity } from '../../api/service-identity.ts';
import type { Clock } from '../../controller/clock.ts';
import { DEFAULT_URGENCY } from '../../controller/work-queue.ts';
import type { KeyAlgorithm } from '../../spiffe/svid.ts';
import { type Duration, type Instant, SECOND } from '../../time.ts';

/**
 * One issuance: the key on a slow processor, or the writes of a slow API server. Rather more than it takes: a flood for
 * which this much time has passed counts no longer against whoever asked for it.
 */
const COSTS: Readonly<Record<KeyAlgorithm, Duration>> = {
  'ECDSA-P256': 50,
  'ECDSA-P384': 50,
  Ed25519: 50,
  'RSA-2048': 250,
  'RSA-3072': SECOND,
};

/** Of an algorithm that only a later release knows. */
const UNKNOWN_COST: Duration = SECOND;

/** What of an identity its share goes by. */
export interface Sharer {
  readonly metadata: Pick<ObjectMeta, 'namespace' | 'uid'>;
  readonly spec: Pick<ServiceIdentity['spec'], 'privateKey'>;
}

interface Turn {
  readonly uid: string | undefined;
  readonly namespace: string;
  readonly begins: Instant;
  cost: Duration;
}

interface Share {
  /** Until when the signer would be busy with what was asked for, had it nothing else to do. */
  busyUntil: Instant;
  /** Identities that were told a deadline and not served since. */
  waiting: number;
}

export class Shares {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #shares = new Map<string, Share>();
  /** What each identity was told, so that not every event counts. */
  readonly #turns = new Map<string, Turn>();
  /** The latest beginning of a turn that was served while others waited. */
  #reached: Instant | undefined;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Identities and namespaces that are remembered. */
  get size(): number {
    return this.#turns.size + this.#shares.size;
  }

  /** By when an identity without a valid SVID should be worked on; the same until it is served. */
  deadlineOf(key: string, { metadata, spec }: Sharer): Instant {
    const { namespace = '', uid } = metadata;
    const cost = COSTS[spec.privateKey?.algorithm ?? 'ECDSA-P256'] ?? UNKNOWN_COST;
    const told = this.#turns.get(key);
    if (told !== undefined && told.uid === uid) {
      this.#charge(namespace, Math.max(0, cost - told.cost));
      told.cost = Math.max(cost, told.cost);
      return told.begins + DEFAULT_URGENCY;
    }
    const begins = this.#charge(namespace, cost);
    // The one before it, of an object that was deleted, has cost its namespace all the same.
    if (told === undefined) this.#shareOf(namespace).waiting += 1;
    this.#turns.set(key, { uid, namespace, begins, cost });
    return begins + DEFAULT_URGENCY;
  }

  /** It was worked on, or there is nothing to work on. */
  served(key: string): void {
    const turn = this.#turns.get(key);
    if (turn === undefined) return;
    this.#turns.delete(key);
    this.#reached = Math.max(this.#reached ?? turn.begins, turn.begins);
    const share = this.#shareOf(turn.namespace);
    share.waiting -= 1;
    if (share.waiting === 0) this.#rest(turn.namespace, share);
    if (this.#turns.size > 0) return;
    this.#shares.clear();
    this.#reached = undefined;
  }

  /**
   * A namespace of which nothing waits begins anew, now at the latest. Where those who wait are behind the time, it does
   * not begin before what it has had: else whoever asks for one after the other would always be first.
   */
  #rest(namespace: string, share: Share): void {
    share.busyUntil = Math.min(share.busyUntil, this.#clock.now());
    if (share.busyUntil <= this.#earliest()) this.#shares.delete(namespace);
  }

  /** Where whoever asks for the first time begins: now, or where the others are who have waited longer than they should. */
  #earliest(): Instant {
    const now = this.#clock.now();
    return Math.min(now, this.#reached ?? now);
  }

  /** When the namespace's turn begins; what it asks for comes on top. */
  #charge(namespace: string, cost: Duration): Instant {
    const share = this.#shareOf(namespace);
    const begins = Math.max(this.#earliest(), share.busyUntil);
    share.busyUntil = begins + cost;
    return begins;
  }

  #shareOf(namespace: string): Share {
    const share = this.#shares.get(namespace) ?? { busyUntil: 0, waiting: 0 };
    this.#shares.set(namespace, share);
    return share;
  }
}
