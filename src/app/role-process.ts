// SPDX-License-Identifier: Apache-2.0
/**
 * What a process of any role has around its app: log, audit stream and traces, the way to the API server, and how it
 * begins and ends.
 * @module
 */

import type { CommonConfig } from '../config/config.ts';
import { type Clock, systemClock } from '../controller/clock.ts';
import { Manager, type ManagerOptions, type Runnable } from '../controller/manager.ts';
import type { Running } from '../controller/together.ts';
import { HTTPTransport, type HTTPTransportOptions } from '../kube/http-transport.ts';
import type { TransportObserver } from '../kube/transport.ts';
import { warningLog } from '../observability/api-warnings.ts';
import { type Audit, createAudit, NO_AUDIT } from '../observability/audit.ts';
import { standardOutput } from '../observability/log-output.ts';
import { createLogger, type Logger } from '../observability/logger.ts';
import type { ProcessReading } from '../observability/metric-sources.ts';
import type { Metrics } from '../observability/metrics.ts';
import { callObserver, openTracing, type Tracing, type TracingSource } from '../signals/tracing.ts';
import { VERSION } from '../version.ts';
import { openCluster } from './cluster-access.ts';

/** What the process edge hands over. */
export interface ProcessOptions<Config extends CommonConfig = CommonConfig> {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readProcess: () => ProcessReading;
  /** Runs before the process ends, however it ends by itself. */
  readonly atExit: (run: () => void) => void;
  /** Something the process edge wants logged. */
  readonly warning: string | undefined;
}

export interface Surroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: Audit;
  readonly tracing: Tracing;
}

export async function openSurroundings(
  { config, atExit, warning }: ProcessOptions,
  { service, instance }: Pick<TracingSource, 'service' | 'instance'>,
): Promise<Surroundings> {
  const clock = systemClock;
  const output = standardOutput(clock);
  atExit(() => output.flush());
  const now = () => clock.now();
  const tracing = await openTracing(config.tracing, { service, instance, namespace: config.namespace, clock });
  const logger = createLogger({ ...config.log, now, output, ...tracing.lines });
  const audit = config.auditLog === 'off' ? NO_AUDIT : createAudit({ output, now, instance, ...tracing.lines });
  if (warning !== undefined) logger.warn('Process should be started otherwise', { detail: warning });
  return { clock, logger, audit, tracing };
}

interface TransportParts extends Pick<Surroundings, 'clock' | 'logger' | 'tracing'> {
  readonly metrics: Metrics;
}

/** The way to the API server, each call counted, and a span where there are traces. Rejects with ERR_CONFIG. */
export async function openTransport(
  { config, env }: ProcessOptions,
  { clock, logger, tracing, metrics }: TransportParts,
  {
    onServerDate,
    ...options
  }: Omit<HTTPTransportOptions, 'cluster' | 'clock' | 'observer'> & Pick<TransportObserver, 'onServerDate'>,
): Promise<HTTPTransport> {
  return new HTTPTransport({
    ...options,
    cluster: await openCluster(config, env),
    clock,
    observer: {
      onCall: callObserver(metrics, tracing.tracer),
      ...(onServerDate === undefined ? {} : { onServerDate }),
      onWarning: warningLog(logger, clock),
      onProblem: (error) => logger.warn('Credentials could not be read again', { err: error }),
    },
  });
}

/** What starts first and stops last: everything else calls, and is traced. */
export function outermost({ runnables }: Tracing, transport: HTTPTransport): readonly Runnable[] {
  return [...runnables, { name: 'transport', start: () => undefined, stop: () => transport.close() }];
}

/** Starts everything; what goes wrong later shows in `stopped`. `about`: what the first line of the log says of it. */
export function startProcess(
  options: ManagerOptions,
  logger: Pick<Logger, 'info' | 'error'>,
  about: Readonly<Record<string, string>>,
): Running {
  const manager = new Manager(options);
  logger.info('Starting', { version: VERSION, ...about });
  void manager.start();
  void manager.stopped.then(({ error, unfinished }) => {
    if (error !== undefined) logger.error('Stopped by an error', { err: error });
    else logger.info('Stopped', { unfinished });
  });
  return { stop: () => manager.stop(), stopped: manager.stopped };
}
