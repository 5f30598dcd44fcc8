// SPDX-License-Identifier: Apache-2.0
/**
 * What the webhook is asked in its benchmark: reviews of a new identity as an API server sends them, in namespaces and
 * under policies that let it pass, so that every rule is judged to its end.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { API_VERSION } from '../../src/api/well-known.ts';

export const ASKED = 'webhook-asked';
const ACCOUNT = 'bench';
/** As long as what is commonly applied, with what `kubectl apply` adds. */
const SPEC = {
  serviceAccountName: ACCOUNT,
  trustDomainRef: { name: 'default' },
  services: ['checkout', 'checkout-internal'],
  ttl: '1h',
  privateKey: { algorithm: 'ECDSA-P256' },
  secret: { formats: [{ type: 'PEM' }] },
  mtls: { allowedClients: ['spiffe://example.org/ns/web/sa/frontend', 'spiffe://example.org/ns/shop/sa/*'] },
} as const;

/** An identity that breaks no rule. */
export function passingIdentity(name: string): object {
  return { apiVersion: API_VERSION, kind: 'ServiceIdentity', metadata: { name }, spec: SPEC };
}

/** A pod that mounts no SVID of somebody else. */
export function passingPod(name: string): object {
  const mount = { name: 'svid', mountPath: '/var/run/svid', readOnly: true };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      serviceAccountName: ACCOUNT,
      containers: [{ name: 'app', image: 'example.org/app:1', volumeMounts: [mount] }],
      volumes: [{ name: 'svid', secret: { secretName: 'checkout-svid' } }],
    },
  };
}

/** The JSON of an AdmissionReview of a new identity. */
export function identityReview(index: number): Buffer {
  const name = `checkout-${index}`;
  const gvk = { group: 'signet.dev', version: 'v1alpha1', kind: 'ServiceIdentity' };
  const resource = { group: 'signet.dev', version: 'v1alpha1', resource: 'serviceidentities' };
  const applied = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(passingIdentity(name)) };
  const fields = { 'f:spec': Object.fromEntries(Object.keys(SPEC).map((field) => [`f:${field}`, {}])) };
  const time = '2026-01-01T00:00:00Z';
  const metadata = {
    name,
    namespace: ASKED,
    uid: randomUUID(),
    generation: 1,
    creationTimestamp: time,
    annotations: applied,
    managedFields: [
      {
        manager: 'kubectl-client-side-apply',
        operation: 'Update',
        apiVersion: API_VERSION,
        time,
        fieldsType: 'FieldsV1',
        fieldsV1: fields,
      },
    ],
  };
  return Buffer.from(
    JSON.stringify({
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      request: {
        uid: randomUUID(),
        kind: gvk,
        resource,
        requestKind: gvk,
        requestResource: resource,
        name,
        namespace: ASKED,
        operation: 'CREATE',
        userInfo: { username: 'alice', groups: ['developers', 'system:authenticated'] },
        object: { ...passingIdentity(name), metadata },
        oldObject: null,
        dryRun: false,
        options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
      },
    }),
  );
}

/** A policy that matches the reviewed identities and is kept by them; every one with other names in it. */
export function keptPolicy(index: number, withExpression: boolean): object {
  const rule = {
    name: 'short-names',
    expression: `identity.metadata.name.size() < 64 && identity.spec.services.all(s, s != 'forbidden-${index}')`,
    message: 'choose another name',
  };
  return {
    apiVersion: API_VERSION,
    kind: 'IdentityPolicy',
    metadata: { name: `bench-${index}` },
    spec: {
      match: { namespaces: { names: [ASKED, `team-${index}-*`] }, serviceAccounts: [ACCOUNT] },
      issue: {
        dnsNames: [
          '*.{namespace}',
          '*.{namespace}.svc',
          '*.{namespace}.svc.{clusterDomain}',
          `team-${index}.example.org`,
        ],
        ttl: { min: '20m', max: '24h' },
        keyAlgorithms: ['ECDSA-P256', 'Ed25519'],
        secretFormats: ['PEM'],
      },
      mtls: { clients: { denied: [`spiffe://example.org/ns/forbidden-${index}/sa/*`] } },
      ...(withExpression ? { validations: [rule] } : {}),
    },
  };
}
