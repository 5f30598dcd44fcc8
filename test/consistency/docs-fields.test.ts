// SPDX-License-Identifier: Apache-2.0
/**
 * Holds docs/resources/ equal to the CRDs and the catalogue of conditions: every field with its default, every reason
 * with its text, nothing else; and every example is valid.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  IDENTITY_CONDITIONS,
  IDENTITY_REASONS,
  POLICY_CONDITIONS,
  POLICY_REASONS,
  TRUST_DOMAIN_CONDITIONS,
  TRUST_DOMAIN_REASONS,
} from '../../src/api/conditions.ts';
import type { IdentityPolicy } from '../../src/api/identity-policy.ts';
import type { ServiceIdentity } from '../../src/api/service-identity.ts';
import { parseServiceIdentitySpec } from '../../src/api/service-identity-validation.ts';
import type { TrustDomain } from '../../src/api/trust-domain.ts';
import { parseTrustDomainSpec } from '../../src/api/trust-domain-validation.ts';
import { API_VERSION } from '../../src/api/well-known.ts';
import { compileExpression } from '../../src/cel/compile.ts';
import { compilePolicy } from '../../src/policy/compile.ts';
import { nodes, readCustomResource, type Schema } from './crd-schema.ts';

const HEADINGS = ['Example', 'Spec', 'Status', 'Conditions'];

/** The cells of every table row whose first cell is code. */
function tableRows(page: string): readonly (readonly [name: string, ...cells: string[]])[] {
  return page.split('\n').flatMap((line) => {
    const name = /^\| `([^`]+)` \|/.exec(line)?.[1];
    return name === undefined ? [] : [[name, ...line.split(' | ').slice(1)] as const];
  });
}

/** The fields a page explains: not the items of plain lists, nor what every condition of Kubernetes has. */
function fieldsOf(
  root: Schema,
): readonly { readonly path: string; readonly schema: Schema; readonly required: boolean }[] {
  const all = [...nodes(root)];
  return all
    .filter(
      ({ path }) =>
        /^(spec|status)\./.test(path) && !/(\[\]|\{\})$/.test(path) && !path.startsWith('status.conditions['),
    )
    .map(({ path, schema }) => {
      const dot = path.lastIndexOf('.');
      const parent = all.find((node) => node.path === path.slice(0, dot));
      return { path, schema, required: parent?.schema.required?.includes(path.slice(dot + 1)) ?? false };
    });
}

/** A default as a page writes it. */
function written(value: unknown): string {
  return `\`${stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false }).trim()}\``;
}

const cases = [
  {
    kind: 'ServiceIdentity',
    file: 'service-identity',
    resource: readCustomResource('serviceidentities'),
    conditions: { ...IDENTITY_CONDITIONS, ...IDENTITY_REASONS },
    judge: ({ spec, metadata }: ServiceIdentity) =>
      parseServiceIdentitySpec(spec, metadata.name, metadata.namespace ?? ''),
  },
  {
    kind: 'TrustDomain',
    file: 'trust-domain',
    resource: readCustomResource('trustdomains'),
    conditions: { ...TRUST_DOMAIN_CONDITIONS, ...TRUST_DOMAIN_REASONS },
    judge: ({ spec, metadata }: TrustDomain) => parseTrustDomainSpec(spec, metadata.name),
  },
  {
    kind: 'IdentityPolicy',
    file: 'identity-policy',
    resource: readCustomResource('identitypolicies'),
    conditions: { ...POLICY_CONDITIONS, ...POLICY_REASONS },
    judge: ({ spec, metadata }: IdentityPolicy) => compilePolicy(metadata.name, spec, compileExpression),
  },
];

describe.each(cases)('the page of $kind', ({ kind, file, resource, conditions, judge }) => {
  const page = readFileSync(new URL(`../../docs/resources/${file}.md`, import.meta.url), 'utf8');
  const rows = tableRows(page);
  const fields = fieldsOf(resource.schema);

  it('has the fixed headings', () => {
    expect([...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(HEADINGS);
  });

  it('explains every field of the CRD and no other', () => {
    const explained = rows.map(([name]) => name).filter((name) => /^(spec|status)\./.test(name));
    expect(explained.toSorted()).toEqual(fields.map(({ path }) => path).toSorted());
  });

  it('gives every default of the spec', () => {
    for (const { path, schema, required } of fields.filter((field) => field.path.startsWith('spec.'))) {
      const stated = rows.find(([name]) => name === path)?.[1];
      if (schema.default !== undefined) expect(stated, path).toBe(written(schema.default));
      else if (required) expect(stated, path).toBe('required');
      else expect(stated, path).not.toMatch(/^(required|)$/);
    }
  });

  it('lists the conditions and reasons of the catalogue, in its words', () => {
    const listed = rows
      .filter(([name]) => !name.includes('.'))
      .map(([name, meaning]) => [name, meaning?.replace(/ \|$/, '')]);
    expect(listed).toEqual(Object.entries(conditions));
  });

  it('has valid examples', () => {
    const examples = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) => parse(text ?? ''));
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      expect(example).toMatchObject({ apiVersion: API_VERSION, kind });
      expect(judge(example)).toHaveProperty('value');
    }
  });
});
