// SPDX-License-Identifier: Apache-2.0
/**
 * Judges an identity before issuance, by the same code as admission does (design rule 13), from what the caches know.
 * @module
 */

import { trustDomainNameOf } from '../../api/defaults.ts';
import type { ServiceIdentity } from '../../api/service-identity.ts';
import { parseServiceIdentitySpec } from '../../api/service-identity-validation.ts';
import type { PolicyVerdict, Settings } from '../../identity/observed.ts';
import type { PolicyBook } from '../../policy/book.ts';
import { type Decision, evaluate } from '../../policy/evaluate.ts';
import { violationText } from '../../policy/message.ts';
import type { AuthorityRegistry } from '../authority/registry.ts';
import type { IdentityCaches } from '../service-identity/cluster.ts';
import type { Finding } from './tally.ts';

export interface JudgeDeps {
  readonly book: PolicyBook;
  readonly caches: Pick<IdentityCaches, 'namespaces'>;
  readonly registry: AuthorityRegistry;
  readonly settings: Settings;
}

/** What policies find about an identity. A spec that cannot be parsed is judged by nobody: it is not issued either. */
export function judgeIdentity(
  { metadata, spec }: ServiceIdentity,
  { book, caches, registry, settings }: JudgeDeps,
): { readonly finding: Finding; readonly verdict: PolicyVerdict | undefined } {
  const namespace = metadata.namespace ?? '';
  const facts = caches.namespaces.get(namespace);
  const policies = facts === undefined ? [] : book.about(namespace, facts);
  const parsed = policies.length === 0 ? undefined : parseServiceIdentitySpec(spec, metadata.name, namespace);
  if (facts === undefined || parsed === undefined || 'errors' in parsed) {
    return { finding: { matched: [], violated: [] }, verdict: undefined };
  }
  const decision = evaluate(policies, {
    kind: 'ServiceIdentity',
    name: metadata.name,
    namespace: { name: namespace, labels: facts.labels, annotations: facts.annotations },
    clusterDomain: settings.clusterDomain,
    spec,
    resolved: parsed.value,
    trustDomain: registry.get(trustDomainNameOf(spec))?.view.resolved,
  });
  return { finding: findingOf(decision), verdict: verdictOf(decision) };
}

function findingOf({ matched, violations }: Decision): Finding {
  const violated = new Set(violations.flatMap(({ policy }) => (policy === undefined ? [] : [policy])));
  return { matched, violated: matched.filter((name) => violated.has(name)) };
}

/** An expression may be about anything. */
const MAY_BE_ABOUT_PEERS = /^(mtls\.|validations\[)/;

function verdictOf({ allowed, revoke, violations }: Decision): PolicyVerdict | undefined {
  if (allowed) return undefined;
  const denying = violations.filter(({ effect }) => effect === 'Deny');
  const peers = denying.some(({ rule }) => MAY_BE_ABOUT_PEERS.test(rule));
  return { message: denying.map(violationText).join('; '), revoke, peers };
}
