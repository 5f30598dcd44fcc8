// SPDX-License-Identifier: Apache-2.0
/**
 * What the webhook is asked and what it answers, after the AdmissionReview around it has been taken off. Whoever judges
 * sees only these types.
 * @module
 */
import type { PolicyViolation } from '../policy/violation.ts';

export interface GroupVersionKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export const OPERATIONS = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;
type Operation = (typeof OPERATIONS)[number];

/** Any JSON object. */
export type JSONObject = Readonly<Record<string, unknown>>;

/** An admission.k8s.io/v1 AdmissionRequest, as far as it is read. */
export interface AdmissionRequest {
  readonly uid: string;
  /** As the webhook registered it, whatever version the user wrote (`matchPolicy: Equivalent`). */
  readonly kind: GroupVersionKind;
  readonly operation: Operation;
  /** For example `status`; undefined: the object itself. */
  readonly subResource: string | undefined;
  /** Empty where the API server will make it up. */
  readonly name: string;
  /** Undefined: a cluster-wide object. */
  readonly namespace: string | undefined;
  readonly user: { readonly username: string; readonly uid: string; readonly groups: readonly string[] };
  /** As it would be stored; undefined for DELETE. */
  readonly object: JSONObject | undefined;
  /** As it is stored; undefined for CREATE. */
  readonly oldObject: JSONObject | undefined;
  /** Nothing will be stored, so nothing may be changed elsewhere. */
  readonly dryRun: boolean;
}

export interface Verdict {
  readonly allowed: boolean;
  /** For whoever is refused. */
  readonly message?: string;
  /** Shown by clients whether or not it is allowed; cut to what the API allows. */
  readonly warnings: readonly string[];
  /** For the audit log, by key without a prefix. */
  readonly auditAnnotations?: Readonly<Record<string, string>>;
  /** What policies say against it, whatever comes of that; to be counted. */
  readonly violations?: readonly PolicyViolation[];
}

export interface Judge {
  /** The kinds it judges, as `kindName` writes them. */
  readonly kinds: ReadonlySet<string>;
  /** Judges without changing anything anywhere. Rejects where it cannot tell; the failurePolicy decides then. */
  review(request: AdmissionRequest): Promise<Verdict>;
}

/** `ServiceIdentity.signet.dev`, `Pod`. */
export function kindName({ group, kind }: Pick<GroupVersionKind, 'group' | 'kind'>): string {
  return group === '' ? kind : `${kind}.${group}`;
}

export const ALLOWED: Verdict = { allowed: true, warnings: [] };
