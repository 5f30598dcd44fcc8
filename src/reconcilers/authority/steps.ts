// SPDX-License-Identifier: Apache-2.0
/**
 * Takes the steps of one authority: what is stored now, the plan, the write, and again, until there is nothing to do.
 * @module
 */
import { sameVersion } from '../../api/object-version.ts';
import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import type { TrustDomain, TrustDomainStatus } from '../../api/trust-domain.ts';
import type { AuthorityAction, AuthorityBlocked, AuthorityPlan } from '../../authority/actions.ts';
import type { AuthorityDocument } from '../../authority/document.ts';
import type { ObservedImport } from '../../authority/imported.ts';
import type { ObservedIssuing } from '../../authority/observed.ts';
import { planAuthority } from '../../authority/plan.ts';
import type { Propagation } from '../../authority/propagation.ts';
import type { Recorded } from '../../authority/rebuild.ts';
import { needsCount } from '../../authority/rotation.ts';
import type { Tracer } from '../../controller/tracer.ts';
import { isSignetError } from '../../errors.ts';
import { isLastingRefusal } from '../../kube/kube-error.ts';
import { type Duration, MINUTE } from '../../time.ts';
import { gatedSigner } from '../signing-gate.ts';
import { applyAuthority } from './apply.ts';
import type { Counter } from './counter.ts';
import type { AuthorityEffects } from './effects.ts';
import { type ImportMemory, observeImport } from './imported-source.ts';
import { type LoadedAuthority, loadIssuing } from './load.ts';
import type { AuthorityRegistry, NewestAuthority } from './registry.ts';
import { issuingSecretName, rootSecretName } from './secrets.ts';

export interface StepDeps extends AuthorityEffects {
  readonly registry: AuthorityRegistry;
  readonly imports: ImportMemory;
  /** Whether this process is the signer; a standby only loads. */
  readonly leading: () => boolean;
  /** Counts what is stored. */
  readonly counter: Pick<Counter, 'count'>;
  /** As it is stored now. */
  readTrustDomain(name: string): Promise<TrustDomain | undefined>;
  /** A step was taken or refused; for the log. */
  readonly onStep: (trustDomain: string, step: string) => void;
  readonly tracer: Tracer;
}

/** A compromise takes four; more than that and some to spare means that two plans disagree. */
const MAX_STEPS = 8;
export const RECHECK: Duration = MINUTE;

export interface Steps {
  readonly loaded: LoadedAuthority | undefined;
  readonly plan: AuthorityPlan;
  readonly blocked: AuthorityBlocked | undefined;
  /** What was counted last; undefined: nothing asked for it. */
  readonly propagation: Propagation | undefined;
  /** What the Secret of an imported source was found to hold. */
  readonly imported?: ObservedImport | undefined;
}

/** Loads, plans, and takes one step after the other until there is none to take. A standby only loads. */
export async function takeSteps(
  trustDomain: TrustDomain,
  resolved: ResolvedTrustDomain,
  deps: StepDeps,
): Promise<Steps> {
  const { clock, registry } = deps;
  const { name } = trustDomain.metadata;
  const recorded = recordedIn(trustDomain.status, registry.newest(name));
  let known = registry.get(name)?.loaded;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const { rootPresent, issuing, imported } = await look(resolved, known, deps);
    const back = await wentBack(issuing, trustDomain.status, resolved, deps);
    if (back !== undefined) return { loaded: undefined, plan: {}, blocked: back, propagation: undefined };
    known = issuing.kind === 'loaded' ? issuing.loaded : undefined;
    const propagation = counted(resolved, known, deps);
    const observed = { recorded, rootPresent, issuing: observedIssuing(issuing), propagation, imported };
    const plan = planAuthority({ trustDomain: resolved, ...observed }, clock.now());
    if (plan.action === undefined || !deps.leading())
      return { loaded: usable(known, plan), plan, blocked: plan.blocked, propagation, imported };
    // Whoever is asked to count must know the anchors that are to be counted.
    if (known !== undefined) registry.set(resolved, { loaded: known });
    try {
      await takeStep(plan.action, resolved, known, deps);
    } catch (error) {
      const blocked = refusal(error, known);
      if (blocked === undefined) throw error;
      return { loaded: known, plan: { requeueAfter: RECHECK }, blocked, propagation };
    }
  }
  return { loaded: known, plan: { requeueAfter: 1 }, blocked: undefined, propagation: undefined };
}

function takeStep(
  action: AuthorityAction,
  resolved: ResolvedTrustDomain,
  known: LoadedAuthority | undefined,
  deps: StepDeps,
): Promise<void> {
  const { tracer, onStep } = deps;
  return tracer.span('authority step', (span) => {
    span.set('signet.trust_domain', resolved.name);
    span.set('signet.step', action.kind);
    onStep(resolved.name, action.kind);
    return applyAuthority(action, resolved, known, deps);
  });
}

/** A rebuild must not look older than what was seen, although status may lag behind that. */
function recordedIn(status: TrustDomainStatus | undefined, newest: NewestAuthority | undefined): Recorded {
  const { authorities = [], rotation, lastRequest, bundle } = status ?? {};
  const [requestID, ...answeredIDs] = [lastRequest?.id, rotation?.id].filter((id) => id !== undefined);
  return {
    authorities,
    rotation,
    ...(requestID === undefined ? {} : { requestID, answeredIDs }),
    sequence: Math.max(bundle?.sequence ?? 0, newest?.sequence ?? 0),
  };
}

interface Looked {
  readonly rootPresent: boolean;
  readonly issuing: CurrentIssuing;
  readonly imported: ObservedImport | undefined;
}

async function look(
  resolved: ResolvedTrustDomain,
  known: LoadedAuthority | undefined,
  deps: StepDeps,
): Promise<Looked> {
  const [root, issuing, imported] = await Promise.all([
    deps.secrets.head(rootSecretName(resolved.name)),
    loadCurrent(resolved.name, known, deps),
    observeWanted(resolved, deps),
  ]);
  return { rootPresent: root !== undefined, issuing, imported };
}

/** A standby neither acts on a count nor tells it. */
function counted(
  { name, propagationMargin }: ResolvedTrustDomain,
  known: LoadedAuthority | undefined,
  { counter, leading }: StepDeps,
): Propagation | undefined {
  if (known === undefined || !needsCount(known.document) || !leading()) return undefined;
  return counter.count(name, known.document, propagationMargin);
}

function observedIssuing(issuing: CurrentIssuing): ObservedIssuing {
  return issuing.kind === 'loaded' ? { kind: issuing.kind, document: issuing.loaded.document } : issuing;
}

/** A standby takes no step, so it has no need of the key. */
async function observeWanted(resolved: ResolvedTrustDomain, deps: StepDeps): Promise<ObservedImport | undefined> {
  return deps.leading() ? observeImport(resolved, deps, deps.imports) : undefined;
}

/** What was restored from a backup, be it the cluster or the Secret alone, may have forgotten what was published. */
async function wentBack(
  issuing: CurrentIssuing,
  status: TrustDomainStatus | undefined,
  resolved: ResolvedTrustDomain,
  deps: StepDeps,
): Promise<AuthorityBlocked | undefined> {
  if (issuing.kind !== 'loaded') return undefined;
  const { version, document } = issuing.loaded;
  const newest = deps.registry.newest(resolved.name);
  if (newest === undefined || version.uid !== newest.uid || document.revision >= newest.revision)
    return sequenceWentBack(document, status, resolved, deps);
  const message = `the authority stored now has revision ${document.revision}, and revision ${newest.revision} was seen before: the cluster was restored from an older state. Nothing is signed until the controller is restarted; see the troubleshooting page first`;
  return { reason: 'AuthorityWentBack', message };
}

/** A Secret that was made anew has a uid and revisions of its own; the sequence of the bundle goes on across them. */
async function sequenceWentBack(
  { sequence, trustDomain: stored }: AuthorityDocument,
  status: TrustDomainStatus | undefined,
  { name, trustDomain }: ResolvedTrustDomain,
  deps: StepDeps,
): Promise<AuthorityBlocked | undefined> {
  // That of another trust domain is refused as such.
  if (stored !== trustDomain) return undefined;
  let recorded = status?.bundle?.sequence ?? 0;
  // The cache may be ahead of a cluster that was restored as a whole.
  if (sequence < recorded) recorded = (await deps.readTrustDomain(name))?.status?.bundle?.sequence ?? 0;
  const published = Math.max(recorded, deps.registry.newest(name)?.sequence ?? 0);
  if (sequence >= published) return undefined;
  const message = `Secret ${issuingSecretName(name)} holds sequence ${sequence}, and ${published} was published before: it was restored from an older state, which knows of no rotation or compromise since. Nothing is signed; if status.authorities lists the newer authorities, delete that Secret to have it rebuilt, otherwise see the runbook for lost keys`;
  return { reason: 'AuthorityWentBack', message };
}

type CurrentIssuing =
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly problem: string }
  | { readonly kind: 'loaded'; readonly loaded: LoadedAuthority };

/** What is stored now; the whole Secret is read only when its version is not the one in memory. */
async function loadCurrent(
  name: string,
  known: LoadedAuthority | undefined,
  { secrets, gate }: StepDeps,
): Promise<CurrentIssuing> {
  const secretName = issuingSecretName(name);
  const head = await secrets.head(secretName);
  if (head === undefined) return { kind: 'absent' };
  if (known !== undefined && sameVersion(known.version, head)) return { kind: 'loaded', loaded: known };
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
  return isLastingRefusal(error) ? { reason: 'WriteRefused', message: error.message } : undefined;
}
