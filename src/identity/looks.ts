// SPDX-License-Identifier: Apache-2.0
/**
 * How often an identity's Secrets are read because somebody else wrote to them: a few times at once, then at a bounded
 * rate, so that whoever edits one again and again cannot turn it into a stream of reads.
 * @module
 */
import { paced, pacedUntil, type Rate, UNPACED } from '../rates/pacing.ts';
import { type Duration, type Instant, SECOND } from '../time.ts';
import type { Looks, Observed } from './observed.ts';
import { factsInStatus, turningPoints } from './stored.ts';

/** More than heals may follow at once, so that what somebody does again and again is soon called so. */
const LOOKS: Rate = { burst: 10, interval: 30 * SECOND };

/** Those of an identity whose Secrets nobody touches. */
export const NO_LOOKS: Looks = { pace: UNPACED, last: 0 };

/** After one more look. */
export function looked({ pace }: Looks, now: Instant): Looks {
  return { pace: paced(pace, now, LOOKS), last: now };
}

/**
 * How long the next look has to wait; undefined: it does not. Nobody's edits hold up a renewal, or the news that an SVID
 * has ended: once each of these has come, one look is free.
 */
export function lookHeld(
  { identity, looks }: Pick<Observed, 'identity' | 'looks'>,
  now: Instant,
): Duration | undefined {
  const until = pacedUntil(looks.pace, now, LOOKS);
  const facts = factsInStatus(identity.status);
  const moments = facts === undefined ? [] : turningPoints(identity, facts);
  if (until === undefined || moments.some((at) => looks.last < at && at <= now)) return undefined;
  return Math.min(until, ...moments.filter((at) => at > now)) - now;
}
