// SPDX-License-Identifier: Apache-2.0
/**
 * The imperative shell around one TrustDomain's authority: load what is stored, plan, take one step after the other,
 * publish what can sign, write status. A standby loads and publishes; only the signer takes steps.
 * @module
 */

import { sameJSON } from '../../api/equality.ts';
import { formatFieldErrors } from '../../api/field-error.ts';
import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import type { TrustDomain, TrustDomainStatus } from '../../api/trust-domain.ts';
import { parseTrustDomainSpec, trustDomainWarnings } from '../../api/trust-domain-validation.ts';
import type { AuthorityBlocked } from '../../authority/actions.ts';
import { signsNow } from '../../authority/imported.ts';
import { servedInstead } from '../../authority/precedence.ts';
import { requestWarnings } from '../../authority/rotation-status.ts';
import { activeSlot } from '../../authority/slots.ts';
import { type AuthorityOutcome, type BundleReport, nextTrustDomainStatus } from '../../authority/status.ts';
import type { Result } from '../../controller/result.ts';
import { type Duration, SECOND } from '../../time.ts';
import { RECHECK, type StepDeps, takeSteps } from './steps.ts';

export interface AuthorityReconcilerDeps extends StepDeps {
  readonly trustDomains: { get(name: string): TrustDomain | undefined; values(): Iterable<TrustDomain> };
  /** Undefined: not everything has been looked at yet. */
  readonly bundle: (trustDomainObject: string) => BundleReport | undefined;
  writeStatus(trustDomain: TrustDomain, status: TrustDomainStatus): Promise<void>;
}

const GLANCE: Duration = 20 * SECOND;

/**
 * What a run of the signer asks for, and to look at the versions of the Secrets again soon: a cluster that is restored
 * from a backup sends no event of it.
 */
export function glancing({ requeueAfter = GLANCE, ...rest }: Result): Result {
  return { ...rest, requeueAfter: Math.min(requeueAfter, GLANCE) };
}

/** Reconciles the TrustDomain of that name. */
export async function reconcileAuthority(name: string, deps: AuthorityReconcilerDeps): Promise<Result> {
  const { registry, imports } = deps;
  const trustDomain = deps.trustDomains.get(name);
  if (trustDomain === undefined || trustDomain.metadata.deletionTimestamp !== undefined) {
    registry.delete(name);
    imports.delete(name);
    return {};
  }
  const resolved = parseTrustDomainSpec(trustDomain.spec, name);
  if ('errors' in resolved) {
    const invalid: AuthorityBlocked = { reason: 'InvalidSpec', message: formatFieldErrors(resolved.errors) };
    // The last valid spec goes on: an edit must not take a running trust domain down.
    const last = registry.get(name)?.resolved;
    if (last !== undefined) return serve(trustDomain, last, deps, invalid);
    return finish(trustDomain, { document: undefined, signing: false, blocked: invalid }, deps);
  }
  const older = servedInstead(trustDomain, deps.trustDomains.values());
  if (older !== undefined) {
    registry.set(resolved.value, { conflictsWith: older });
    const message = `TrustDomain ${older} is older and serves ${trustDomain.spec.trustDomain}; delete one of the two`;
    return finish(trustDomain, { document: undefined, signing: false, blocked: { reason: 'Conflict', message } }, deps);
  }
  // Until its authority could be read for the first time, identities must not hear that it does not exist.
  if (registry.get(name) === undefined) registry.set(resolved.value);
  return serve(trustDomain, resolved.value, deps);
}

async function serve(
  trustDomain: TrustDomain,
  resolved: ResolvedTrustDomain,
  deps: AuthorityReconcilerDeps,
  invalid?: AuthorityBlocked,
): Promise<Result> {
  const { registry, clock } = deps;
  const steps = await takeSteps(trustDomain, resolved, deps);
  const { loaded, plan, propagation, imported } = steps;
  const blocked = invalid ?? steps.blocked;
  registry.set(resolved, { loaded });
  const active = loaded === undefined ? undefined : activeSlot(loaded.document, 'Intermediate');
  const signing = active !== undefined && signsNow(active, resolved, clock.now());
  const warnings = [
    ...trustDomainWarnings(resolved),
    ...requestWarnings(resolved, loaded?.document),
    ...(imported?.kind === 'valid' ? imported.facts.warnings : []),
  ];
  const outcome = { document: loaded?.document, blocked, signing, warnings, propagation, resolved };
  await finish(trustDomain, outcome, deps);
  const recheck = blocked === undefined ? Number.MAX_SAFE_INTEGER : RECHECK;
  return { requeueAfter: Math.min(plan.requeueAfter ?? RECHECK, recheck) };
}

async function finish(
  trustDomain: TrustDomain,
  outcome: AuthorityOutcome,
  deps: AuthorityReconcilerDeps,
): Promise<Result> {
  if (deps.leading()) {
    const { name } = trustDomain.metadata;
    const bundle = deps.bundle(name);
    // The cache may hold a version that the cluster has forgotten, and a write that was decided on it is refused for ever.
    const now = outcome.blocked?.reason === 'AuthorityWentBack' ? await deps.readTrustDomain(name) : trustDomain;
    if (now === undefined) return {};
    const status = nextTrustDomainStatus(now, { ...outcome, bundle }, deps.clock.now());
    if (!sameJSON(now.status, status)) await deps.writeStatus(now, status);
  }
  return {};
}
