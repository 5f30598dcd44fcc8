// SPDX-License-Identifier: Apache-2.0
/**
 * Every case of the tables on a real API server. The same tables are judged by src/api/ in
 * test/unit/api/validation.test.ts, so that schema and code can't drift apart.
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  withIdentityPolicyDefaults,
  withServiceIdentityDefaults,
  withTrustDomainDefaults,
} from '../../../src/api/defaults.ts';
import { API_VERSION } from '../../../src/api/well-known.ts';
import { createNamespace, deleteNamespace, sharedControlPlane } from '../../support/control-plane.ts';
import { type Answer, type APIClient, connect } from './api-client.ts';
import { type Case, OBJECT_NAME, SMALLEST_IDENTITY, SMALLEST_TRUST_DOMAIN } from './case.ts';
import { FORMAT_AND_RELOAD_CASES } from './format-and-reload-cases.ts';
import { IDENTITY_CASES } from './identity-cases.ts';
import { PEER_AND_NAME_CASES } from './peer-and-name-cases.ts';
import { POLICY_CASES } from './policy-cases.ts';
import { TRUST_DOMAIN_CASES } from './trust-domain-cases.ts';

let namespace: string;
let call: APIClient;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ call, close } = await connect(sharedControlPlane().kubeconfig));
  namespace = await createNamespace('crd');
});

afterAll(async () => {
  await deleteNamespace(namespace);
  await close();
});

interface Kind {
  readonly kind: string;
  readonly collection: () => string;
  readonly smallest: object;
  readonly defaults: (spec: never) => unknown;
}

async function write(kind: Kind, name: string, spec: object, resourceVersion?: string): Promise<Answer> {
  const metadata = resourceVersion === undefined ? { name } : { name, resourceVersion };
  const body = { apiVersion: API_VERSION, kind: kind.kind, metadata, spec: { ...kind.smallest, ...spec } };
  if (resourceVersion === undefined) return call({ method: 'POST', path: kind.collection(), body });
  return call({ method: 'PUT', path: `${kind.collection()}/${name}`, body });
}

/** Creates, and updates where the case says so; what is left over is deleted. */
async function attempt(kind: Kind, { spec, before, objectName: name = OBJECT_NAME }: Case): Promise<Answer> {
  try {
    if (before === undefined) return await write(kind, name, spec);
    const stored = await write(kind, name, before);
    expect(stored.code, stored.body.message).toBe(201);
    return await write(kind, name, spec, stored.body.metadata?.resourceVersion);
  } finally {
    await call({ method: 'DELETE', path: `${kind.collection()}/${name}` });
  }
}

/** The schema calls an entry of a map `labels.a`, a rule `labels[a]`. */
function withBrackets(field: string): string {
  return field.replace(/^(spec\..*(?:labels|annotations|matchLabels))\.(.+)$/, '$1[$2]');
}

function isRefused({ refused, judge }: Case): boolean {
  return refused !== undefined && judge !== 'code';
}

describe.each([
  {
    kind: 'ServiceIdentity',
    collection: () => `/apis/${API_VERSION}/namespaces/${namespace}/serviceidentities`,
    smallest: SMALLEST_IDENTITY,
    defaults: withServiceIdentityDefaults,
    cases: [...IDENTITY_CASES, ...PEER_AND_NAME_CASES, ...FORMAT_AND_RELOAD_CASES],
  },
  {
    kind: 'TrustDomain',
    collection: () => `/apis/${API_VERSION}/trustdomains`,
    smallest: SMALLEST_TRUST_DOMAIN,
    defaults: withTrustDomainDefaults,
    cases: TRUST_DOMAIN_CASES,
  },
  {
    kind: 'IdentityPolicy',
    collection: () => `/apis/${API_VERSION}/identitypolicies`,
    smallest: {},
    defaults: withIdentityPolicyDefaults,
    cases: POLICY_CASES,
  },
])('$kind', ({ cases, ...kind }) => {
  it.each(cases.filter(isRefused))('is refused: $name', async (one) => {
    const { code, body } = await attempt(kind, one);
    expect(code).toBe(422);
    const causes = body.details?.causes?.map(({ field, message }) => ({ field: withBrackets(field), message }));
    const { at, says } = one.refused ?? { at: '', says: '' };
    expect(causes).toContainEqual({ field: at, message: expect.stringContaining(says) });
    expect(body.message).not.toContain('evaluating rule');
  });

  it.each(cases.filter((one) => !isRefused(one)))('is stored, with its defaults: $name', async (one) => {
    const { code, body } = await attempt(kind, one);
    expect(body.message).toBeUndefined();
    expect(code).toBe(one.before === undefined ? 201 : 200);
    if (one.judge === 'schema') return;
    expect(body.spec).toEqual(kind.defaults({ ...kind.smallest, ...one.spec } as never));
  });

  it('has different cases', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});
