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
import { type AuthorityBlocked, type AuthorityPlan, planAuthority } from '../../authority/plan.ts';
import { servedInstead } from '../../authority/serving.ts';
import { activeSlot, signsUntil } from '../../authority/slots.ts';
import { type AuthorityOutcome, nextTrustDomainStatus } from '../../authority/status.ts';
import type { Result } from '../../controller/result.ts';
import { isSignetError } from '../../errors.ts';
import { webhookUnreachable } from '../../kube/kube-error.ts';
import type { Duration } from '../../time.ts';
import { gatedSigner } from '../signing-gate.ts';
import { type AuthorityEffects, applyAuthority } from './apply.ts';
import { type LoadedAuthority, loadIssuing } from './load.ts';
import type { AuthorityRegistry } from './registry.ts';
import { issuingSecretName, rootSecretName } from './secrets.ts';

export interface AuthorityReconcilerDeps extends AuthorityEffects {
  readonly trustDomains: { get(name: string): TrustDomain | undefined; values(): Iterable<TrustDomain> };
  readonly registry: AuthorityRegistry;
  /** Whether this process is the signer; a standby only loads. */
  readonly leading: () => boolean;
  writeStatus(trustDomain: TrustDomain, status: TrustDomainStatus): Promise<void>;
  /** A step was taken or refused; for the log. */
  readonly onStep: (trustDomain: string, step: string) => void;
}

/** Root, issuing Secret, and one step to spare; more means that two plans disagree. */
const MAX_STEPS = 4;
const RECHECK: Duration = 60_000;

/** Reconciles the TrustDomain of that name. */
export async function reconcileAuthority(name: string, deps: AuthorityReconcilerDeps): Promise<Result> {
  const { registry, clock } = deps;
  const trustDomain = deps.trustDomains.get(name);
  if (trustDomain === undefined || trustDomain.metadata.deletionTimestamp !== undefined) {
    registry.delete(name);
    return {};
  }
  const resolved = parseTrustDomainSpec(trustDomain.spec, name);
  if ('errors' in resolved) {
    registry.delete(name);
    const message = formatFieldErrors(resolved.errors);
    return finish(
      trustDomain,
      { document: undefined, signing: false, blocked: { reason: 'InvalidSpec', message } },
      deps,
    );
  }
  const older = servedInstead(trustDomain, deps.trustDomains.values());
  if (older !== undefined) {
    registry.set(name, resolved.value, older);
    const message = `TrustDomain ${older} is older and serves ${trustDomain.spec.trustDomain}; delete one of the two`;
    return finish(trustDomain, { document: undefined, signing: false, blocked: { reason: 'Conflict', message } }, deps);
  }
  // Until its authority could be read for the first time, identities must not hear that it does not exist.
  if (registry.get(name) === undefined) registry.set(name, resolved.value);
  const { loaded, plan, blocked } = await takeSteps(trustDomain, resolved.value, deps);
  registry.set(name, resolved.value, undefined, loaded);
  const active = loaded === undefined ? undefined : activeSlot(loaded.document, 'Intermediate');
  const signing = active !== undefined && clock.now() <= signsUntil(active, resolved.value);
  const warnings = trustDomainWarnings(resolved.value);
  await finish(trustDomain, { document: loaded?.document, blocked, signing, warnings }, deps);
  return {
    requeueAfter: Math.min(plan.requeueAfter ?? RECHECK, blocked === undefined ? Number.MAX_SAFE_INTEGER : RECHECK),
  };
}

interface Steps {
  readonly loaded: LoadedAuthority | undefined;
  readonly plan: AuthorityPlan;
  readonly blocked: AuthorityBlocked | undefined;
}

async function takeSteps(
  trustDomain: TrustDomain,
  resolved: ResolvedTrustDomain,
  deps: AuthorityReconcilerDeps,
): Promise<Steps> {
  const { secrets, clock, registry } = deps;
  const { name } = trustDomain.metadata;
  let known = registry.get(name)?.loaded;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const [root, issuing] = await Promise.all([secrets.head(rootSecretName(name)), loadCurrent(name, known, deps)]);
    known = issuing.kind === 'loaded' ? issuing.loaded : undefined;
    const recorded = trustDomain.status?.authorities ?? [];
    const observedIssuing =
      issuing.kind === 'loaded' ? { kind: issuing.kind, document: issuing.loaded.document } : issuing;
    const observed = { trustDomain: resolved, recorded, rootPresent: root !== undefined, issuing: observedIssuing };
    const plan = planAuthority(observed, clock.now());
    if (plan.action === undefined || !deps.leading())
      return { loaded: usable(known, plan), plan, blocked: plan.blocked };
    try {
      deps.onStep(name, plan.action.kind);
      await applyAuthority(plan.action, resolved, known, deps);
    } catch (error) {
      const blocked = refusal(error, known);
      if (blocked === undefined) throw error;
      return { loaded: known, plan: { requeueAfter: RECHECK }, blocked };
    }
  }
  return { loaded: known, plan: { requeueAfter: RECHECK }, blocked: undefined };
}

type CurrentIssuing =
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly problem: string }
  | { readonly kind: 'loaded'; readonly loaded: LoadedAuthority };

/** What is stored now; the whole Secret is read only when its version is not the one in memory. */
async function loadCurrent(
  name: string,
  known: LoadedAuthority | undefined,
  { secrets, gate }: AuthorityReconcilerDeps,
): Promise<CurrentIssuing> {
  const secretName = issuingSecretName(name);
  const head = await secrets.head(secretName);
  if (head === undefined) return { kind: 'absent' };
  if (known?.version.uid === head.uid && known.version.resourceVersion === head.resourceVersion) {
    return { kind: 'loaded', loaded: known };
  }
  const stored = await secrets.get(secretName);
  if (stored === undefined) return { kind: 'absent' };
  const loaded = loadIssuing(stored);
  return 'problem' in loaded
    ? { kind: 'damaged', problem: loaded.problem }
    : {
        kind: 'loaded',
        loaded: { ...loaded, issuer: { ...loaded.issuer, signer: gatedSigner(loaded.issuer.signer, gate) } },
      };
}

/** An authority of another trust domain must not sign, whatever is stored. */
function usable(loaded: LoadedAuthority | undefined, plan: AuthorityPlan): LoadedAuthority | undefined {
  return plan.blocked?.reason === 'AuthorityMismatch' ? undefined : loaded;
}

/** Failures that a person has to mend become conditions; everything else is tried again. */
function refusal(error: unknown, known: LoadedAuthority | undefined): AuthorityBlocked | undefined {
  if (isSignetError(error, 'ERR_AUTHORITY')) {
    return { reason: known === undefined ? 'AuthorityLost' : 'RootKeyLost', message: error.message };
  }
  const refused = isSignetError(error, 'ERR_KUBE_FORBIDDEN', 'ERR_KUBE_INVALID', 'ERR_KUBE_BAD_REQUEST');
  if (refused || webhookUnreachable(error)) {
    return { reason: 'WriteRefused', message: error.message };
  }
  return undefined;
}

async function finish(
  trustDomain: TrustDomain,
  outcome: AuthorityOutcome,
  deps: AuthorityReconcilerDeps,
): Promise<Result> {
  if (deps.leading()) {
    const status = nextTrustDomainStatus(trustDomain, outcome, deps.clock.now());
    if (!sameJSON(trustDomain.status, status)) await deps.writeStatus(trustDomain, status);
  }
  return {};
}
