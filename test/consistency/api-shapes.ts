// SPDX-License-Identifier: Apache-2.0
/**
 * The API written down once more between TypeScript and CRDs (see shape.ts): `tsc` refuses this file when an interface
 * changes, crd-types.test.ts when a CRD does.
 * @module
 */
import type { IdentityPolicySpec, IdentityPolicyStatus } from '../../src/api/identity-policy.ts';
import type { Condition, LabelSelector } from '../../src/api/object-meta.ts';
import type {
  SecretFormatType,
  ServiceIdentitySpec,
  ServiceIdentityStatus,
  WorkloadKind,
} from '../../src/api/service-identity.ts';
import type {
  AuthorityKeySpec,
  RotationAction,
  TrustDomainSpec,
  TrustDomainStatus,
} from '../../src/api/trust-domain.ts';
import type { KeyAlgorithm } from '../../src/spiffe/svid.ts';
import type { Shape } from './shape.ts';

const KEY_ALGORITHM: Shape<KeyAlgorithm> = {
  oneOf: { 'ECDSA-P256': true, 'ECDSA-P384': true, Ed25519: true, 'RSA-2048': true, 'RSA-3072': true },
};

const CONDITION: Shape<Condition> = {
  required: {
    type: 'string',
    status: { oneOf: { True: true, False: true, Unknown: true } },
    reason: 'string',
    message: 'string',
    lastTransitionTime: 'string',
  },
  optional: { observedGeneration: 'integer' },
};

const SECRET_FORMAT: Shape<SecretFormatType> = { oneOf: { PEM: true, CombinedPEM: true, PKCS12: true } };
const WORKLOAD_KIND: Shape<WorkloadKind> = { oneOf: { Deployment: true, StatefulSet: true, DaemonSet: true } };

export const SERVICE_IDENTITY_SPEC: Shape<ServiceIdentitySpec> = {
  required: { serviceAccountName: 'string' },
  optional: {
    trustDomainRef: { required: {}, optional: { name: 'string' } },
    services: { list: 'string' },
    dnsNames: { list: 'string' },
    subject: { oneOf: { Empty: true, SPIFFEPath: true } },
    ttl: 'string',
    privateKey: { required: {}, optional: { algorithm: KEY_ALGORITHM } },
    secret: {
      required: {},
      optional: {
        name: 'string',
        labels: { map: 'string' },
        annotations: { map: 'string' },
        formats: {
          list: {
            required: { type: SECRET_FORMAT },
            optional: {
              pkcs12: {
                required: { passwordSecretRef: { required: { name: 'string' }, optional: { key: 'string' } } },
                optional: { profile: { oneOf: { Modern2023: true } } },
              },
            },
          },
        },
        deletionPolicy: { oneOf: { Delete: true, Retain: true } },
      },
    },
    mtls: { required: {}, optional: { allowedClients: { list: 'string' }, allowedServers: { list: 'string' } } },
    reload: {
      required: { type: { oneOf: { PodAnnotation: true, Rollout: true } } },
      optional: {
        rollout: {
          required: { workloads: { list: { required: { kind: WORKLOAD_KIND, name: 'string' }, optional: {} } } },
          optional: { minInterval: 'string' },
        },
      },
    },
    renewRequest: 'string',
    suspend: 'boolean',
  },
};

export const SERVICE_IDENTITY_STATUS: Shape<ServiceIdentityStatus> = {
  required: {},
  optional: {
    conditions: { list: CONDITION },
    observedGeneration: 'integer',
    spiffeID: 'string',
    serialNumber: 'string',
    fingerprint: 'string',
    authorityID: 'string',
    notBefore: 'string',
    notAfter: 'string',
    renewalTime: 'string',
    secret: { required: { name: 'string', uid: 'string', resourceVersion: 'string' }, optional: {} },
    observedRenewRequest: 'string',
    rollouts: {
      list: {
        required: {
          kind: WORKLOAD_KIND,
          name: 'string',
          uid: 'string',
          state: { oneOf: { Current: true, Restarting: true, Failed: true } },
          fingerprint: 'string',
          generation: 'integer',
        },
        optional: { restartTime: 'string' },
      },
    },
  },
};

const AUTHORITY_KEY: Shape<AuthorityKeySpec> = {
  required: {},
  optional: { ttl: 'string', keyAlgorithm: KEY_ALGORITHM },
};

const ROTATION_ACTION: Shape<RotationAction> = {
  oneOf: { RotateIntermediate: true, RotateRoot: true, Compromise: true },
};

const LABEL_SELECTOR: Shape<LabelSelector> = {
  required: {},
  optional: {
    matchLabels: { map: 'string' },
    matchExpressions: {
      list: {
        required: {
          key: 'string',
          operator: { oneOf: { In: true, NotIn: true, Exists: true, DoesNotExist: true } },
        },
        optional: { values: { list: 'string' } },
      },
    },
  },
};

export const TRUST_DOMAIN_SPEC: Shape<TrustDomainSpec> = {
  required: { trustDomain: 'string' },
  optional: {
    allowedNamespaces: LABEL_SELECTOR,
    authority: {
      required: {},
      optional: {
        source: {
          required: { type: { oneOf: { SelfSigned: true, Imported: true } } },
          optional: {
            selfSigned: { required: {}, optional: { root: AUTHORITY_KEY, intermediate: AUTHORITY_KEY } },
            imported: {
              required: { secretRef: { required: { name: 'string' }, optional: {} } },
              optional: { acknowledgeSharedRoot: 'string' },
            },
          },
        },
      },
    },
    svid: {
      required: {},
      optional: { defaultTTL: 'string', minTTL: 'string', maxTTL: 'string', shortNames: 'boolean' },
    },
    rotation: {
      required: { id: 'string', action: ROTATION_ACTION },
      optional: { reason: 'string', acknowledgeBroken: 'integer' },
    },
    propagationMargin: 'string',
    allowedDNS: { list: 'string' },
    bundle: {
      required: {},
      optional: {
        configMapName: 'string',
        namespaceSelector: LABEL_SELECTOR,
        clusterTrustBundle: { oneOf: { Auto: true, Never: true } },
      },
    },
  },
};

export const TRUST_DOMAIN_STATUS: Shape<TrustDomainStatus> = {
  required: {},
  optional: {
    conditions: { list: CONDITION },
    observedGeneration: 'integer',
    notAfter: 'string',
    bundle: {
      required: {
        sequence: 'integer',
        configMaps: { required: { total: 'integer', current: 'integer' }, optional: {} },
      },
      optional: {
        clusterTrustBundle: 'string',
        blocked: {
          list: { required: { kind: 'string', name: 'string', reason: 'string' }, optional: { namespace: 'string' } },
        },
      },
    },
    authorities: {
      list: {
        required: {
          id: 'string',
          kind: { oneOf: { Root: true, Intermediate: true } },
          state: { oneOf: { Prepared: true, Active: true, Retired: true } },
          notBefore: 'string',
          notAfter: 'string',
        },
        optional: { leavesUntil: 'string', compromised: 'boolean' },
      },
    },
    lastRequest: {
      required: {
        id: 'string',
        action: ROTATION_ACTION,
        state: { oneOf: { Completed: true, Refused: true } },
        message: 'string',
        time: 'string',
      },
      optional: {},
    },
    rotation: {
      required: {
        action: ROTATION_ACTION,
        state: { oneOf: { InProgress: true, Completed: true, Refused: true } },
        message: 'string',
        startedAt: 'string',
      },
      optional: {
        id: 'string',
        reason: 'string',
        step: {
          oneOf: {
            PublishingRoot: true,
            WaitingForMargin: true,
            ReplacingSVIDs: true,
            WaitingForOldSVIDs: true,
            RemovingRoot: true,
          },
        },
        completedAt: 'string',
        nextStepTime: 'string',
        targets: 'integer',
        stale: 'integer',
        exposed: 'integer',
        quarantined: 'integer',
        blockers: {
          list: { required: { kind: 'string', name: 'string', reason: 'string' }, optional: { namespace: 'string' } },
        },
      },
    },
  },
};

const PEER_BOUNDS = {
  required: {},
  optional: { allowed: { list: 'string' }, denied: { list: 'string' } },
} as const;

export const IDENTITY_POLICY_SPEC: Shape<IdentityPolicySpec> = {
  required: {},
  optional: {
    match: {
      required: {},
      optional: {
        namespaces: { required: {}, optional: { names: { list: 'string' }, selector: LABEL_SELECTOR } },
        serviceAccounts: { list: 'string' },
      },
    },
    issue: {
      required: {},
      optional: {
        serviceAccounts: { list: 'string' },
        dnsNames: { list: 'string' },
        ttl: { required: {}, optional: { min: 'string', max: 'string' } },
        keyAlgorithms: { list: KEY_ALGORITHM },
        secretFormats: { list: SECRET_FORMAT },
      },
    },
    mtls: {
      required: {},
      optional: { mode: { oneOf: { Permissive: true, Strict: true } }, clients: PEER_BOUNDS, servers: PEER_BOUNDS },
    },
    validations: { list: { required: { name: 'string', expression: 'string', message: 'string' }, optional: {} } },
    enforcement: { oneOf: { Enforce: true, Warn: true, Audit: true } },
    onViolation: { oneOf: { KeepUntilRenewal: true, Revoke: true } },
  },
};

export const IDENTITY_POLICY_STATUS: Shape<IdentityPolicyStatus> = {
  required: {},
  optional: {
    conditions: { list: CONDITION },
    observedGeneration: 'integer',
    matched: 'integer',
    violating: 'integer',
    examples: { list: 'string' },
  },
};
