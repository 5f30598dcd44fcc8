// SPDX-License-Identifier: Apache-2.0
/**
 * How what is looked up at a scrape becomes metrics: each source by itself, so that one that throws leaves all others
 * to be seen.
 * @module
 */
import type { Gauge } from 'prom-client';
import { SECOND } from '../time.ts';
import { MAX_POLICIES, type MetricKeyOf } from './metric-catalog.ts';
import type { MetricRegistry } from './metric-registry.ts';
import {
  type IdentitiesReading,
  type MetricSources,
  type PolicyReading,
  type ProcessReading,
  VALIDITIES,
} from './metric-sources.ts';
import { readTrustDomains, TRUST_DOMAIN_GAUGES } from './trust-domain-metrics.ts';

/** Label values whose series are there at every scrape. */
export interface KnownLabels {
  readonly controllers: readonly string[];
  readonly reflectors: readonly string[];
  readonly identityStates: readonly string[];
  readonly trustDomainStates: readonly string[];
}

interface Reader {
  /** In the label `source`. */
  readonly name: string;
  /** What it makes; all of it is missing where the source throws. */
  readonly metrics: readonly LookedUp[];
  readonly read: (objects: MetricRegistry, known: KnownLabels, sources: MetricSources) => void;
}

type LookedUp = MetricKeyOf<'gauge'> | 'cpu';

const READERS: { readonly [Source in keyof Required<MetricSources>]: Reader } = {
  controllers: {
    name: 'controllers',
    metrics: ['queueDepth', 'queueDelayed', 'queueOldest', 'longestReconcile'],
    read: readControllers,
  },
  reflectors: {
    name: 'reflectors',
    metrics: ['reflectorObjects', 'reflectorActivity'],
    read: readReflectors,
  },
  identities: {
    name: 'identities',
    metrics: [
      'identities',
      'identitiesForbidden',
      'svids',
      'survival',
      'survivalRatio',
      'nearestExpiry',
      'identityExpiry',
    ],
    read: (objects, known, sources) => readIdentities(objects, known, sources.identities?.()),
  },
  trustDomains: {
    name: 'trust_domains',
    metrics: TRUST_DOMAIN_GAUGES,
    read: (objects, known, sources) =>
      readTrustDomains(objects, known.trustDomainStates, sources.trustDomains?.() ?? []),
  },
  policies: {
    name: 'policies',
    metrics: ['policyIdentities'],
    read: (objects, _, sources) => readPolicies(objects, sources.policies?.() ?? []),
  },
  leaseHeld: {
    name: 'lease_held',
    metrics: ['leaseHeld'],
    read: ({ gauges }, _, sources) => setFlag(gauges.leaseHeld, sources.leaseHeld?.()),
  },
  ready: {
    name: 'ready',
    metrics: ['ready'],
    read: ({ gauges }, _, sources) => setFlag(gauges.ready, sources.ready?.()),
  },
  clockSkew: {
    name: 'clock_skew',
    metrics: ['clockSkew'],
    read: ({ gauges }, _, sources) => setOrRemove(gauges.clockSkew, sources.clockSkew?.()),
  },
  process: {
    name: 'process',
    metrics: ['residentMemory', 'heapUsed', 'startTime', 'cpu'],
    read: (objects, _, sources) => readProcess(objects, sources.process?.()),
  },
};

/** What is not looked up but counted, in the label `source`. */
export const COUNTS = 'counts';

/** Values of the label `source`. */
export const SOURCE_NAMES: readonly string[] = [...Object.values(READERS).map(({ name }) => name), COUNTS];

/** Told of each source that threw, and under COUNTS of what could not be counted. */
export type OnSourceProblem = (source: string, error: unknown) => void;

/**
 * Brings every looked-up metric up to date; what nobody tells of any more falls back to zero. A source that throws costs
 * its own metrics alone, and has none: zero would be good news, and what it told last would never get worse.
 */
export function readSources(
  objects: MetricRegistry,
  known: KnownLabels,
  sources: MetricSources,
  onProblem: OnSourceProblem,
): void {
  const { gauges } = objects;
  gauges.sourceSuccess.reset();
  for (const source of Object.keys(READERS) as (keyof MetricSources)[]) {
    const { name, metrics, read } = READERS[source];
    let success = true;
    try {
      read(objects, known, sources);
    } catch (error) {
      success = false;
      for (const key of metrics) withdraw(objects, key);
      onProblem(name, error);
    }
    if (sources[source] !== undefined) gauges.sourceSuccess.set({ source: name }, success ? 1 : 0);
  }
}

/** Leaves no series of it. */
function withdraw({ gauges, counters }: MetricRegistry, key: LookedUp): void {
  const metric = key === 'cpu' ? counters[key] : gauges[key];
  metric.reset();
  // One without labels is zero then.
  metric.remove({});
}

function readReflectors({ gauges }: MetricRegistry, known: KnownLabels, sources: MetricSources): void {
  for (const resource of known.reflectors) gauges.reflectorObjects.set({ resource }, 0);
  for (const { resource, objects, lastActivity } of sources.reflectors?.() ?? []) {
    gauges.reflectorObjects.set({ resource }, objects);
    gauges.reflectorActivity.set({ resource }, lastActivity / SECOND);
  }
}

function readIdentities({ gauges }: MetricRegistry, known: KnownLabels, reading: IdentitiesReading | undefined): void {
  const {
    states,
    forbidden = 0,
    nearestExpiry,
    survival,
    survivalRatio,
    svids = [],
    expiries = [],
  } = reading ?? NO_IDENTITIES;
  for (const state of known.identityStates) gauges.identities.set({ state }, states[state] ?? 0);
  gauges.identitiesForbidden.set(forbidden);
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
