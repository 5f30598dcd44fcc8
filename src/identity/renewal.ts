// SPDX-License-Identifier: Apache-2.0
/**
 * When an SVID is renewed, and how long a failing issuance may wait. Both depend on the stored certificate alone, so
 * a restart neither re-issues nor forgets (design rules 6, 8, 9).
 * @module
 */
import { BACKDATE } from '../spiffe/svid.ts';
import { type Duration, type Instant, MINUTE, SECOND } from '../time.ts';
import { unitInterval } from './spread.ts';

const EARLIEST = 0.4;
const SPREAD = 0.2;
const LONGEST_RETRY: Duration = 5 * MINUTE;
/** Without a valid SVID a service stands still, so whoever mends the cause should not have to wait for it. */
const LONGEST_RETRY_WITHOUT_SVID: Duration = MINUTE;
const SHORTEST_RETRY: Duration = SECOND;

/** The life of an SVID that counts: from its issuance, not from its backdated notBefore. */
export function lifetime(notBefore: Instant, notAfter: Instant): Duration {
  return notAfter - notBefore - BACKDATE;
}

/** The planned renewal: between 40 % and 60 % of the lifetime, at a place of the window that the uid alone decides. */
export function renewalTime(notBefore: Instant, notAfter: Instant, uid: string): Instant {
  const life = lifetime(notBefore, notAfter);
  return notBefore + BACKDATE + Math.floor(life * (EARLIEST + SPREAD * unitInterval(uid)));
}

/** Work on an SVID goes before all work on new identities when less than this is left of it: twice the usual margin M. */
const HEAD_START: Duration = 10 * MINUTE;

/** By when work on an SVID should be done: soonest expiry first (design rule 8). */
export function workDeadline(notAfter: Instant): Instant {
  return notAfter - HEAD_START;
}

/**
 * The longest a failed issuance may wait for its next try: seconds to minutes, and at most a tenth of the remaining
 * life, so that a failure never waits past expiry (design rule 9). Where no valid SVID is stored, one minute.
 */
export function longestRetry(notAfter: Instant | undefined, now: Instant): Duration {
  if (notAfter === undefined || notAfter <= now) return LONGEST_RETRY_WITHOUT_SVID;
  return Math.min(LONGEST_RETRY, Math.max(SHORTEST_RETRY, (notAfter - now) / 10));
}
