// SPDX-License-Identifier: Apache-2.0
/**
 * Which of the identities without an SVID is served first: each namespace has its share. What it asked for before counts
 * by what it costs, so that nobody waits for somebody else's flood of slow keys (start-time fair queueing: Goyal, Vin and
 * Cheng, 1996, with deadlines in the place of tags). Where nothing else waits, nothing waits for its share.
 * @module
 */
import type { ServiceIdentity } from '../../api/service-identity.ts';
import type { Clock } from '../../controller/clock.ts';
import { DEFAULT_URGENCY } from '../../controller/work-queue.ts';
import type { KeyAlgorithm } from '../../spiffe/svid.ts';
import { type Duration, type Instant, SECOND } from '../../time.ts';
import { Expiring } from './expiring.ts';

/** One issuance: the key on a slow processor, or the writes of a slow API server. Less than it takes would let a flood get ahead of renewals. */
const COSTS: Readonly<Record<KeyAlgorithm, Duration>> = {
  'ECDSA-P256': 50,
  'ECDSA-P384': 50,
  Ed25519: 50,
  'RSA-2048': 250,
  'RSA-3072': SECOND,
};

interface Turn {
  readonly uid: string | undefined;
  readonly deadline: Instant;
}

export class Shares {
  readonly #clock: Pick<Clock, 'now'>;
  /** By namespace: until when the signer would be busy with what was asked for, had it nothing else to do. */
  readonly #busyUntil = new Expiring<Instant>();
  /** By identity: what it was told, so that not each event counts. */
  readonly #turns = new Expiring<Turn>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Identities that are remembered. */
  get size(): number {
    return this.#turns.size;
  }

  /** By when an identity without an SVID should be worked on. The same until that has passed. */
  deadlineOf(key: string, { metadata, spec }: ServiceIdentity): Instant {
    const { namespace = '', uid } = metadata;
    const now = this.#clock.now();
    const told = this.#turns.get(key);
    if (told !== undefined && told.uid === uid && told.deadline > now) return told.deadline;
    const begins = Math.max(now, this.#busyUntil.get(namespace) ?? now);
    const busyUntil = begins + COSTS[spec.privateKey?.algorithm ?? 'ECDSA-P256'];
    const deadline = begins + DEFAULT_URGENCY;
    this.#busyUntil.set(namespace, busyUntil, (until) => until <= now);
    this.#turns.set(key, { uid, deadline }, (turn) => turn.deadline <= now);
    return deadline;
  }

  /** It has an SVID, or is gone. What it cost its namespace stays. */
  forget(key: string): void {
    this.#turns.delete(key);
  }
}
