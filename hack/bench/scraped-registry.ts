// SPDX-License-Identifier: Apache-2.0
/**
 * What a controller exposes that has been at work for long: identities, TrustDomains in the midst of a rotation, as many
 * policies as have series of their own, and every call that its roles grant. What a scrape takes is measured on it.
 * @module
 */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { ServiceIdentity } from '../../src/api/service-identity.ts';
import { formatTimestamp } from '../../src/api/timestamp.ts';
import type { AuthorityKind, AuthorityState, AuthorityStatus, TrustDomain } from '../../src/api/trust-domain.ts';
import type { Verb } from '../../src/kube/transport.ts';
import { MAX_POLICIES } from '../../src/observability/metric-catalog.ts';
import type { MetricSources } from '../../src/observability/metric-sources.ts';
import { createMetrics, type Metrics, type MetricsOptions } from '../../src/observability/metrics.ts';
import { controllerLabels } from '../../src/signals/controller-labels.ts';
import { identitiesReading } from '../../src/signals/identity-readings.ts';
import { trustDomainReading } from '../../src/signals/trust-domain-readings.ts';
import { DAY, HOUR, MINUTE } from '../../src/time.ts';

export const LABELS: MetricsOptions = controllerLabels({ webhook: true, prober: true });
export const TRUST_DOMAINS = 3;
export const POLICIES: number = MAX_POLICIES;
/** Each call as it should end, and as it ended once. */
const CODES = ['200', '503'] as const;
const ROLE_FILES = ['controller', 'webhook'] as const;

export function scrapedRegistry(size: number): Metrics {
  const now = Date.now();
  const metrics = createMetrics(LABELS);
  metrics.observe(sources(size, now));
  metrics.admissionProbed('Refused', true);
  for (const call of grantedCalls()) {
    for (const code of CODES) metrics.apiCall({ ...call, code, duration: 4 });
  }
  return metrics;
}

/** Of what was scraped. */
export function sizeOf(text: string): { readonly series: number; readonly bytes: number } {
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return { series: series.length, bytes: Buffer.byteLength(text) };
}

function sources(size: number, now: number): MetricSources {
  const identities = Array.from({ length: size }, (_, i) => anIdentity(i, now));
  const trustDomains = Array.from({ length: TRUST_DOMAINS }, (_, i) => rotatingTrustDomain(i, now));
  const policies = Array.from({ length: POLICIES }, (_, i) => ({
    policy: `policy-${i}`,
    enforcement: 'Enforce',
    matched: 1000,
    violating: 10,
  }));
  return {
    controllers: () =>
      LABELS.controllers.map((name) => ({ name, depth: 10, delayed: size, oldestWait: 12, longestRun: 34 })),
    reflectors: () => LABELS.reflectors.map((resource) => ({ resource, objects: size, lastActivity: now })),
    identities: () => identitiesReading(identities, { now, limit: 0 }),
    trustDomains: () => trustDomains.map((trustDomain) => trustDomainReading(trustDomain, now)),
    policies: () => policies,
    ready: () => true,
    leaseHeld: () => true,
    clockSkew: () => 12,
    process: () => ({ residentBytes: 133_169_152, heapUsedBytes: 45_678_912, cpu: 123_456, startedAt: now - DAY }),
  };
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}

/** What the manifests grant the controller. A subresource counts as its resource; `attest` is no call. */
function grantedCalls(): { readonly verb: Verb; readonly resource: string }[] {
  const objects = ROLE_FILES.flatMap((name) => {
    const text = readFileSync(new URL(`../manifests/${name}.yaml`, import.meta.url), 'utf8');
    return parseAllDocuments(text, { merge: true }).map((document) => document.toJS() as Role);
  });
  const roles = objects.filter(
    ({ kind, metadata }) => kind.endsWith('Role') && metadata.name.startsWith('signet-controller'),
  );
  return roles.flatMap(({ rules }) =>
    rules.flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.filter(isVerb).map((verb) => ({ verb, resource: withoutPart(resource) }))),
    ),
  );
}

function isVerb(verb: string): verb is Verb {
  return verb !== 'attest';
}

function withoutPart(resource: string): string {
  return resource.replace(/\/.*$/u, '');
}

export function anIdentity(i: number, now: number): ServiceIdentity {
  const issued = now - (i % 1800) * 1000;
  return {
    metadata: {
      name: `id-${i}`,
      namespace: 'shop',
      uid: `uid-${i}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-06-01T00:00:00Z',
    },
    spec: { serviceAccountName: 'checkout' },
    status: {
      serialNumber: '4f'.repeat(16),
      notBefore: formatTimestamp(issued),
      notAfter: formatTimestamp(issued + HOUR),
      renewalTime: formatTimestamp(issued + HOUR / 2),
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Issued',
          message: 'Secret checkout-svid holds the SVID',
          observedGeneration: 1,
          lastTransitionTime: formatTimestamp(issued),
        },
      ],
    },
  };
}

/** The new root signs, and the old one is trusted for as long as SVIDs under it are valid. */
function rotatingTrustDomain(i: number, now: number): TrustDomain {
  const authority = (nth: number, kind: AuthorityKind, state: AuthorityState): AuthorityStatus => ({
    id: `${i}${nth}`.repeat(16),
    kind,
    state,
    notBefore: formatTimestamp(now - DAY),
    notAfter: formatTimestamp(now + 7 * DAY),
    ...(state === 'Retired' ? { leavesUntil: formatTimestamp(now + DAY) } : {}),
  });
  return {
    metadata: {
      name: `domain-${i}`,
      uid: `uid-${i}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-06-01T00:00:00Z',
    },
    spec: { trustDomain: `domain-${i}.example.org` },
    status: {
      authorities: [
        authority(0, 'Root', 'Active'),
        authority(1, 'Intermediate', 'Active'),
        authority(2, 'Root', 'Retired'),
        authority(3, 'Intermediate', 'Retired'),
      ],
      rotation: {
        action: 'RotateRoot',
        state: 'InProgress',
        step: 'WaitingForOldSVIDs',
        message: 'the old root is trusted until its last SVID has ended',
        startedAt: formatTimestamp(now - HOUR),
        nextStepTime: formatTimestamp(now + MINUTE),
        targets: 10_000,
        stale: 0,
        exposed: 0,
      },
      bundle: { sequence: 3, configMaps: { total: 100, current: 100 } },
    },
  };
}
