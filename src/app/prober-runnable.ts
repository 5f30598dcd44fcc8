// SPDX-License-Identifier: Apache-2.0
/**
 * The prober as a part of the controller: what it reads of the app, and what is counted and logged of it.
 * @module
 */

import type { ControllerConfig } from '../config/config.ts';
import type { Clock } from '../controller/clock.ts';
import type { Runnable } from '../controller/manager.ts';
import type { Tracer } from '../controller/tracer.ts';
import type { Transport } from '../kube/transport.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { createProber, type Probed, type ProberResult } from '../prober/prober.ts';
import { storedReads } from '../prober/stored.ts';
import type { App } from './app.ts';

interface ProberParts {
  readonly app: App;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'handshake'>;
  readonly logger: Logger;
  readonly tracer: Tracer;
}

/** Only the replica that signs probes: what is stored is the same for all of them. */
export function proberOf(
  { identities, interval }: NonNullable<ControllerConfig['prober']>,
  { app, transport, clock, metrics, logger, tracer }: ProberParts,
): Runnable {
  const tell = changes(logger);
  return createProber({
    clock,
    interval,
    identities,
    tracer,
    reads: storedReads({
      transport,
      identity: (key) => app.caches.identities.get(key),
      bundleName: (trustDomain) => app.registry.get(trustDomain)?.resolved.bundle.configMapName,
    }),
    mayProbe: () => app.mayAct(),
    onProbed: (probed) => {
      metrics.handshake(probed);
      tell(probed);
    },
  });
}

/** A result that stays the same is no news. */
function changes(logger: Logger): (probed: Probed) => void {
  let last: ProberResult | undefined;
  return ({ result, detail }) => {
    if (result === last) return;
    last = result;
    if (result === 'success') logger.info('Stored SVIDs work', { result });
    else logger.warn('Stored SVIDs do not work', { result, detail });
  };
}
