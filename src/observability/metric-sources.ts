// SPDX-License-Identifier: Apache-2.0
/**
 * What is not counted but looked up when somebody scrapes: sizes, ages, states.
 * @module
 */
import type { Gauge } from 'prom-client';
import { type Duration, type Instant, SECOND } from '../time.ts';
import { MAX_POLICIES } from './metric-catalog.ts';
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
  readPolicies(objects, sources.policies?.() ?? []);
  setFlag(gauges.ready, sources.ready?.());
  setFlag(gauges.leaseHeld, sources.leaseHeld?.());
  readProcess(objects, sources.process?.());
}

function readIdentities({ gauges }: MetricRegistry, known: KnownLabels, reading: IdentitiesReading | undefined): void {
  const { states, nearestExpiry, survival, survivalRatio, svids = [], expiries = [] } = reading ?? NO_IDENTITIES;
  for (const state of known.identityStates) gauges.identities.set({ state }, states[state] ?? 0);
  setOrRemove(gauges.nearestExpiry, nearestExpiry);
  setOrRemove(gauges.survival, survival);
  if (survivalRatio === undefined) gauges.survivalRatio.remove({});
  else gauges.survivalRatio.set(survivalRatio);
  for (const validity of VALIDITIES) {
    for (const renewable of ['true', 'false']) gauges.svids.set({ validity, renewable }, 0);
  }
  for (const { validity, renewable, count } of svids) {
    gauges.svids.set({ validity, renewable: String(renewable) }, count);
  }
  gauges.identityExpiry.reset();
  for (const { namespace, name, notAfter } of expiries) {
    gauges.identityExpiry.set({ namespace, name }, notAfter / SECOND);
  }
}

const NO_IDENTITIES: IdentitiesReading = { states: {} };

function readPolicies({ gauges }: MetricRegistry, readings: Iterable<PolicyReading>): void {
  gauges.policyIdentities.reset();
  let count = 0;
  for (const { policy: name, enforcement, matched, violating } of readings) {
    count += 1;
    const policy = count > MAX_POLICIES ? 'other' : name;
    gauges.policyIdentities.inc({ policy, enforcement, verdict: 'kept' }, matched - violating);
    gauges.policyIdentities.inc({ policy, enforcement, verdict: 'broken' }, violating);
  }
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

/** A role that has no such state shows none: a webhook is no standby. */
function setFlag(gauge: Gauge, state: boolean | undefined): void {
  if (state === undefined) gauge.remove({});
  else gauge.set(state ? 1 : 0);
}

/** What is not known is not shown: a zero would be a date or a skew that is not there. */
function setOrRemove(gauge: Gauge, milliseconds: number | undefined): void {
  if (milliseconds === undefined) {
    gauge.remove({});
  } else {
    gauge.set(milliseconds / SECOND);
  }
}
