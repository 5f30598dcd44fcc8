// SPDX-License-Identifier: Apache-2.0
/**
 * How long changes of trust take, read off the statuses of TrustDomains as they are written: until new anchors are in
 * every bundle, and until a compromised authority is out of use and out of trust.
 * @module
 */
import { parseTimestamp } from '../api/timestamp.ts';
import type { BundleStatus, RotationStatus, TrustDomain, TrustDomainStatus } from '../api/trust-domain.ts';
import type { Clock } from '../controller/clock.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Duration } from '../time.ts';

type DurationMetrics = Pick<Metrics, 'bundlePropagated' | 'compromise'>;

export class TrustDomainDurations {
  readonly #clock: Clock;
  readonly #metrics: DurationMetrics;
  /** By TrustDomain, for anchors that are on their way: their sequence, and since when on the monotonic clock. */
  readonly #changed = new Map<string, { readonly sequence: number; readonly since: Duration }>();

  constructor(clock: Clock, metrics: DurationMetrics) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  /** `trustDomain` is as it was before `next` was written to its status. */
  written({ metadata, status }: TrustDomain, next: TrustDomainStatus): void {
    this.#bundle(metadata.name, status?.bundle, next.bundle);
    this.#compromise(status?.rotation, next.rotation);
  }

  #bundle(name: string, before: BundleStatus | undefined, now: BundleStatus | undefined): void {
    if (now === undefined) return;
    const { sequence, configMaps } = now;
    // The first status of all tells of no change.
    if (before !== undefined && sequence > before.sequence) {
      this.#changed.set(name, { sequence, since: this.#clock.monotonic() });
    }
    const change = this.#changed.get(name);
    if (change === undefined || change.sequence !== sequence || configMaps.current < configMaps.total) return;
    this.#changed.delete(name);
    this.#metrics.bundlePropagated(this.#clock.monotonic() - change.since);
  }

  #compromise(before: RotationStatus | undefined, now: RotationStatus | undefined): void {
    const startedAt = parseTimestamp(now?.startedAt ?? '');
    if (now?.action !== 'Compromise' || startedAt === undefined) return;
    const same = before?.startedAt === now.startedAt ? before : undefined;
    if (now.step === 'WaitingForMargin' && same?.step !== now.step) {
      this.#metrics.compromise('svids_replaced', this.#clock.now() - startedAt);
    }
    if (now.state === 'Completed' && same !== undefined && same.state !== 'Completed') {
      this.#metrics.compromise('anchor_withdrawn', this.#clock.now() - startedAt);
    }
  }
}
