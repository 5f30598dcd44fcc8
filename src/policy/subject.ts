// SPDX-License-Identifier: Apache-2.0
/**
 * What is judged: an identity, a Pod or a Pod template, with the facts around it handed in as data.
 * @module
 */
import type { ResolvedServiceIdentity, ResolvedTrustDomain } from '../api/resolved.ts';
import type { ServiceIdentitySpec } from '../api/service-identity.ts';
import type { PodSpec } from './pod-spec.ts';

/** The namespace of a subject. */
export interface NamespaceView {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As `judgedAnnotations` leaves them. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Who asks for what; known at admission only. */
export interface RequestFacts {
  readonly operation: 'CREATE' | 'UPDATE';
  readonly dryRun: boolean;
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

/** One state of an identity. */
export interface IdentityState {
  /** As it is stored, or will be. */
  readonly spec: ServiceIdentitySpec;
  readonly resolved: ResolvedServiceIdentity;
}

export interface IdentitySubject extends IdentityState {
  readonly kind: 'ServiceIdentity';
  readonly name: string;
  readonly namespace: NamespaceView;
  readonly clusterDomain: string;
  /** Undefined: not known. What depends on it is not judged then; it is before issuance. */
  readonly trustDomain: ResolvedTrustDomain | undefined;
  /** Absent: judged before issuance, without what exists at admission only. */
  readonly request?: RequestFacts;
  /** What an update replaces. */
  readonly old?: IdentityState;
}

/** A ServiceIdentity of the namespace of a Pod. */
export interface IdentityFacts {
  readonly name: string;
  readonly serviceAccountName: string;
  /** The Secret that holds its SVID, or that it asks for while nothing was issued. */
  readonly secretName: string;
  /** Nothing was issued yet: what a spec asks for keeps nobody else from a Secret of that name. */
  readonly claimed?: true;
}

export interface PodSubject {
  /** What a template breaks is a warning: people apply workloads before their identities. */
  readonly kind: 'Pod' | 'PodTemplate';
  readonly name: string;
  readonly namespace: NamespaceView;
  readonly spec: PodSpec;
  /** Where the Pod spec is in the object, such as `spec.template.spec`. */
  readonly path: string;
  /** All identities of the namespace. */
  readonly identities: readonly IdentityFacts[];
  /** Only ephemeral containers were added: the rest of the Pod was judged when it was created. */
  readonly ephemeralOnly?: true;
}

export type Subject = IdentitySubject | PodSubject;

/** Name of the service account of a subject. */
export function serviceAccountOf(subject: Subject): string {
  if (subject.kind === 'ServiceIdentity') return subject.resolved.serviceAccountName;
  return podServiceAccount(subject.spec);
}

/** A Pod that names none runs as `default`. */
export function podServiceAccount({ serviceAccountName, serviceAccount }: PodSpec): string {
  return serviceAccountName || serviceAccount || 'default';
}

const MAX_ANNOTATIONS = 64;
const MAX_ANNOTATION_LENGTH = 512;

/**
 * The annotations of a namespace that expressions see: the first 64, by key, of those with at most 512 characters. What
 * tools store there is longer, and every namespace stays in memory.
 */
export function judgedAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const short = Object.entries(annotations ?? {}).filter(([, value]) => value.length <= MAX_ANNOTATION_LENGTH);
  return Object.fromEntries(short.toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, MAX_ANNOTATIONS));
}
