// SPDX-License-Identifier: Apache-2.0
/**
 * What is not counted but looked up when somebody scrapes: sizes, ages, states. source-readers.ts makes metrics of it.
 * @module
 */
import type { Duration, Instant } from '../time.ts';
import type { TrustDomainReading } from './trust-domain-metrics.ts';

export interface ControllerReading {
  readonly name: string;
  readonly depth: number;
  readonly delayed: number;
  readonly oldestWait: Duration;
  readonly longestRun: Duration;
}

export interface ReflectorReading {
  readonly resource: string;
  readonly objects: number;
  readonly lastActivity: Instant;
}

export interface IdentitiesReading {
  /** Identities by the reason of their Ready condition. */
  readonly states: Readonly<Record<string, number>>;
  /** Identities that nothing but a policy keeps from renewal. */
  readonly forbidden?: number;
  /** The first notAfter that is not past. */
  readonly nearestExpiry?: Instant | undefined;
  readonly svids?: readonly SVIDCount[];
  /** Until the first renewable SVID ends. */
  readonly survival?: Duration | undefined;
  /** Least share of its lifetime that is left to one. */
  readonly survivalRatio?: number | undefined;
  /** Of single identities, where somebody asked for them. */
  readonly expiries?: readonly { readonly namespace: string; readonly name: string; readonly notAfter: Instant }[];
}

export const VALIDITIES = ['current', 'overdue', 'expired'] as const;

export interface SVIDCount {
  readonly validity: (typeof VALIDITIES)[number];
  readonly renewable: boolean;
  readonly count: number;
}

export interface PolicyReading {
  readonly policy: string;
  readonly enforcement: string;
  readonly matched: number;
  readonly violating: number;
}

export interface ProcessReading {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  /** User and system. */
  readonly cpu: Duration;
  readonly startedAt: Instant;
}

/** What the composition root can tell; each is asked at every scrape. */
export interface MetricSources {
  controllers?(): Iterable<ControllerReading>;
  reflectors?(): Iterable<ReflectorReading>;
  identities?(): IdentitiesReading;
  trustDomains?(): Iterable<TrustDomainReading>;
  policies?(): Iterable<PolicyReading>;
  leaseHeld?(): boolean;
  ready?(): boolean;
  clockSkew?(): Duration | undefined;
  process?(): ProcessReading;
}
