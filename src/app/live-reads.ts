// SPDX-License-Identifier: Apache-2.0
/**
 * The webhook's reads past its caches: of one thing, once, before somebody is refused over it.
 * @module
 */

import type { ServiceIdentity } from '../api/service-identity.ts';
import type { TrustDomain } from '../api/trust-domain.ts';
import type { Clock } from '../controller/clock.ts';
import { SignetError } from '../errors.ts';
import { getObject } from '../kube/resource-calls.ts';
import { listKept } from '../kube/resource-lists.ts';
import { type KubeObject, NAMESPACES, SERVICE_IDENTITIES, TRUST_DOMAINS } from '../kube/resources.ts';
import { type Transport, withSignal } from '../kube/transport.ts';
import { undefinedOn } from '../kube/undefined-on.ts';
import { projectNamespace } from '../reconcilers/caches/projections.ts';
import { type Duration, SECOND } from '../time.ts';
import { type Bounds, bounded } from '../webhook/bounded.ts';
import { identityFacts } from '../webhook/identity-index.ts';
import type { JudgeSources } from '../webhook/sources.ts';

/** API servers wait for a few seconds in all. */
const DEADLINE: Duration = 2 * SECOND;
/** At a time, of each kind; a folder of objects is applied faster than that only by a program. */
const MAX_READS = 16;
/** Of each kind, for different things. */
const MAX_WAITING = 256;
/** Leaves time for the read. */
const PATIENCE: Duration = SECOND;
/** Tenants decide how many identities there are and how large each is; as many of these are in memory as reads are made. */
const IDENTITY_PAGE = 50;
/** Names that can be: anybody who can connect sends reviews, and their texts become parts of a path and a selector. */
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** The live half of what judges know. */
export function liveReads(
  transport: Transport,
  clock: Clock,
): Pick<JudgeSources, 'liveTrustDomain' | 'liveNamespace' | 'liveIdentities'> {
  const bounds: Bounds = { clock, limit: MAX_READS, queue: MAX_WAITING, patience: PATIENCE };
  return {
    liveTrustDomain: bounded(bounds, (name) =>
      undefinedOn('ERR_KUBE_NOT_FOUND', getObject<TrustDomain>(transport, TRUST_DOMAINS, { name, deadline: DEADLINE })),
    ),
    liveNamespace: bounded(bounds, async (name) => {
      if (!NAME.test(name)) return undefined;
      const call = { name, deadline: DEADLINE, metadataOnly: true };
      const namespace = await undefinedOn('ERR_KUBE_NOT_FOUND', getObject<KubeObject>(transport, NAMESPACES, call));
      return namespace && projectNamespace(namespace);
    }),
    liveIdentities: bounded(bounds, async (namespace, account) => {
      if (!NAME.test(namespace) || !NAME.test(account)) return [];
      const fieldSelector = `spec.serviceAccountName=${account}`;
      const call = { namespace, fieldSelector, limit: IDENTITY_PAGE };
      const facts = await inTime(transport, clock, (calls) =>
        listKept(calls, SERVICE_IDENTITIES, call, (identity) => identityFacts(identity as ServiceIdentity)),
      );
      return facts.flat();
    }),
  };
}

/** One deadline for all calls of a read: tenants decide how many pages there are, and others wait for the room. */
async function inTime<T>(transport: Transport, clock: Clock, read: (calls: Transport) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const cancel = clock.after(DEADLINE, () =>
    abort.abort(new SignetError('ERR_KUBE_TIMEOUT', `a live read took longer than ${DEADLINE} ms`)),
  );
  try {
    return await read(withSignal(transport, abort.signal));
  } catch (error) {
    // A transport tells of a canceled call, not of what canceled it.
    abort.signal.throwIfAborted();
    throw error;
  } finally {
    cancel();
  }
}
