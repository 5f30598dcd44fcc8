// SPDX-License-Identifier: Apache-2.0
/**
 * The election of the controller that signs: what winning and losing the Lease means for the signing term.
 * @module
 */

import type { Controller } from '../controller/controller.ts';
import { isSignetError } from '../errors.ts';
import type { ClockSkew } from '../kube/clock-skew.ts';
import { LeaseElector, type LeaseElectorOptions } from '../kube/lease.ts';
import type { SigningTerm } from '../reconcilers/signing-term.ts';
import type { AppObserver } from '../signals/app-observer.ts';
import { type Duration, SECOND } from '../time.ts';

/** Watches are opened anew at most so often, however many calls fail. */
const RECONNECT_PAUSE: Duration = 10 * SECOND;

export type LeaseSettings = Pick<
  LeaseElectorOptions,
  'name' | 'identity' | 'duration' | 'renewDeadline' | 'retryPeriod'
>;

export interface ElectorParts extends Pick<LeaseElectorOptions, 'transport' | 'clock' | 'namespace'> {
  readonly lease: LeaseSettings;
  readonly term: SigningTerm;
  /** Of what else writes while the Lease is held. */
  readonly controllers: () => readonly Pick<Controller, 'cut'>[];
  readonly skew: ClockSkew;
  readonly observer: Pick<AppObserver, 'leading' | 'problem'>;
  /** The API server is not heard any more: what hangs is to be opened anew. */
  readonly onSilence: () => void;
  /** It is heard again: what waits to connect does so now. */
  readonly onRecovery: () => void;
}

/** An elector that begins a signing term when it wins, and ends it when it loses. */
export function createElector(parts: ElectorParts): LeaseElector {
  const { lease, transport, clock, namespace, term, controllers, skew, observer, onSilence, onRecovery } = parts;
  let notBefore: Duration = 0;
  return new LeaseElector({
    ...lease,
    transport,
    clock,
    namespace,
    eligible: () => skew.refusal() === undefined,
    onRecovery,
    onWin: () => {
      observer.leading(true);
      term.begin();
    },
    onLoss: () => {
      observer.leading(false);
      // Another may act by now: nothing in flight is waited for, and what is queued or repeated is asked again.
      void term.end(0);
      for (const controller of controllers()) controller.cut('this replica lost the Lease');
    },
    onProblem: (error) => {
      observer.problem('A call of the leader election failed', error);
      // What swallows these calls swallows watches too, and theirs is a silence that takes minutes to show: whoever wins
      // the Lease next would decide on old caches.
      if (!isSignetError(error, 'ERR_KUBE_TIMEOUT') || clock.monotonic() < notBefore) return;
      notBefore = clock.monotonic() + RECONNECT_PAUSE;
      onSilence();
    },
  });
}
