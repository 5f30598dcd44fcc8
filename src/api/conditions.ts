// SPDX-License-Identifier: Apache-2.0
/**
 * The one catalogue of condition types and reasons, each with what it means and what to do. The CRDs and the resource
 * pages are held equal to it by consistency tests.
 * @module
 */

export const IDENTITY_CONDITIONS = {
  Ready: 'The Secret holds a valid SVID that matches the spec.',
  Contended:
    'Somebody keeps editing the Secret or changing the spec; SVIDs are issued at a bounded rate. Present only while True.',
  Clamped:
    'The SVID lives shorter or longer than asked for, because of its issuer or its TrustDomain. Present only while True.',
  Forbidden:
    'A policy forbids the identity as it is: the stored SVID is kept until its renewal is due, and no new one is issued. Present only while True.',
  FormatBlocked:
    'The PKCS#12 files cannot be written; the other files of the Secret are as they should be. Present only while True.',
  ReloadBlocked: 'The workloads of spec.reload cannot be restarted. Present only while True.',
} as const;

/** Reasons of a ServiceIdentity's conditions. */
export const IDENTITY_REASONS = {
  Issued: 'A valid SVID is stored and will be renewed in time.',
  Pending: 'Seen, not yet issued.',
  Suspended:
    'spec.suspend is true: nothing is issued; the stored SVID stays until it expires. Set it to false to go on.',
  Expired:
    'The stored SVID is past its notAfter, and Signet is to renew it. The message says what kept it from that; mend it. Where somebody else has to do something first, that stays the reason.',
  InvalidSpec: 'The spec breaks a rule that the schema cannot express. Mend the named fields.',
  ServiceAccountNotFound: 'The ServiceAccount does not exist in this namespace. Create it; issuance follows by itself.',
  TrustDomainNotFound:
    'The referenced TrustDomain does not exist. Create it, or replace the ServiceIdentity by one that names another; spec.trustDomainRef cannot be changed.',
  TrustDomainConflict:
    'The TrustDomain is not served because an older object has the same trust domain name. Delete one of the two, or replace the ServiceIdentity by one that names the older; spec.trustDomainRef cannot be changed.',
  NamespaceNotAllowed:
    'The TrustDomain does not allow this namespace. Change its spec.allowedNamespaces so that they select it.',
  NamespaceReserved: "Identities in the controller's own namespace are refused. Use another namespace.",
  NamespaceTerminating: 'The namespace is being deleted: nothing new is issued, and nothing has to be done.',
  AuthorityUnavailable: 'The authority of the TrustDomain cannot sign now. Look at its conditions.',
  SecretConflict:
    'The Secret of that name belongs to somebody else and is never taken. Choose another spec.secret.name or delete it.',
  WriteRefused:
    'The API server refused a write (quota, an admission webhook, permissions). Mend what the message names; it is tried again by itself.',
  RepeatedEdits: 'The Secret was healed several times within minutes. Find the other writer in its managedFields.',
  RepeatedChanges:
    'The spec was changed several times within minutes; the present one is served in a moment. Find who changes it in its managedFields.',
  PolicyViolation:
    'An IdentityPolicy forbids the identity. The message names policy, field and remedy; change the spec or the policy.',
  IssuerLifetime:
    "spec.ttl does not fit in what is left of the issuer's lifetime; a renewal under the next issuer is not cut. Replace an imported issuer that ends soon; otherwise nothing has to be done.",
  TrustDomainBounds:
    'spec.ttl is outside the bounds of the TrustDomain; SVIDs live as long as these allow. Change spec.ttl or the bounds.',
  IssuanceFailed:
    'An issuance failed and is tried again by itself. The message says why; where it lasts, look at the TrustDomain and the log of the controller.',
  PasswordNotFound:
    'The Secret with the password does not exist in this namespace, or has no label signet.dev/password: "true". Create it or label it.',
  PasswordInvalid: 'The Secret with the password holds none that can be used. The message says what to change.',
  ReloadDisabled: 'The operator of Signet has not switched on this type of reload. Ask for it, or remove spec.reload.',
  WorkloadNotFound: 'A workload of spec.reload does not exist, or does not mount the Secret. Mend the list.',
  RolloutFailed:
    'A workload did not become ready after its restart. No other is restarted until it is; look at its events.',
  RolloutWaiting: 'A workload is not ready, so nothing is restarted for the new SVID. Look at its events.',
  RestartRefused:
    'The API server refused to restart a workload. Mend what the message names; it is tried again by itself.',
} as const;

export const TRUST_DOMAIN_CONDITIONS = {
  Ready: 'The authority can sign and its anchors are known.',
  BundleBlocked:
    'The bundle cannot be written to a namespace that should hold it, or to the ClusterTrustBundle. Present only while True.',
  SharedRoot:
    'The root of the imported authority may stand above other authorities, which could then mint identities of this trust domain. Present only while True.',
  AuthorityExpiring: 'The imported authority ends soon, and only its operator can replace it. Present only while True.',
} as const;

/** Reasons of a TrustDomain's conditions. */
export const TRUST_DOMAIN_REASONS = {
  AuthorityReady: 'A root and an intermediate are in place; SVIDs are issued.',
  Pending: 'Seen, authority not yet in place.',
  Conflict: 'An older TrustDomain has the same trust domain name and serves it. Delete one of the two.',
  InvalidSpec: 'The spec breaks a rule that the schema cannot express. Mend the named fields.',
  AuthorityMismatch:
    'The stored authority belongs to another trust domain name. See the troubleshooting page before deleting anything.',
  AuthorityLost:
    'An authority Secret that existed before is gone or damaged. Restore it from a backup; a new root is never made silently.',
  RootKeyLost:
    'The root key is gone or damaged; the intermediate still signs until it has to be replaced. Restore the Secret.',
  AuthorityWentBack:
    'The authority was restored from an older state than was seen or published before. See the troubleshooting page.',
  AuthorityExpired: 'No certificate of the authority is valid any more. See the troubleshooting page.',
  WriteRefused:
    'The API server refused a write (quota, an admission webhook, permissions). Mend what the message names; it is tried again by itself.',
  ObjectConflict:
    'A ConfigMap or ClusterTrustBundle of that name belongs to somebody else and is never taken. Choose another spec.bundle.configMapName or delete it.',
  RepeatedEdits: 'The bundle was healed several times within minutes. Find the other writer in its managedFields.',
  ImportedSecretNotFound:
    'The Secret of the imported authority does not exist in the namespace of the controller. Create it.',
  ImportedAuthorityInvalid:
    'The Secret of the imported authority holds nothing Signet can sign with. The message says what is wrong and what to do; an authority in use goes on.',
  RootNotDedicated:
    'The imported root is not dedicated to this trust domain, and no name constraint ties the chain to it. Use such a root, or acknowledge this one: its fingerprint, in the message, belongs in acknowledgeSharedRoot.',
  ReplacementDue: 'Replace the imported authority in its Secret; the message says when the current one ends.',
} as const;

export const POLICY_CONDITIONS = {
  Ready: 'The policy is in force, as its enforcement says.',
  NotEnforced: 'Some of what the policy asks for is judged by nobody; the message says what. Present only while True.',
} as const;

/** Reasons of an IdentityPolicy's conditions. */
export const POLICY_REASONS = {
  InForce:
    'The policy is judged before every issuance, and at admission where there is a webhook. NotEnforced says what of it is judged by nobody.',
  InvalidSpec:
    'The spec breaks a rule that the schema cannot express, so it is not applied; the message says whether the last valid one stays in force. Mend the named fields.',
  LabelMissing:
    'Label the namespaces in the message with signet.dev/enforce, or do not match them with mtls.mode: Strict.',
  AdmissionOnly:
    'What the message names is judged at admission only, and the controller was told of no webhook for it, or the configuration of that one is not in the cluster. Install it and set --webhook-configurations.',
  AdmissionPassedOver:
    'What the message names is judged at admission only, and admission does not work: what should be refused is admitted. See that the webhook runs and its configurations are there.',
} as const;

export type IdentityConditionType = keyof typeof IDENTITY_CONDITIONS;
export type IdentityReason = keyof typeof IDENTITY_REASONS;
export type TrustDomainConditionType = keyof typeof TRUST_DOMAIN_CONDITIONS;
export type TrustDomainReason = keyof typeof TRUST_DOMAIN_REASONS;
export type PolicyConditionType = keyof typeof POLICY_CONDITIONS;
export type PolicyReason = keyof typeof POLICY_REASONS;

/** Reasons of Ready of identities that Signet may not renew before somebody else has done something. */
export const HELD_REASONS: ReadonlySet<IdentityReason> = new Set<IdentityReason>([
  'Suspended',
  'InvalidSpec',
  'ServiceAccountNotFound',
  'TrustDomainNotFound',
  'TrustDomainConflict',
  'NamespaceNotAllowed',
  'NamespaceReserved',
  'NamespaceTerminating',
  'SecretConflict',
  'PolicyViolation',
]);

/** Reasons of Ready, of an identity or a TrustDomain, that are no trouble. */
export const CALM_REASONS: ReadonlySet<IdentityReason | TrustDomainReason> = new Set([
  'Issued',
  'AuthorityReady',
  'Pending',
  'Suspended',
] as const);
