// SPDX-License-Identifier: Apache-2.0
/**
 * From the authority in use to the one that the source asks for: an imported intermediate under the same root signs at
 * once; another root is published and waited for, like every new root. What is at fault in the Secret changes nothing.
 * @module
 */
import type { TrustDomainReason } from '../api/conditions.ts';
import type { ResolvedSource } from '../api/resolved.ts';
import { formatTimestamp } from '../api/timestamp.ts';
import { type Duration, type Instant, MINUTE } from '../time.ts';
import type { AuthorityBlocked, AuthorityPlan } from './actions.ts';
import type { AuthorityDocument, AuthoritySlot } from './document.ts';
import {
  type ImportedFacts,
  isIntermediate,
  isRoot,
  type ObservedImport,
  sharedRootMessage,
  unacknowledgedRoot,
} from './imported.ts';
import type { ObservedAuthority, Situation } from './observed.ts';
import { recordedRoot } from './rebuild.ts';
import { preparedIntermediate, preparedRoot } from './slots.ts';
import { type RotationEnd, takenBack } from './transitions.ts';

/** The cache of labeled Secrets does not see that of an operator, so it is looked at this often. */
const SOURCE_RECHECK: Duration = MINUTE;

const CALLED_OFF: RotationEnd = {
  state: 'Completed',
  message: 'called off: the authority that was published is no longer wanted, and never signed',
};

type ImportedSource = Extract<ResolvedSource, { type: 'Imported' }>;

/** The next step towards the source that the spec names; none while it is the one in use. */
export function planSource(situation: Situation): AuthorityPlan {
  const { trustDomain, intermediate } = situation;
  const { source } = trustDomain;
  if (source.type === 'Imported') return planImport(situation, source);
  const plan = planOwn(situation);
  return intermediate.imported === undefined ? plan : { requeueAfter: SOURCE_RECHECK, ...plan };
}

/** The first step of an authority that has no document. */
export function planFirstImport(
  { trustDomain, recorded, rootPresent, imported }: ObservedAuthority,
  now: Instant,
): AuthorityPlan {
  const { source } = trustDomain;
  if (imported === undefined || source.type !== 'Imported') return { requeueAfter: SOURCE_RECHECK };
  const trusted = recordedRoot(recorded.authorities)?.id;
  const found = acceptable(imported, source, now);
  if (trusted !== undefined && !('facts' in found && found.facts.root.id === trusted)) {
    if (rootPresent) return { action: { kind: 'CreateIssuing', recorded } };
    const message = `the Secret of the intermediate is gone, and Secret ${source.secretName} holds no authority under the root ${trusted}, which everybody trusts; restore the former from a backup, or store an authority under that root in the latter`;
    return { blocked: { reason: 'AuthorityLost', message } };
  }
  if ('facts' in found) return { action: { kind: 'CreateImported', facts: found.facts, recorded } };
  return { blocked: found.blocked, requeueAfter: SOURCE_RECHECK };
}

function planImport(situation: Situation, source: ImportedSource): AuthorityPlan {
  const { intermediate, trustDomain, now } = situation;
  const step = importStep(situation, source);
  if (step.action !== undefined) return step;
  const blocked = unacknowledged(intermediate, trustDomain) ?? ended(intermediate, source, now) ?? step.blocked;
  return { requeueAfter: SOURCE_RECHECK, ...(blocked === undefined ? {} : { blocked }) };
}

function importStep(situation: Situation, source: ImportedSource): AuthorityPlan {
  const { imported, document, root, intermediate, now } = situation;
  if (imported === undefined) return {};
  const found = acceptable(imported, source, now, document);
  const published = preparedRoot(document);
  if ('blocked' in found) {
    // It must not come to sign while it is not acknowledged.
    const withheld = found.shared !== undefined && published?.id === found.shared.root.id;
    return withheld ? undo(document, now) : { blocked: found.blocked };
  }
  const { facts } = found;
  if (isRoot(root, facts)) {
    if (published !== undefined) return undo(document, now);
    return isIntermediate(intermediate, facts) ? {} : { action: { kind: 'ImportIntermediate', document, facts } };
  }
  // Its withdrawal is counted; a count for two ends would be mistaken.
  if (document.slots.some(({ kind, compromised }) => kind === 'Root' && compromised === true)) return {};
  if (published !== undefined && !isRoot(published, facts)) return undo(document, now);
  const waiting = published === undefined ? undefined : preparedIntermediate(document, published);
  return isIntermediate(waiting, facts) ? {} : { action: { kind: 'PrepareImported', document, facts } };
}

/** Back to an authority of our own. */
function planOwn({ document, intermediate, rootPresent, now }: Situation): AuthorityPlan {
  const published = preparedRoot(document);
  if (published !== undefined) {
    return preparedIntermediate(document, published) === undefined ? {} : undo(document, now);
  }
  if (intermediate.imported === undefined) return {};
  return { action: rootPresent ? { kind: 'PrepareRoot', document } : { kind: 'CreateRoot' } };
}

/** What was published and has not signed is taken back, at once: nothing depends on it. */
function undo(document: AuthorityDocument, now: Instant): AuthorityPlan {
  const root = preparedRoot(document);
  return root === undefined ? {} : { action: { kind: 'Forget', ...takenBack(document, root, CALLED_OFF, now) } };
}

type Acceptable =
  | { readonly facts: ImportedFacts }
  | { readonly blocked: AuthorityBlocked; readonly shared?: ImportedFacts };

function acceptable(
  imported: ObservedImport,
  { secretName, acknowledgedRoot }: ImportedSource,
  now: Instant,
  document?: AuthorityDocument,
): Acceptable {
  const refused = (reason: TrustDomainReason, problem: string) => ({
    blocked: { reason, message: `Secret ${secretName} ${problem}` },
  });
  if (imported.kind === 'absent') {
    return refused('ImportedSecretNotFound', 'does not exist in the namespace of the controller; create it');
  }
  if (imported.kind === 'invalid') return refused('ImportedAuthorityInvalid', imported.problem);
  const { facts } = imported;
  if (now > facts.endsAt) {
    return refused(
      'ImportedAuthorityInvalid',
      `holds an authority that expired at ${formatTimestamp(facts.endsAt)}; store its replacement`,
    );
  }
  const clash = clashProblem(facts, document?.slots ?? []);
  if (clash !== undefined) return refused('ImportedAuthorityInvalid', clash);
  if (!facts.shared || facts.rootFingerprint === acknowledgedRoot) return { facts };
  const message = sharedRootMessage(facts.rootFingerprint);
  return { blocked: { reason: 'RootNotDedicated', message }, shared: facts };
}

/** Every key has one certificate and one place: else it could not be said who trusts what. */
function clashProblem({ root, intermediate }: ImportedFacts, slots: readonly AuthoritySlot[]): string | undefined {
  if (root.id === intermediate.id) return 'holds a root and an issuing CA with the same key; make a key for each';
  const above = slots.find(({ id }) => id === root.id);
  const below = slots.find(({ id }) => id === intermediate.id);
  if ([above, below].some((slot) => slot?.compromised === true)) {
    return 'holds an authority that was reported as compromised; make one with new keys under a new root';
  }
  if (above?.kind === 'Intermediate' || below?.kind === 'Root') {
    return 'holds a key that is in use at another place of the chain; make a new key';
  }
  return rootClash(root, above) ?? intermediateClash(root, below);
}

function rootClash(root: ImportedFacts['root'], known: AuthoritySlot | undefined): string | undefined {
  if (known === undefined || known.state === 'Prepared' || known.certificate === root.certificate) return undefined;
  return 'holds another certificate for the key of a root that is trusted already; make a root with a key of its own';
}

function intermediateClash(root: ImportedFacts['root'], known: AuthoritySlot | undefined): string | undefined {
  if (known?.issuerID === undefined || known.issuerID === root.id || known.state === 'Prepared') return undefined;
  return 'holds another root over the key of an issuing CA that was in use under a former one; make a new key for the issuing CA';
}

function unacknowledged(
  intermediate: AuthoritySlot,
  trustDomain: Situation['trustDomain'],
): AuthorityBlocked | undefined {
  const shared = unacknowledgedRoot(intermediate, trustDomain);
  return shared === undefined ? undefined : { reason: 'RootNotDedicated', message: shared.message };
}

function ended(
  { imported }: AuthoritySlot,
  { secretName }: ImportedSource,
  now: Instant,
): AuthorityBlocked | undefined {
  if (imported === undefined || now <= imported.endsAt) return undefined;
  const message = `the imported authority expired at ${formatTimestamp(imported.endsAt)}; store its replacement in Secret ${secretName}`;
  return { reason: 'AuthorityExpired', message };
}
