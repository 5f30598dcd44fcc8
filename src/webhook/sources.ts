// SPDX-License-Identifier: Apache-2.0
/**
 * What judges know of the cluster: caches, and a live read of each thing, made once before anybody is refused over what a
 * cache says or lacks.
 * @module
 */
import type { IdentityScope } from '../api/bounds.ts';
import type { TrustDomainSpec } from '../api/trust-domain.ts';
import type { CompiledPolicy } from '../policy/compile.ts';
import type { CompileExpression } from '../policy/expression.ts';
import type { IdentityFacts, NamespaceView } from '../policy/subject.ts';

type NamespaceMetadata = Omit<NamespaceView, 'name'>;
export interface TrustDomainFacts {
  readonly spec: TrustDomainSpec;
}

/** Live reads reject where something can't be read. Undefined: there is none, as far as the cache or the read goes. */
export interface JudgeSources {
  trustDomain(name: string): TrustDomainFacts | undefined;
  liveTrustDomain(name: string): Promise<TrustDomainFacts | undefined>;
  namespace(name: string): NamespaceMetadata | undefined;
  liveNamespace(name: string): Promise<NamespaceMetadata | undefined>;
  /** Whether there is any policy. */
  hasPolicies(): boolean;
  /** The policies in force about a namespace. */
  policies(namespace: string, facts: NamespaceMetadata): readonly CompiledPolicy[];
  /** The identities of a service account, and those whose Secret is one of these. */
  identities(namespace: string, account: string, secrets: ReadonlySet<string>): readonly IdentityFacts[];
  /** The identities of a service account. */
  liveIdentities(namespace: string, account: string): Promise<readonly IdentityFacts[]>;
}

export interface Rules extends Omit<IdentityScope, 'namespace'> {
  readonly sources: JudgeSources;
  readonly compile: CompileExpression;
}

/** Of which nothing is known. */
export const UNLABELLED: NamespaceMetadata = { labels: {}, annotations: {} };

/** A namespace, and whether it was read just now. */
export interface SeenNamespace {
  /** As the cache has it: another object whenever it changed. */
  readonly facts: NamespaceMetadata;
  readonly live: boolean;
}

/** A namespace by the cache; by a live read where the cache does not have it, or not as it `suffices`. */
export async function seeNamespace(
  name: string,
  sources: JudgeSources,
  suffices: (facts: NamespaceMetadata) => boolean = () => true,
): Promise<SeenNamespace> {
  const known = sources.namespace(name);
  if (known !== undefined && suffices(known)) return { facts: known, live: false };
  return seeLiveNamespace(name, sources);
}

/** One that is gone has no labels: the API server lets nothing into it anyway. A fresh object, as caches go by it. */
export async function seeLiveNamespace(name: string, sources: JudgeSources): Promise<SeenNamespace> {
  return { facts: (await sources.liveNamespace(name)) ?? { ...UNLABELLED }, live: true };
}
