// SPDX-License-Identifier: Apache-2.0
/**
 * Electors as competing processes on a model API server, under one manual clock.
 * @module
 */
import { LeaseElector, type LeaseElectorOptions } from '../../src/kube/lease.ts';
import { SECOND } from '../../src/time.ts';
import { ManualClock } from './manual-clock.ts';
import { ModelLeaseServer, ModelProcess } from './model-lease-server.ts';

export interface Candidate {
  readonly process: ModelProcess;
  readonly elector: LeaseElector;
  /** `win` and `loss`, with the seconds since the start. */
  readonly log: [event: string, second: number][];
  readonly problems: unknown[];
}

export interface LeaseWorld {
  readonly clock: ManualClock;
  readonly server: ModelLeaseServer;
  /** Since the start. */
  readonly seconds: () => number;
  /** A process whose clocks are off by `offset`, not yet started. */
  readonly candidate: (identity: string, more?: Partial<LeaseElectorOptions>, offset?: number) => Candidate;
}

export function aWorld(): LeaseWorld {
  const clock = new ManualClock();
  const server = new ModelLeaseServer(clock);
  const begin = clock.monotonic();
  const seconds = (): number => (clock.monotonic() - begin) / SECOND;
  const candidate: LeaseWorld['candidate'] = (identity, more = {}, offset = 0) => {
    const process = new ModelProcess(clock, server, offset);
    const log: Candidate['log'] = [];
    const problems: unknown[] = [];
    const elector = new LeaseElector({
      transport: process,
      clock: process,
      namespace: 'signet-system',
      name: 'signet',
      identity,
      random: () => 0,
      onWin: () => log.push(['win', seconds()]),
      onLoss: () => log.push(['loss', seconds()]),
      onProblem: (problem) => problems.push(problem),
      ...more,
    });
    return { process, elector, log, problems };
  };
  return { clock, server, seconds, candidate };
}
