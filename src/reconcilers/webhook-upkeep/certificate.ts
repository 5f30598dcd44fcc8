// SPDX-License-Identifier: Apache-2.0
/**
 * Keeps the webhook's serving certificate and the caBundle that makes API servers trust it: the Secret first, then the
 * configurations, and a certificate is served only when they have had its authority for a while.
 * @module
 */

import { versionOf } from '../../api/object-version.ts';
import { MANAGED_LABEL } from '../../api/well-known.ts';
import type { Clock } from '../../controller/clock.ts';
import type { Result } from '../../controller/result.ts';
import { wipe } from '../../kube/secret-data.ts';
import { createServingFiles } from '../../pki/serving-certificate.ts';
import {
  type ObservedServing,
  planServing,
  type ServingAction,
  type ServingSettings,
  type ServingSlot,
} from '../../serving-certificate/plan.ts';
import { BACKDATE } from '../../spiffe/svid.ts';
import { type Duration, SECOND } from '../../time.ts';
import type { OwnSecrets, StoredSecret } from '../own-secrets.ts';
import type { SigningGate } from '../signing-gate.ts';
import { type ConfigurationCalls, hasBundle } from './configurations.ts';
import { Mending } from './mending.ts';
import { bundlePEM, preparedSecret, promotedSecret, prunedSecret, type ReadServing, readServing } from './store.ts';

export interface CertificateObserver {
  /** A step was stored. */
  step(action: ServingAction): void;
  /** The caBundle of a configuration was written. */
  bundleWritten(configuration: string): void;
  /** Nothing is written, for a reason that somebody else has to do away with. Told at every look. */
  blocked(problem: string): void;
  /** The certificate that is served; undefined: none is. */
  looked(certificate: Pick<ServingSlot, 'notBefore' | 'notAfter'> | undefined): void;
}

export interface CertificateDeps {
  readonly secretName: string;
  readonly configurations: readonly string[];
  readonly settings: ServingSettings;
  readonly secrets: Pick<OwnSecrets, 'get' | 'create' | 'replace'>;
  readonly calls: ConfigurationCalls;
  readonly gate: SigningGate;
  readonly clock: Clock;
  readonly memory: TrustMemory;
  readonly observer: CertificateObserver;
}

/** How often caBundles were mended, and since when the API server has been known to hold an authority in every configuration, without a gap. */
export class TrustMemory {
  readonly mending: Mending = new Mending();
  readonly #since = new Map<string, Duration>();
  #published: string | undefined;

  /** Whether the same caBundle was published the last time: only then somebody else can have written another. */
  publishesAgain(caBundle: string): boolean {
    const again = this.#published === caBundle;
    this.#published = caBundle;
    return again;
  }

  /** All configurations held, or now hold, exactly these. `mended`: some of them did not. */
  trusted(ids: readonly string[], mended: boolean, now: Duration): void {
    if (mended) this.#since.clear();
    for (const id of this.#since.keys()) if (!ids.includes(id)) this.#since.delete(id);
    for (const id of ids) if (!this.#since.has(id)) this.#since.set(id, now);
  }

  since(id: string): Duration | undefined {
    return this.#since.get(id);
  }

  forget(): void {
    this.#since.clear();
  }
}

/** After a step the next one is looked for at once. */
const NEXT_STEP: Duration = SECOND / 10;
/** A configuration that is not there yet is announced by its watch; this is for a watch that fails. */
const LOOK_AGAIN: Duration = 30 * SECOND;

const CONTENDED =
  'somebody else writes the caBundle of the webhook again and again, so it is healed only now and then; leave caBundle out of what you apply';

/** One step. Does nothing where this process may not act. */
export async function reconcileCertificate(deps: CertificateDeps): Promise<Result> {
  const { gate, secrets, secretName } = deps;
  if (gate.refusal() !== undefined) return standBy(deps);
  const secret = await secrets.get(secretName);
  try {
    // Whoever holds the Lease now tells of the certificate; what this process said would stay said.
    if (gate.refusal() !== undefined) return standBy(deps);
    return await step(secret === undefined ? undefined : { secret, read: readServing(secret) }, deps);
  } finally {
    if (secret !== undefined) wipe(secret.data);
  }
}

function standBy({ memory }: CertificateDeps): Result {
  memory.forget();
  // A clock that is wrong now may be right soon, and nothing would tell.
  return { requeueAfter: LOOK_AGAIN };
}

async function step(before: Before | undefined, deps: CertificateDeps): Promise<Result> {
  const { gate, clock, settings, observer } = deps;
  const read = before?.read;
  if (read?.foreign === true) {
    observer.blocked(foreignSecret(deps.secretName));
    return { requeueAfter: LOOK_AGAIN };
  }
  observer.looked(read?.stored.current);
  if (read !== undefined) await publish(read, deps);
  const plan = planServing(observed(read, deps), settings, clock.now());
  if (plan.action === undefined) {
    const pause = deps.memory.mending.pause(clock.monotonic()) ?? LOOK_AGAIN;
    return { requeueAfter: Math.min(plan.requeueAfter ?? LOOK_AGAIN, LOOK_AGAIN, pause) };
  }
  if (gate.refusal() !== undefined) return { requeueAfter: LOOK_AGAIN };
  await apply(plan.action, before, deps);
  return { requeueAfter: NEXT_STEP };
}

function foreignSecret(name: string): string {
  return `Secret ${name} is somebody else's: it has neither the label ${MANAGED_LABEL} nor a serving certificate of Signet's; delete it, or choose another --webhook-secret`;
}

function observed(read: ReadServing | undefined, { memory, clock }: CertificateDeps): ObservedServing {
  const next = read?.stored.next;
  const since = next === undefined ? undefined : memory.since(next.authorityID);
  return {
    stored: read?.stored,
    problem: read?.problem,
    trustedFor: since === undefined ? undefined : clock.monotonic() - since,
  };
}

/** Writes the caBundle where it is another one. A configuration that is not there calls nobody, so it holds up nothing. */
async function publish({ authorities }: ReadServing, deps: CertificateDeps): Promise<void> {
  if (authorities.length === 0) return;
  const { calls, memory, clock, gate, observer } = deps;
  if (memory.mending.pause(clock.monotonic()) !== undefined) {
    // Nobody looks, so nobody knows what is trusted.
    memory.forget();
    return;
  }
  const caBundle = bundlePEM(authorities).toString('base64');
  const again = memory.publishesAgain(caBundle);
  let mended = false;
  for (const name of deps.configurations) {
    const configuration = await calls.get(name);
    if (configuration === undefined || hasBundle(configuration, caBundle)) continue;
    mended = true;
    memory.forget();
    if (gate.refusal() !== undefined) return;
    await calls.apply(configuration, caBundle);
    observer.bundleWritten(name);
  }
  const ids = authorities.map(({ id }) => id);
  memory.trusted(ids, mended, clock.monotonic());
  if (mended && again && memory.mending.mended(clock.monotonic())) observer.blocked(CONTENDED);
}

interface Before {
  readonly secret: StoredSecret;
  readonly read: ReadServing;
}

async function apply(action: ServingAction, before: Before | undefined, deps: CertificateDeps): Promise<void> {
  const { secretName: name, secrets, observer } = deps;
  switch (action.kind) {
    case 'Prepare':
      await prepare(action.keep, before, deps);
      break;
    case 'Promote':
      if (before !== undefined) await secrets.replace(promotedSecret(name, before.secret), versionOf(before.secret));
      break;
    case 'Forget':
      if (before !== undefined)
        await secrets.replace(prunedSecret(name, before, action.keep), versionOf(before.secret));
      break;
    default:
      action satisfies never;
  }
  observer.step(action);
}

async function prepare(keep: readonly string[], before: Before | undefined, deps: CertificateDeps): Promise<void> {
  const { secretName: name, secrets, settings, clock } = deps;
  const now = clock.now();
  const made = await createServingFiles({
    dnsNames: settings.dnsNames,
    notBefore: now - BACKDATE,
    notAfter: now + settings.lifetime,
  });
  try {
    const secret = preparedSecret(name, before, keep, made);
    if (before === undefined) await secrets.create(secret);
    else await secrets.replace(secret, versionOf(before.secret));
  } finally {
    made.key.fill(0);
  }
}
