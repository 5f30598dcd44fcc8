// SPDX-License-Identifier: Apache-2.0
/**
 * Counts at most once a second for each TrustDomain, and less often where that takes long, and remembers what single
 * counts cannot tell: since when they were incomplete, and when they last changed. Losing it at a restart makes rotations
 * wait longer, never shorter.
 * @module
 */
import type { AuthorityDocument } from '../../authority/document.ts';
import { type Count, complete, type Propagation } from '../../authority/propagation.ts';
import type { Clock } from '../../controller/clock.ts';
import { type Duration, type Instant, SECOND } from '../../time.ts';

export interface CounterOptions {
  readonly clock: Clock;
  /** Undefined: it cannot be said yet. */
  readonly count: (trustDomainObject: string, document: AuthorityDocument) => Count | undefined;
}

/** At most this part of the time goes into counting: nothing else happens meanwhile. */
const SHARE = 0.05;
/** However long a count took: the process may have been stopped in it. */
const LONGEST_PAUSE: Duration = 30 * SECOND;

interface Last {
  readonly revision: number;
  readonly at: Instant;
  /** How long it took. */
  readonly took: Duration;
  readonly propagation: Propagation;
}

export class Counter {
  readonly #options: CounterOptions;
  readonly #last = new Map<string, Last>();

  constructor(options: CounterOptions) {
    this.#options = options;
  }

  /** `margin`: how long workloads may take to load what was stored. */
  count(name: string, document: AuthorityDocument, margin: Duration): Propagation | undefined {
    const { clock, count } = this.#options;
    const now = clock.now();
    const last = this.#last.get(name);
    const { revision } = document;
    const pause = Math.min(LONGEST_PAUSE, Math.max(SECOND, (last?.took ?? 0) / SHARE));
    if (last?.revision === revision && now >= last.at && now - last.at < pause) return last.propagation;
    const startedAt = clock.monotonic();
    const counted = count(name, document);
    const took = clock.monotonic() - startedAt;
    if (counted === undefined) return undefined;
    const propagation = compared(last?.propagation, counted, { now, margin });
    this.#last.set(name, { revision, at: now, took, propagation });
    return propagation;
  }
}

function compared(
  before: Propagation | undefined,
  counted: Count,
  { now, margin }: { readonly now: Instant; readonly margin: Duration },
): Propagation {
  const changed = before === undefined || before.stale !== counted.stale || before.exposed !== counted.exposed;
  const changedAt = changed ? now : (before.changedAt ?? now);
  return {
    ...counted,
    ...(complete(counted) ? {} : { incompleteSince: before?.incompleteSince ?? now }),
    changedAt,
    // Whatever was stored within the margin may not be loaded yet, and which that was is not remembered.
    breaking: now - changedAt < margin ? counted.secrets : counted.dependents,
  };
}
