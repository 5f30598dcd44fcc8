// SPDX-License-Identifier: Apache-2.0
/**
 * The names Signet writes into the API server or looks for there: API group, labels, annotations, Secret keys.
 * @module
 */

export const GROUP = 'signet.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = 'signet.dev/v1alpha1';

/** Field manager of every write of the controller. */
export const FIELD_MANAGER = 'signet';

/** On every Secret of ours; the value says which kind it is. The controller watches only Secrets that carry it. */
export const MANAGED_LABEL = 'signet.dev/managed';
export const MANAGED_SVID = 'svid';
export const MANAGED_AUTHORITY = 'authority';
/** On the Secret with the serving certificate of the webhook. */
export const MANAGED_SERVING = 'serving';
/** On ConfigMaps and ClusterTrustBundles. */
export const MANAGED_BUNDLE = 'bundle';

/** Name of the ServiceIdentity a Secret belongs to; a pointer for people, believed only together with an owner. */
export const IDENTITY_LABEL = 'signet.dev/service-identity';
/** Name of the TrustDomain object an authority Secret or a published bundle belongs to. */
export const TRUST_DOMAIN_LABEL = 'signet.dev/trust-domain';
/** On a Secret with deletionPolicy Retain: ownerless from its creation. */
export const RETAIN_LABEL = 'signet.dev/retain';

/** On a namespace, with any value: its Pods are judged at admission. */
export const ENFORCE_LABEL = 'signet.dev/enforce';

/** On a Secret with a password, value `true`: Signet reads no other Secret of a tenant's for one. */
export const PASSWORD_LABEL = 'signet.dev/password';

/** For people who describe the Secret. */
export const SPIFFE_ID_ANNOTATION = 'signet.dev/spiffe-id';
/** On a published bundle: the trust domain whose anchors it holds, which a bundle document does not say. */
export const TRUST_DOMAIN_NAME_ANNOTATION = 'signet.dev/trust-domain-name';
/** Digest of the inputs of the stored SVID; believed only while the Secret's resourceVersion is the one in status. */
export const SVID_DIGEST_ANNOTATION = 'signet.dev/svid-digest';
/** Digest of the files beside the SVID (anchors, peers); believed under the same condition. */
export const FILES_DIGEST_ANNOTATION = 'signet.dev/files-digest';

/**
 * The spec.renewRequest that the stored SVID answers, written with it. Believed of an SVID of ours that status does not
 * tell of yet, and of no other: whoever signs next knows by it what was answered before the last signer ended.
 */
export const RENEW_REQUEST_ANNOTATION = 'signet.dev/renew-request';

/** Which password the PKCS#12 files have: the version of its Secret, and a slow salted digest of it. Believed likewise. */
export const PASSWORD_DIGEST_ANNOTATION = 'signet.dev/password-digest';
/** On Pods: the version of the Secret they mount, so that their kubelets look at it at once. */
export const POD_ANNOTATION = 'signet.dev/secret-version';
/** On pod templates: fingerprint of the SVID the workload was last restarted for. */
export const RESTART_ANNOTATION = 'signet.dev/restarted-for';

/** Which labels and annotations came from the spec, so that one dropped from the spec is dropped from the Secret. */
export const METADATA_KEYS_ANNOTATION = 'signet.dev/metadata-keys';

/** Secret keys. */
export const TLS_CERT_KEY = 'tls.crt';
export const TLS_PRIVATE_KEY_KEY = 'tls.key';
export const CA_CERT_KEY = 'ca.crt';
/** Beside ca.crt in the ConfigMap of a bundle. */
export const SPIFFE_BUNDLE_KEY = 'bundle.spiffe.json';
/** Format CombinedPEM: PKCS#8 key, then the chain, in one file that is read atomically. */
export const COMBINED_PEM_KEY = 'tls-combined.pem';
/** Format PKCS12: key and chain, and the anchors. */
export const KEY_STORE_KEY = 'keystore.p12';
export const TRUST_STORE_KEY = 'truststore.p12';
export const ALLOWED_CLIENTS_KEY = 'allowed-clients';
export const ALLOWED_SERVERS_KEY = 'allowed-servers';

export const TLS_SECRET_TYPE = 'kubernetes.io/tls';
export const AUTHORITY_SECRET_TYPE = 'signet.dev/authority';
export const SERVING_SECRET_TYPE = 'signet.dev/serving';
/** In the Secret of the webhook beside tls.crt, tls.key and ca.crt: what will be served once it is trusted. */
export const NEXT_CERT_KEY = 'next.crt';
export const NEXT_PRIVATE_KEY_KEY = 'next.key';

/** Field manager of the caBundle in our webhook configurations, and of nothing else. */
export const CA_BUNDLE_MANAGER = 'signet-ca-bundle';
/** Name of the TrustDomain that nobody may create: the controller asks for it, in dry runs, to hear the webhook refuse. */
export const PROBE_NAME = 'signet-admission-probe';
/** On that object: what the refusal has to repeat. */
export const PROBE_ANNOTATION = 'signet.dev/admission-probe';
