// SPDX-License-Identifier: Apache-2.0
/**
 * What is not counted but looked up when somebody scrapes: sizes, ages, states.
 * @module
 */
import type { Gauge } from 'prom-client';
import { type Duration, type Instant, SECOND } from '../time.ts';
import type { MetricRegistry } from './metric-registry.ts';
import { readTrustDomains, type TrustDomainReading } from './trust-domain-metrics.ts';

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
  /** The first notAfter that is not past. */
  readonly nearestExpiry?: Instant | undefined;
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
  leaseHeld?(): boolean;
  clockSkew?(): Duration | undefined;
  process?(): ProcessReading;
}

/** Label values whose series are there at every scrape. */
export interface KnownLabels {
  readonly controllers: readonly string[];
  readonly identityStates: readonly string[];
  readonly trustDomainStates: readonly string[];
}

/** Brings every looked-up metric up to date; what nobody tells of any more falls back to zero. */
export function readSources(objects: MetricRegistry, known: KnownLabels, sources: MetricSources): void {
  const { gauges } = objects;
  readControllers(objects, known, sources);
  for (const { resource, objects: count, lastActivity } of sources.reflectors?.() ?? []) {
    gauges.reflectorObjects.set({ resource }, count);
    gauges.reflectorActivity.set({ resource }, lastActivity / SECOND);
  }
  readIdentities(objects, known, sources.identities?.());
  readTrustDomains(objects, known.trustDomainStates, sources.trustDomains?.() ?? []);
  setOrRemove(gauges.clockSkew, sources.clockSkew?.());
  gauges.leaseHeld.set(sources.leaseHeld?.() === true ? 1 : 0);
  readProcess(objects, sources.process?.());
}

function readIdentities({ gauges }: MetricRegistry, known: KnownLabels, reading: IdentitiesReading | undefined): void {
  for (const state of known.identityStates) gauges.identities.set({ state }, reading?.states[state] ?? 0);
  setOrRemove(gauges.nearestExpiry, reading?.nearestExpiry);
}

function readControllers({ gauges }: MetricRegistry, known: KnownLabels, sources: MetricSources): void {
  const readings = new Map([...(sources.controllers?.() ?? [])].map((reading) => [reading.name, reading]));
  for (const controller of known.controllers) {
    const { depth = 0, delayed = 0, oldestWait = 0, longestRun = 0 } = readings.get(controller) ?? {};
    gauges.queueDepth.set({ controller }, depth);
    gauges.queueDelayed.set({ controller }, delayed);
    gauges.queueOldest.set({ controller }, oldestWait / SECOND);
    gauges.longestReconcile.set({ controller }, longestRun / SECOND);
  }
}

function readProcess({ gauges, counters }: MetricRegistry, reading: ProcessReading | undefined): void {
  if (reading !== undefined) {
    gauges.residentMemory.set(reading.residentBytes);
    gauges.heapUsed.set(reading.heapUsedBytes);
    gauges.startTime.set(reading.startedAt / SECOND);
    counters.cpu.reset();
    counters.cpu.inc(reading.cpu / SECOND);
  }
}

/** What is not known is not shown: a zero would be a date or a skew that is not there. */
function setOrRemove(gauge: Gauge, milliseconds: number | undefined): void {
  if (milliseconds === undefined) {
    gauge.remove({});
  } else {
    gauge.set(milliseconds / SECOND);
  }
}
