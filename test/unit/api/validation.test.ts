// SPDX-License-Identifier: Apache-2.0
/**
 * The tables of valid and invalid input that the real API server judges in test/integration/crd/, judged by the code.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { FieldError } from '../../../src/api/field-error.ts';
import { parseIdentityPolicySpec } from '../../../src/api/identity-policy-validation.ts';
import type { ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import { parseServiceIdentitySpec, serviceIdentityUpdateErrors } from '../../../src/api/service-identity-validation.ts';
import type { TrustDomainSpec } from '../../../src/api/trust-domain.ts';
import { parseTrustDomainSpec, trustDomainUpdateErrors } from '../../../src/api/trust-domain-validation.ts';
import { type Case, OBJECT_NAME, SMALLEST_IDENTITY, SMALLEST_TRUST_DOMAIN } from '../../integration/crd/case.ts';
import { FORMAT_AND_RELOAD_CASES } from '../../integration/crd/format-and-reload-cases.ts';
import { IDENTITY_CASES } from '../../integration/crd/identity-cases.ts';
import { PEER_AND_NAME_CASES } from '../../integration/crd/peer-and-name-cases.ts';
import { POLICY_CASES } from '../../integration/crd/policy-cases.ts';
import { TRUST_DOMAIN_CASES } from '../../integration/crd/trust-domain-cases.ts';

type Parsed = { value: unknown } | { errors: readonly FieldError[] };

function judgeIdentity({ spec, before, objectName = OBJECT_NAME }: Case): readonly FieldError[] {
  const now = { ...SMALLEST_IDENTITY, ...spec } as ServiceIdentitySpec;
  const changes = before === undefined ? [] : serviceIdentityUpdateErrors({ ...SMALLEST_IDENTITY, ...before }, now);
  return [...errorsOf(parseServiceIdentitySpec(now, objectName, 'shop')), ...changes];
}

function judgeTrustDomain({ spec, before, objectName = OBJECT_NAME }: Case): readonly FieldError[] {
  const now = { ...SMALLEST_TRUST_DOMAIN, ...spec } as TrustDomainSpec;
  const changes = before === undefined ? [] : trustDomainUpdateErrors({ ...SMALLEST_TRUST_DOMAIN, ...before }, now);
  return [...errorsOf(parseTrustDomainSpec(now, objectName)), ...changes];
}

function judgePolicy({ spec, objectName = OBJECT_NAME }: Case): readonly FieldError[] {
  return errorsOf(parseIdentityPolicySpec(spec, objectName));
}

function errorsOf(parsed: Parsed): readonly FieldError[] {
  return 'errors' in parsed ? parsed.errors : [];
}

describe.each([
  {
    kind: 'ServiceIdentity',
    cases: [...IDENTITY_CASES, ...PEER_AND_NAME_CASES, ...FORMAT_AND_RELOAD_CASES],
    judge: judgeIdentity,
  },
  { kind: 'TrustDomain', cases: TRUST_DOMAIN_CASES, judge: judgeTrustDomain },
  { kind: 'IdentityPolicy', cases: POLICY_CASES, judge: judgePolicy },
])('$kind', ({ cases, judge }) => {
  const known = cases.filter((one) => one.judge !== 'schema');

  it.each(known.filter(({ refused }) => refused !== undefined))('refuses $name', (one) => {
    const errors = judge(one);
    expect(errors.map(({ path }) => path)).toContain(one.refused?.at);
    for (const { message } of errors) expect(message.length).toBeGreaterThan(10);
  });

  it.each(known.filter(({ refused }) => refused === undefined))('accepts $name', (one) => {
    expect(judge(one)).toEqual([]);
  });
});
