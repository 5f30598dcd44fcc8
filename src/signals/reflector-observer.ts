// SPDX-License-Identifier: Apache-2.0
/**
 * What is counted and logged of the caches of a process, in every role.
 * @module
 */
import type { ReflectorObserver } from '../kube/reflector.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';

export function reflectorObserver({
  logger,
  metrics,
}: {
  readonly logger: Logger;
  readonly metrics: Metrics;
}): ReflectorObserver {
  return {
    onListed: (name) => metrics.reflectorListed(name),
    onDisconnected: (resource, wait, error) => {
      metrics.reflectorEnded(resource, error === undefined ? 'end' : 'error');
      if (error !== undefined) logger.warn('Watch ended and will be opened again', { resource, wait, err: error });
    },
    onProblem: (resource, error) => logger.error('Cache could not take up an object', { resource, err: error }),
  };
}
