// SPDX-License-Identifier: Apache-2.0
/**
 * What the caches do not tell of an identity's Secret, and when a decision cannot do without it. Each is one read of the
 * API server; in steady state none is needed.
 * @module
 */
import { FILES_DIGEST_ANNOTATION } from '../api/well-known.ts';
import type { Desired } from './desired.ts';
import type { Observed } from './observed.ts';
import { ownership } from './ownership.ts';
import { judgedWithPassword, passwordUnread } from './password.ts';
import { specFollowed, trusted } from './stored.ts';

/**
 * - content: the files of the Secret.
 * - absence: whether it is really gone.
 * - metadata: all of its metadata, of which the cache keeps a part.
 * - previous: the Secret of an earlier name.
 * - password: whether the password of PKCS#12 files is another one.
 */
export type MissingFact = 'content' | 'absence' | 'metadata' | 'previous' | 'password';

/** What has to be known before the stored SVID can be judged. */
export function missingToJudge(observed: Observed, desired: Desired): MissingFact | undefined {
  const { identity, secret, absenceConfirmed } = observed;
  if (secret === undefined) {
    const recorded = identity.status?.secret?.name === desired.secret.name;
    return (recorded || conflicted(observed)) && !absenceConfirmed ? 'absence' : undefined;
  }
  if (trusted(identity, secret.meta)) return passwordUnread(observed, desired) ? 'password' : undefined;
  if (secret.content !== undefined && judgedWithPassword(observed)) return undefined;
  // Without anchors the bytes could not be judged, and nothing could be issued either.
  if (observed.trustDomain?.authority === undefined) return undefined;
  return ownership(identity, secret.meta).kind === 'foreign' ? undefined : 'content';
}

/** What has to be known before the Secret is written, so that nothing is lost and nothing is left behind. */
export function missingToWrite({ identity, secret, ...seen }: Observed, desired: Desired): MissingFact | undefined {
  if (secret?.meta.partial === true) return 'metadata';
  const recorded = identity.status?.secret?.name;
  const renamed = recorded !== undefined && recorded !== desired.secret.name;
  // Whoever took our label away hid it from the cache, and nobody else would delete it.
  return renamed && seen.previousSecret === undefined && !seen.previousConfirmed ? 'previous' : undefined;
}

/**
 * What has to be known before an SVID counts as withdrawn: whoever takes our label away hides its Secret from the cache.
 * Without what is desired only the recorded name is known, and its Secret is read like that of an earlier name.
 */
export function missingToWithdraw(observed: Observed, desired: Desired | undefined): MissingFact | undefined {
  const { identity, secret, previousSecret } = observed;
  const recorded = identity.status?.secret?.name;
  if (recorded === undefined || secret?.meta.name === recorded) return undefined;
  if (desired?.secret.name === recorded) return observed.absenceConfirmed ? undefined : 'absence';
  return previousSecret === undefined && !observed.previousConfirmed ? 'previous' : undefined;
}

/** Whether a Secret whose metadata is only known in part is as it should be: as we wrote it, and for this very spec. */
export function knownUnchanged({ identity, secret }: Observed, desired: Desired): boolean {
  if (secret?.meta.partial !== true || !trusted(identity, secret.meta) || !specFollowed(identity)) return false;
  const anchorsKnown = desired.secret.anchorsPEM !== undefined;
  return !anchorsKnown || secret.meta.annotations[FILES_DIGEST_ANNOTATION] === desired.filesDigest;
}

/** The name was taken by a Secret that the cache does not show; trying to create it would be a write every minute. */
function conflicted({ identity }: Observed): boolean {
  return identity.status?.conditions?.some(({ reason }) => reason === 'SecretConflict') === true;
}
