// SPDX-License-Identifier: Apache-2.0
/**
 * Probes and metrics as a part of a process of any role.
 * @module
 */
import type { ListenAddress } from '../config/config.ts';
import type { Clock } from '../controller/clock.ts';
import type { Runnable } from '../controller/manager.ts';
import { EventLoopProbe } from '../observability/event-loop.ts';
import type { HealthChecks } from '../observability/health.ts';
import type { Logger } from '../observability/logger.ts';
import type { MetricSources } from '../observability/metric-sources.ts';
import type { Metrics } from '../observability/metrics.ts';
import { sampled, WARNINGS } from '../observability/sampling.ts';
import { ObservabilityServer } from '../observability/server.ts';

export interface ObservabilityParts {
  readonly address: ListenAddress;
  readonly ready: HealthChecks;
  readonly metrics: Metrics;
  readonly sources: MetricSources;
  readonly logger: Logger;
  readonly clock: Clock;
}

export function observability(parts: ObservabilityParts): Runnable {
  const { address: where, ready, metrics, sources, logger, clock } = parts;
  // Whoever can connect can ask as often as they like.
  const rare = sampled(logger, { clock, ...WARNINGS, onLeftOut: () => metrics.logLinesLeftOut(1) });
  metrics.observe(sources, (source, error) =>
    rare.warn('Metrics of a source could not be read', { source, err: error }),
  );
  const probe = new EventLoopProbe(clock, (lag) => metrics.eventLoopLag(lag));
  const server = new ObservabilityServer({
    ...where,
    live: {},
    ready,
    metrics,
    onProblem: (error) => rare.warn('Probe or scrape could not be answered', { err: error }),
  });
  return {
    name: 'observability',
    start: async () => {
      probe.start();
      const { address, port } = await server.start();
      logger.info('Serving probes and metrics', { address, port });
    },
    stop: () => {
      probe.stop();
      return server.stop();
    },
  };
}
