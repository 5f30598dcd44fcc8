// SPDX-License-Identifier: Apache-2.0
/**
 * The variables of policy expressions and their types: what the static pass knows of a value before there is one.
 * @module
 */

/** `dyn`: not known. A record is a value with known fields; optional ones need has(). */
export type StaticType =
  | { readonly kind: 'dyn' | 'bool' | 'int' | 'double' | 'string' | 'null' | 'duration' }
  | { readonly kind: 'list' | 'map'; readonly of: StaticType }
  | { readonly kind: 'record'; readonly name: string; readonly fields: Readonly<Record<string, StaticType>> };

export const DYN: StaticType = { kind: 'dyn' };
export const BOOL: StaticType = { kind: 'bool' };
export const INT: StaticType = { kind: 'int' };
export const DOUBLE: StaticType = { kind: 'double' };
export const STRING: StaticType = { kind: 'string' };
export const NULL: StaticType = { kind: 'null' };
export const DURATION: StaticType = { kind: 'duration' };

export function listOf(of: StaticType): StaticType {
  return { kind: 'list', of };
}

function mapOf(of: StaticType): StaticType {
  return { kind: 'map', of };
}

function record(name: string, fields: Readonly<Record<string, StaticType>>): StaticType {
  return { kind: 'record', name, fields };
}

const STRINGS = listOf(STRING);

const IDENTITY = record('identity', {
  metadata: record('identity.metadata', { name: STRING, namespace: STRING }),
  spec: record('identity.spec', {
    serviceAccountName: STRING,
    trustDomainRef: record('identity.spec.trustDomainRef', { name: STRING }),
    services: STRINGS,
    dnsNames: STRINGS,
    subject: STRING,
    ttl: STRING,
    privateKey: record('identity.spec.privateKey', { algorithm: STRING }),
    secret: record('identity.spec.secret', {
      name: STRING,
      labels: mapOf(STRING),
      annotations: mapOf(STRING),
      formats: listOf(record('a Secret format', { type: STRING })),
      deletionPolicy: STRING,
    }),
    mtls: record('identity.spec.mtls', { allowedClients: STRINGS, allowedServers: STRINGS }),
    renewRequest: STRING,
    suspend: BOOL,
  }),
  spiffeID: STRING,
  trustDomain: STRING,
  dnsNames: STRINGS,
  ttlSeconds: INT,
});

/** By name; whatever else an expression names is undeclared. */
export const VARIABLES: Readonly<Record<string, StaticType>> = {
  identity: IDENTITY,
  oldIdentity: IDENTITY,
  namespaceObject: record('namespaceObject', {
    metadata: record('namespaceObject.metadata', {
      name: STRING,
      labels: mapOf(STRING),
      annotations: mapOf(STRING),
    }),
  }),
  request: record('request', {
    operation: STRING,
    dryRun: BOOL,
    userInfo: record('request.userInfo', { username: STRING, uid: STRING, groups: STRINGS }),
  }),
};

/** Variables that exist at admission only. */
export const ADMISSION_VARIABLES: ReadonlySet<string> = new Set(['oldIdentity', 'request']);

/** Fields that the TrustDomain decides as well. */
export const DERIVED_FIELDS: readonly string[] = [
  'identity.spiffeID',
  'identity.trustDomain',
  'identity.dnsNames',
  'identity.ttlSeconds',
];
