// SPDX-License-Identifier: Apache-2.0
/**
 * The election of the controller that signs: what winning and losing the Lease means for the signing term.
 * @module
 */
import type { AppOptions } from './app.ts';
import { isSignetError } from './errors.ts';
import { LeaseElector } from './kube/lease.ts';
import type { SigningTerm } from './reconcilers/signing-term.ts';
import { type Duration, SECOND } from './time.ts';

/** Watches are opened anew at most so often, however many calls fail. */
const RECONNECT_PAUSE: Duration = 10 * SECOND;

/** An elector that begins a signing term when it wins, and ends it when it loses. `reconnect`: opens every watch anew. */
export function createElector(
  lease: NonNullable<AppOptions['lease']>,
  term: SigningTerm,
  { transport, clock, settings, observer, skew }: AppOptions,
  reconnect: () => void,
): LeaseElector {
  let notBefore: Duration = 0;
  return new LeaseElector({
    ...lease,
    transport,
    clock,
    namespace: settings.ownNamespace,
    eligible: () => skew.refusal() === undefined,
    onWin: () => {
      observer.leading(true);
      term.begin();
    },
    onLoss: () => {
      observer.leading(false);
      // Another may act by now: nothing in flight is waited for.
      void term.end(0);
    },
    onProblem: (error) => {
      observer.problem('A call of the leader election failed', error);
      // What swallows these calls swallows watches too, and theirs is a silence that takes minutes to show: whoever wins
      // the Lease next would decide on old caches.
      if (!isSignetError(error, 'ERR_KUBE_TIMEOUT') || clock.monotonic() < notBefore) return;
      notBefore = clock.monotonic() + RECONNECT_PAUSE;
      reconnect();
    },
  });
}
