// SPDX-License-Identifier: Apache-2.0
/**
 * What is looked up of TrustDomains when somebody scrapes, as metrics. What is gone since the last scrape leaves no
 * series behind.
 * @module
 */
import type { Gauge } from 'prom-client';
import { type Instant, SECOND } from '../time.ts';
import type { MetricKeyOf } from './metric-catalog.ts';
import type { MetricRegistry } from './metric-registry.ts';
import { TRUST_DOMAIN_METRICS } from './trust-domain-metric-catalog.ts';

type MetricKey = keyof typeof TRUST_DOMAIN_METRICS;
/** What is looked up; the rest is counted. */
export const TRUST_DOMAIN_GAUGES: readonly (MetricKey & MetricKeyOf<'gauge'>)[] = (
  Object.keys(TRUST_DOMAIN_METRICS) as MetricKey[]
).filter((key): key is MetricKey & MetricKeyOf<'gauge'> => TRUST_DOMAIN_METRICS[key].type === 'gauge');

/** Reasons of Ready of a TrustDomain that signs nothing until somebody has mended its authority. */
export const UNAVAILABLE_STATES: readonly string[] = [
  'AuthorityLost',
  'AuthorityWentBack',
  'AuthorityExpired',
  'AuthorityMismatch',
];

export interface TrustDomainReading {
  /** Of the object. */
  readonly name: string;
  /** Reason of its Ready condition. */
  readonly state: string;
  /** Every kind in every state, those at zero too. */
  readonly authorities: readonly { readonly kind: string; readonly state: string; readonly count: number }[];
  /** Ends of the authorities that sign, and whether the next one should sign already. */
  readonly active: readonly { readonly kind: string; readonly notAfter: Instant; readonly overdue: boolean }[];
  /** The latest end of an SVID under each authority that has signed. */
  readonly latestSVIDs: readonly { readonly kind: string; readonly id: string; readonly notAfter: Instant }[];
  readonly compromisedRoots: number;
  readonly rotation: RotationReading;
  /** Undefined: nothing is known to be published. */
  readonly bundle: BundleReading | undefined;
}

export interface RotationReading {
  /** Every step; at most one of them is the present one. */
  readonly steps: Readonly<Record<string, boolean>>;
  /** Undefined: none is in progress. */
  readonly startedAt: Instant | undefined;
  readonly nextStepTime: Instant | undefined;
  /** Undefined: not counted. */
  readonly targets: number | undefined;
  readonly stale: number | undefined;
  readonly exposed: number | undefined;
  readonly quarantined: number;
}

export interface BundleReading {
  readonly sequence: number;
  readonly configMaps: number;
  readonly stale: number;
}

/** `states`: reasons of Ready whose series are always there. */
export function readTrustDomains(
  { gauges }: MetricRegistry,
  states: readonly string[],
  readings: Iterable<TrustDomainReading>,
): void {
  for (const key of TRUST_DOMAIN_GAUGES) gauges[key].reset();
  for (const state of states) gauges.trustDomains.set({ state }, 0);
  for (const reading of readings) {
    gauges.trustDomains.inc({ state: reading.state });
    gauges.authorityUnavailable.set({ trust_domain: reading.name }, UNAVAILABLE_STATES.includes(reading.state) ? 1 : 0);
    gauges.rootKeyLost.set({ trust_domain: reading.name }, reading.state === 'RootKeyLost' ? 1 : 0);
    readAuthorities(gauges, reading);
    readRotation(gauges, reading.name, reading.rotation);
    readBundle(gauges, reading.name, reading.bundle);
  }
}

function readAuthorities(gauges: MetricRegistry['gauges'], reading: TrustDomainReading): void {
  const { name: trust_domain, authorities, active, latestSVIDs, compromisedRoots } = reading;
  for (const { kind, state, count } of authorities) gauges.authorities.set({ trust_domain, kind, state }, count);
  for (const { kind, notAfter, overdue } of active) {
    gauges.authorityExpiry.set({ trust_domain, kind }, notAfter / SECOND);
    gauges.authoritiesOverdue.set({ trust_domain, kind }, overdue ? 1 : 0);
  }
  for (const { kind, id, notAfter } of latestSVIDs) {
    gauges.latestSVIDExpiry.set({ trust_domain, kind, authority: id }, notAfter / SECOND);
  }
  gauges.compromisedRoots.set({ trust_domain }, compromisedRoots);
}

function readRotation(gauges: MetricRegistry['gauges'], trust_domain: string, rotation: RotationReading): void {
  const { steps, startedAt, nextStepTime, targets, stale, exposed, quarantined } = rotation;
  for (const [step, present] of Object.entries(steps)) {
    gauges.rotationStep.set({ trust_domain, step }, present ? 1 : 0);
  }
  gauges.rotationQuarantined.set({ trust_domain }, quarantined);
  const known: readonly (readonly [Gauge, number | undefined])[] = [
    [gauges.rotationStart, startedAt === undefined ? undefined : startedAt / SECOND],
    [gauges.rotationNextStep, nextStepTime === undefined ? undefined : nextStepTime / SECOND],
    [gauges.rotationTargets, targets],
    [gauges.rotationStale, stale],
    [gauges.rotationExposed, exposed],
  ];
  for (const [gauge, value] of known) if (value !== undefined) gauge.set({ trust_domain }, value);
}

function readBundle(gauges: MetricRegistry['gauges'], trust_domain: string, bundle: BundleReading | undefined): void {
  if (bundle === undefined) return;
  gauges.bundleSequence.set({ trust_domain }, bundle.sequence);
  gauges.bundleConfigMaps.set({ trust_domain }, bundle.configMaps);
  gauges.bundleStale.set({ trust_domain }, bundle.stale);
}
