// SPDX-License-Identifier: Apache-2.0
/**
 * Holds the CRDs and src/api/ equal: fields, optionality, enumerations, grammars, defaults, condition reasons.
 * @module
 */
import { describe, expect, it } from 'vitest';
import {
  IDENTITY_CONDITIONS,
  IDENTITY_REASONS,
  POLICY_CONDITIONS,
  POLICY_REASONS,
  TRUST_DOMAIN_CONDITIONS,
  TRUST_DOMAIN_REASONS,
} from '../../src/api/conditions.ts';
import {
  withIdentityPolicyDefaults,
  withServiceIdentityDefaults,
  withTrustDomainDefaults,
} from '../../src/api/defaults.ts';
import { DURATION_PATTERN, MAX_DURATION_LENGTH } from '../../src/api/duration.ts';
import {
  DNS_NAME_PATTERN,
  FINGERPRINT_PATTERN,
  LABEL_VALUE_PATTERN,
  MAX_KIND_NAME_LENGTH,
  NAME_PATTERN_PATTERN,
  NUMERIC_LAST_LABEL_PATTERN,
  OBJECT_NAME_PATTERN,
  POLICY_DNS_PATTERN,
  RESERVED_KEY_PATTERN,
  RULE_NAME_PATTERN,
  SERVICE_NAME_PATTERN,
} from '../../src/api/grammar.ts';
import { GROUP, VERSION } from '../../src/api/well-known.ts';
import {
  IDENTITY_POLICY_SPEC,
  IDENTITY_POLICY_STATUS,
  SERVICE_IDENTITY_SPEC,
  SERVICE_IDENTITY_STATUS,
  TRUST_DOMAIN_SPEC,
  TRUST_DOMAIN_STATUS,
} from './api-shapes.ts';
import { defaulted, nodes, readCustomResource, schemaAt } from './crd-schema.ts';
import { shapeOf } from './shape.ts';

const identity = readCustomResource('serviceidentities');
const trustDomain = readCustomResource('trustdomains');
const policy = readCustomResource('identitypolicies');
const all = [identity, trustDomain, policy];

function text(pattern: RegExp): string {
  return pattern.source.replaceAll(String.raw`\/`, '/');
}

describe('types', () => {
  it.each([
    ['ServiceIdentity.spec', identity, 'spec', SERVICE_IDENTITY_SPEC],
    ['ServiceIdentity.status', identity, 'status', SERVICE_IDENTITY_STATUS],
    ['TrustDomain.spec', trustDomain, 'spec', TRUST_DOMAIN_SPEC],
    ['TrustDomain.status', trustDomain, 'status', TRUST_DOMAIN_STATUS],
    ['IdentityPolicy.spec', policy, 'spec', IDENTITY_POLICY_SPEC],
    ['IdentityPolicy.status', policy, 'status', IDENTITY_POLICY_STATUS],
  ])('%s has the fields of its CRD', (_name, resource, path, shape) => {
    expect(shapeOf(schemaAt(resource.schema, path))).toEqual(shape);
  });

  it('agrees on group, version and the length of names', () => {
    for (const { group, version, schema } of all) {
      expect({ group, version }).toEqual({ group: GROUP, version: VERSION });
      expect(schema.properties?.['metadata']?.properties?.['name']?.maxLength).toBe(MAX_KIND_NAME_LENGTH);
    }
  });
});

describe('grammars', () => {
  it.each([
    [identity, 'spec.serviceAccountName', OBJECT_NAME_PATTERN],
    [identity, 'spec.trustDomainRef.name', OBJECT_NAME_PATTERN],
    [identity, 'spec.secret.name', OBJECT_NAME_PATTERN],
    [identity, 'spec.services[]', SERVICE_NAME_PATTERN],
    [identity, 'spec.dnsNames[]', DNS_NAME_PATTERN],
    [identity, 'spec.secret.labels{}', LABEL_VALUE_PATTERN],
    [trustDomain, 'spec.allowedDNS[]', DNS_NAME_PATTERN],
    [trustDomain, 'spec.bundle.configMapName', OBJECT_NAME_PATTERN],
    [trustDomain, 'spec.bundle.namespaceSelector.matchLabels{}', LABEL_VALUE_PATTERN],
    [trustDomain, 'spec.authority.source.imported.secretRef.name', OBJECT_NAME_PATTERN],
    [trustDomain, 'spec.authority.source.imported.acknowledgeSharedRoot', FINGERPRINT_PATTERN],
    [trustDomain, 'spec.allowedNamespaces.matchLabels{}', LABEL_VALUE_PATTERN],
    [trustDomain, 'spec.allowedNamespaces.matchExpressions[].values[]', LABEL_VALUE_PATTERN],
    [policy, 'spec.match.namespaces.names[]', NAME_PATTERN_PATTERN],
    [policy, 'spec.match.serviceAccounts[]', NAME_PATTERN_PATTERN],
    [policy, 'spec.issue.serviceAccounts[]', NAME_PATTERN_PATTERN],
    [policy, 'spec.issue.dnsNames[]', POLICY_DNS_PATTERN],
    [policy, 'spec.validations[].name', RULE_NAME_PATTERN],
    [policy, 'spec.match.namespaces.selector.matchLabels{}', LABEL_VALUE_PATTERN],
    [policy, 'spec.match.namespaces.selector.matchExpressions[].values[]', LABEL_VALUE_PATTERN],
  ])('%# %s is the same', (resource, path, pattern) => {
    expect(schemaAt(resource.schema, path).pattern).toBe(text(pattern));
  });

  it('is the same for every duration', () => {
    const durations = all.flatMap(({ schema }) =>
      [...nodes(schema)].filter(
        ({ path, schema: one }) => /(ttl|ttl\.m..|TTL|propagationMargin)$/.test(path) && one.type === 'string',
      ),
    );
    expect(durations.map(({ path }) => path)).toHaveLength(9);
    for (const { schema } of durations) {
      expect(schema).toMatchObject({ pattern: text(DURATION_PATTERN), maxLength: MAX_DURATION_LENGTH });
    }
  });

  it.each([
    ['spec.dnsNames[]', NUMERIC_LAST_LABEL_PATTERN],
    ['spec.secret.labels', RESERVED_KEY_PATTERN],
    ['spec.secret.annotations', RESERVED_KEY_PATTERN],
  ])('has a rule at %s with the same pattern', (path, pattern) => {
    const rules = schemaAt(identity.schema, path)['x-kubernetes-validations'] ?? [];
    expect(rules.filter(({ rule }) => rule.includes(`.matches(r'${text(pattern)}')`))).toHaveLength(1);
  });

  it('gives every pattern of a spec a rule with a message for people', () => {
    const patterned = all.flatMap(({ schema }) =>
      [...nodes(schema)].filter((node) => node.path.startsWith('spec') && node.schema.pattern !== undefined),
    );
    expect(patterned.length).toBeGreaterThan(15);
    for (const { path, schema } of patterned) {
      const rules = schema['x-kubernetes-validations']?.map(({ rule }) => rule) ?? [];
      expect(
        rules.some((rule) => rule.includes(`self.matches(r'${schema.pattern}')`)),
        path,
      ).toBe(true);
    }
  });
});

describe('defaults', () => {
  it.each([
    {},
    { secret: { name: 'own' }, privateKey: {}, trustDomainRef: {} },
    { subject: 'SPIFFEPath', suspend: true, trustDomainRef: { name: 'other' }, privateKey: { algorithm: 'Ed25519' } },
    { secret: { formats: [{ type: 'PEM' }, { type: 'CombinedPEM' }], deletionPolicy: 'Retain', labels: {} } },
    { services: [], dnsNames: ['a.example.org'], mtls: { allowedClients: [] }, ttl: '2h', renewRequest: '1' },
  ] as const)('fills in a ServiceIdentity as the CRD does: %o', (more) => {
    const spec = { serviceAccountName: 'checkout', ...more };
    expect(withServiceIdentityDefaults(spec)).toEqual(defaulted(schemaAt(identity.schema, 'spec'), spec));
  });

  it.each([
    {},
    { authority: {}, svid: {}, allowedNamespaces: {} },
    { authority: { source: { type: 'SelfSigned' } } },
    { authority: { source: { type: 'SelfSigned', selfSigned: {} } } },
    { authority: { source: { type: 'Imported', imported: { secretRef: { name: 'issuing-ca' } } } } },
    { authority: { source: { type: 'Imported', imported: { secretRef: { name: 'a' } }, selfSigned: {} } } },
    { authority: { source: { type: 'SelfSigned', selfSigned: { root: { ttl: '100h' }, intermediate: {} } } } },
    { authority: { source: { type: 'SelfSigned', selfSigned: { intermediate: { keyAlgorithm: 'RSA-3072' } } } } },
    { svid: { minTTL: '30s', shortNames: true }, propagationMargin: '5s', allowedDNS: ['*.example.org'] },
    { bundle: { configMapName: 'anchors', namespaceSelector: {} } },
    { bundle: { clusterTrustBundle: 'Never' } },
  ] as const)('fills in a TrustDomain as the CRD does: %o', (more) => {
    const spec = { trustDomain: 'example.org', ...more };
    expect(withTrustDomainDefaults(spec)).toEqual(defaulted(schemaAt(trustDomain.schema, 'spec'), spec));
  });
});

describe('defaults of an IdentityPolicy', () => {
  it.each([
    {},
    { mtls: {}, issue: {}, match: {} },
    { mtls: { mode: 'Strict', clients: { allowed: [] } }, enforcement: 'Audit', onViolation: 'Revoke' },
    { mtls: { servers: {} }, validations: [{ name: 'a', expression: 'true', message: 'b' }] },
  ] as const)('are filled in as the CRD does: %o', (spec) => {
    expect(withIdentityPolicyDefaults(spec)).toEqual(defaulted(schemaAt(policy.schema, 'spec'), spec));
  });
});

describe('conditions', () => {
  it.each([
    ['ServiceIdentity', identity, IDENTITY_CONDITIONS, IDENTITY_REASONS],
    ['TrustDomain', trustDomain, TRUST_DOMAIN_CONDITIONS, TRUST_DOMAIN_REASONS],
    ['IdentityPolicy', policy, POLICY_CONDITIONS, POLICY_REASONS],
  ])('describes the types and exactly the reasons of the catalogue: %s', (_name, { schema }, types, reasons) => {
    const description = schemaAt(schema, 'status.conditions').description ?? '';
    expect(description).toContain(`Ready: ${types.Ready}`);
    for (const type of Object.keys(types)) expect(description).toMatch(new RegExp(`\\b${type}\\b`));
    const named = /Reasons: (.*)\.$/.exec(description)?.[1]?.split(', ');
    expect(named).toEqual(Object.keys(reasons));
  });
});

describe('schemas', () => {
  const every = all.flatMap(({ kind, schema }) =>
    [...nodes(schema)].map((node) => ({ name: `${kind} ${node.path}`, path: node.path, schema: node.schema })),
  );

  it('bounds every string, list and map', () => {
    const unbounded = every.filter(({ path, schema }) => {
      if (path === 'apiVersion' || path === 'kind') return false;
      if (schema.type === 'string') return schema.maxLength === undefined && schema.enum === undefined;
      if (schema.type === 'array') return schema.maxItems === undefined;
      return schema.additionalProperties !== undefined && schema.maxProperties === undefined;
    });
    expect(unbounded.map(({ name }) => name)).toEqual([]);
  });

  it('describes every field', () => {
    const described = every.filter(({ path }) => !/(\[\]|\{\})$/.test(path));
    expect(described.filter(({ schema }) => !schema.description?.endsWith('.')).map(({ name }) => name)).toEqual([]);
  });

  it('says how every list merges', () => {
    const lists = every.filter(({ schema }) => schema.type === 'array');
    expect(lists.filter(({ schema }) => schema['x-kubernetes-list-type'] === undefined)).toEqual([]);
  });

  it('has a message that ends without a period for every rule', () => {
    const rules = every.flatMap(({ name, schema }) =>
      (schema['x-kubernetes-validations'] ?? []).map(({ message }) => ({ name, message })),
    );
    expect(rules.length).toBeGreaterThan(30);
    expect(
      rules.filter(({ message }) => message === undefined || message.length < 30 || message.endsWith('.')),
    ).toEqual([]);
  });
});
