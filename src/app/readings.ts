// SPDX-License-Identifier: Apache-2.0
/**
 * What a scrape or a probe reads off the running app.
 * @module
 */

import type { Clock } from '../controller/clock.ts';
import type { Controller } from '../controller/controller.ts';
import type { ClockSkew } from '../kube/clock-skew.ts';
import type { Collection } from '../kube/reflector-group.ts';
import { type HealthChecks, judge } from '../observability/health.ts';
import type {
  ControllerReading,
  MetricSources,
  PolicyReading,
  ProcessReading,
  ReflectorReading,
} from '../observability/metric-sources.ts';
import { identitiesReading } from '../signals/identity-readings.ts';
import { trustDomainReading } from '../signals/trust-domain-readings.ts';
import type { App } from './app.ts';

export interface ReadingParts {
  readonly skew: ClockSkew;
  readonly clock: Clock;
  readonly readProcess: () => ProcessReading;
  /** Of how many identities there is a series each. */
  readonly identityLimit: number;
}

/** Where the metrics look. */
export function metricSources(app: App, { skew, clock, readProcess, identityLimit }: ReadingParts): MetricSources {
  return {
    controllers: () => {
      const controllers = [
        app.authorities.controller,
        app.policies.controller,
        app.term.controller,
        app.bundles.controller,
        app.reloads.controller,
        app.webhook?.controller,
      ];
      return controllers.filter((controller) => controller !== undefined).map(controllerReading);
    },
    reflectors: () => app.caches.reflectors.map((reflector) => reflectorReading(reflector, clock)),
    identities: () =>
      identitiesReading(app.identities(), {
        now: clock.now(),
        limit: identityLimit,
      }),
    trustDomains: () =>
      [...app.caches.trustDomains.values()].map((trustDomain) => trustDomainReading(trustDomain, clock.now())),
    policies: () => policyReadings(app),
    ready: () => judge(readiness(app, skew)).healthy,
    leaseHeld: () => app.mayAct(),
    clockSkew: () => skew.skew(),
    process: readProcess,
  };
}

function policyReadings({ policies }: App): PolicyReading[] {
  return [...policies.reflector.values()].map(({ metadata, spec, status }) => {
    const { matched = 0, violating = 0 } = status ?? {};
    return { policy: metadata.name, enforcement: spec.enforcement ?? 'Enforce', matched, violating };
  });
}

/** Ready means: everything a standby needs to take over at once is in memory, and its clock is right. */
export function readiness({ caches, registry }: App, skew: ClockSkew): HealthChecks {
  return {
    caches: () => missingCaches(caches.reflectors),
    authorities: () => {
      const missing = caches.trustDomainNames().filter((name) => registry.get(name) === undefined);
      return missing.length === 0 ? undefined : `not yet looked at: TrustDomain ${missing.join(', ')}`;
    },
    clock: () => skew.refusal(),
  };
}

/** Which caches are not complete yet, in words for an operator; undefined: all are. */
export function missingCaches(
  reflectors: readonly Pick<Collection<unknown>, 'hasSynced' | 'name'>[],
): string | undefined {
  const missing = reflectors.filter((reflector) => !reflector.hasSynced).map(({ name }) => name);
  return missing.length === 0 ? undefined : `not yet synced: ${missing.join(', ')}`;
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
