// SPDX-License-Identifier: Apache-2.0
/**
 * What a run that wrote has left behind. Its own writes come back by the watches a moment later and ask for another
 * look; while all facts are still those of the last run, there is nothing to see.
 * @module
 */

import { sameJSON } from '../../api/equality.ts';
import { type ObjectVersion, sameVersion, versionOf } from '../../api/object-version.ts';
import type { ServiceIdentity } from '../../api/service-identity.ts';
import type { Result } from '../../controller/result.ts';
import type { Observed, SecretMeta } from '../../identity/observed.ts';
import { type Instant, SECOND } from '../../time.ts';

/** Watches deliver within moments. After this, whatever enqueues a key gets a whole look. */
const ECHO = 10 * SECOND;

export interface Settled {
  readonly identity: ObjectVersion;
  readonly secret: ObjectVersion;
  readonly surroundings: Pick<Observed, 'namespace' | 'trustDomain' | 'policy'>;
  readonly passwordVersion: string | undefined;
  /** What the run answered, as a time. */
  readonly due: Instant | undefined;
  readonly until: Instant;
}

/** The facts after a run that decided on `observed`, wrote Secret and status, and asks to be called again. */
export function settledAfter(
  { namespace, trustDomain, policy, password }: Observed,
  written: { readonly identity: ServiceIdentity; readonly secret: SecretMeta },
  { requeueAfter }: Result,
  now: Instant,
): Settled {
  return {
    identity: versionOf(written.identity.metadata),
    secret: versionOf(written.secret),
    passwordVersion: password?.version,
    surroundings: { namespace, trustDomain, ...(policy === undefined ? {} : { policy }) },
    due: requeueAfter === undefined ? undefined : now + requeueAfter,
    until: now + ECHO,
  };
}

/** What to answer a run whose facts are those the last one left behind; undefined: something is different. */
export function answerOf(settled: Settled, observed: Observed, now: Instant): Result | undefined {
  const { due, until } = settled;
  if (now > until || now < until - ECHO || (due !== undefined && now >= due)) return undefined;
  if (!sameObjects(settled, observed) || !sameSurroundings(settled, observed)) return undefined;
  return due === undefined ? {} : { requeueAfter: due - now };
}

function sameObjects(settled: Settled, { identity, secret, previousSecret }: Observed): boolean {
  if (previousSecret !== undefined) return false;
  return sameVersion(settled.identity, identity.metadata) && sameVersion(settled.secret, secret?.meta);
}

function sameSurroundings({ surroundings, passwordVersion }: Settled, observed: Observed): boolean {
  if (passwordVersion !== observed.password?.version) return false;
  const { namespace, trustDomain, policy, serviceAccountExists } = observed;
  if (!serviceAccountExists || namespace !== surroundings.namespace) return false;
  return trustDomain === surroundings.trustDomain && sameJSON(policy, surroundings.policy);
}
