// SPDX-License-Identifier: Apache-2.0
/**
 * What a scrape or a probe reads off the running app.
 * @module
 */
import { IDENTITY_REASONS } from './api/conditions.ts';
import type { ServiceIdentity } from './api/service-identity.ts';
import { parseTimestamp } from './api/timestamp.ts';
import type { App } from './app.ts';
import type { Clock } from './controller/clock.ts';
import type { Controller } from './controller/controller.ts';
import type { ClockSkew } from './kube/clock-skew.ts';
import type { Collection } from './kube/reflector-group.ts';
import type { HealthChecks } from './observability/health.ts';
import type {
  ControllerReading,
  IdentitiesReading,
  MetricSources,
  ProcessReading,
  ReflectorReading,
} from './observability/metric-sources.ts';
import type { Instant } from './time.ts';
import { trustDomainReading } from './trust-domain-readings.ts';

export interface ReadingParts {
  readonly skew: ClockSkew;
  readonly clock: Clock;
  readonly readProcess: () => ProcessReading;
}

/** Where the metrics look. */
export function metricSources(app: App, { skew, clock, readProcess }: ReadingParts): MetricSources {
  return {
    controllers: () => {
      const controllers = [
        app.trustDomainController,
        app.policies.controller,
        app.term.controller,
        app.bundles.controller,
        app.webhook?.controller,
      ];
      return controllers.filter((controller) => controller !== undefined).map(controllerReading);
    },
    reflectors: () => app.caches.reflectors.map((reflector) => reflectorReading(reflector, clock)),
    identities: () => identitiesReading(app.caches.identities.values(), clock.now()),
    trustDomains: () => [...app.caches.trustDomains.values()].map(trustDomainReading),
    leaseHeld: () => app.mayAct(),
    clockSkew: () => skew.skew(),
    process: readProcess,
  };
}

/** Ready means: everything a standby needs to take over at once is in memory, and its clock is right. */
export function readiness({ caches, registry }: App, skew: ClockSkew): HealthChecks {
  return {
    caches: () => {
      const missing = caches.reflectors.filter((reflector) => !reflector.hasSynced).map(({ name }) => name);
      return missing.length === 0 ? undefined : `not yet synced: ${missing.join(', ')}`;
    },
    authorities: () => {
      const missing = caches.trustDomainNames().filter((name) => registry.get(name) === undefined);
      return missing.length === 0 ? undefined : `not yet looked at: TrustDomain ${missing.join(', ')}`;
    },
    clock: () => skew.refusal(),
  };
}

export function reflectorReading(reflector: Collection<unknown>, clock: Clock): ReflectorReading {
  const lastActivity = clock.now() - (clock.monotonic() - reflector.lastActivity());
  return { resource: reflector.name, objects: reflector.size, lastActivity };
}

export function controllerReading(controller: Controller): ControllerReading {
  const { name, queue } = controller;
  const longestRun = controller.longestRun();
  return { name, depth: queue.length, delayed: queue.delayed, oldestWait: queue.oldestWait(), longestRun };
}

function identitiesReading(identities: Iterable<ServiceIdentity>, now: Instant): IdentitiesReading {
  const states: Record<string, number> = Object.fromEntries(Object.keys(IDENTITY_REASONS).map((reason) => [reason, 0]));
  let nearestExpiry: Instant | undefined;
  for (const { status } of identities) {
    const reason = status?.conditions?.find(({ type }) => type === 'Ready')?.reason ?? 'Pending';
    states[reason] = (states[reason] ?? 0) + 1;
    const notAfter = parseTimestamp(status?.notAfter ?? '');
    if (notAfter !== undefined && notAfter > now) nearestExpiry = Math.min(nearestExpiry ?? notAfter, notAfter);
  }
  return { states, nearestExpiry };
}
