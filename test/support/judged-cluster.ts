// SPDX-License-Identifier: Apache-2.0
/**
 * A cluster as judges at admission see it: caches, and what is really there, which may be ahead of them.
 * @module
 */
import type { IdentityPolicySpec } from '../../src/api/identity-policy.ts';
import { compileExpression } from '../../src/cel/compile.ts';
import { PolicyBook } from '../../src/policy/book.ts';
import type { IdentityFacts } from '../../src/policy/subject.ts';
import type { JudgeSources } from '../../src/webhook/sources.ts';

type Labels = Readonly<Record<string, string>>;

interface View {
  /** Undefined: there is no such namespace. */
  readonly labels?: Labels | undefined;
  readonly identities?: readonly IdentityFacts[];
}

export interface ClusterInput {
  readonly policies?: Readonly<Record<string, IdentityPolicySpec>>;
  readonly cached?: View;
  /** As cached where it is not given. */
  readonly live?: View;
}

export interface JudgedCluster {
  readonly sources: Partial<JudgeSources>;
  /** What was read past the caches, in order. */
  readonly reads: string[];
}

function namespaceOf({ labels }: View) {
  return labels && { labels, annotations: {} };
}

/** Of one namespace, with TrustDomain `default`. */
export function judgedCluster({ policies = {}, cached = { labels: {} }, live = cached }: ClusterInput): JudgedCluster {
  const book = new PolicyBook(compileExpression);
  for (const [name, spec] of Object.entries(policies)) {
    const metadata = { name, uid: name, resourceVersion: '1', generation: 1, creationTimestamp: '' };
    book.changed({ metadata, spec });
  }
  const reads: string[] = [];
  const known = namespaceOf(cached);
  const trustDomain = { spec: { trustDomain: 'example.org', allowedDNS: ['www.example.com'] } };
  const sources: Partial<JudgeSources> = {
    trustDomain: () => trustDomain,
    liveTrustDomain: async (name) => {
      reads.push(`TrustDomain ${name}`);
      return trustDomain;
    },
    hasPolicies: () => !book.isEmpty,
    policies: (namespace, facts) => book.about(namespace, facts),
    namespace: () => known,
    liveNamespace: async (name) => {
      reads.push(`namespace ${name}`);
      return namespaceOf(live);
    },
    identities: () => cached.identities ?? [],
    liveIdentities: async (namespace, account) => {
      reads.push(`identities of ${namespace}/${account}`);
      return (live.identities ?? []).filter(({ serviceAccountName }) => serviceAccountName === account);
    },
  };
  return { sources, reads };
}
