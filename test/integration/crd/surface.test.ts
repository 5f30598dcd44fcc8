// SPDX-License-Identifier: Apache-2.0
/**
 * What the API offers beyond validation: discovery, tables, selectors, the status subresource, merging of lists.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION } from '../../../src/api/well-known.ts';
import { createNamespace, deleteNamespace, sharedControlPlane } from '../../support/control-plane.ts';
import { type Answer, type APIClient, connect } from './api-client.ts';

const TRUST_DOMAINS = `/apis/${API_VERSION}/trustdomains`;
/** TrustDomains are cluster-wide; other tests may have some of their own. */
const TRUST_DOMAIN = `surface-${randomUUID().slice(0, 8)}`;
const TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1';

const time = '2026-11-22T05:00:00Z';
const ready = {
  type: 'Ready',
  status: 'True',
  reason: 'Issued',
  message: 'issued',
  lastTransitionTime: time,
  observedGeneration: 1,
};

let namespace: string;
let identities: string;
let call: APIClient;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ call, close } = await connect(sharedControlPlane().kubeconfig));
  namespace = await createNamespace('crd');
  identities = `/apis/${API_VERSION}/namespaces/${namespace}/serviceidentities`;
  await createIdentity('checkout', { serviceAccountName: 'checkout' });
  await createIdentity('frontend', { serviceAccountName: 'frontend', trustDomainRef: { name: 'partner' } });
  const trustDomain = { ...object('TrustDomain', TRUST_DOMAIN), spec: { trustDomain: TRUST_DOMAIN } };
  await call({ method: 'POST', path: TRUST_DOMAINS, body: trustDomain });
});

afterAll(async () => {
  await call({ method: 'DELETE', path: `${TRUST_DOMAINS}/${TRUST_DOMAIN}` });
  await deleteNamespace(namespace);
  await close();
});

function object(kind: string, name: string): Readonly<Record<string, unknown>> {
  return { apiVersion: API_VERSION, kind, metadata: { name } };
}

async function createIdentity(name: string, spec: object): Promise<void> {
  const { code, body } = await call({
    method: 'POST',
    path: identities,
    body: { ...object('ServiceIdentity', name), spec },
  });
  expect(code, body.message).toBe(201);
}

it('is found by kind, short name and category', async () => {
  const { body } = await call({ method: 'GET', path: `/apis/${API_VERSION}` });
  expect(body['resources']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        kind: 'ServiceIdentity',
        namespaced: true,
        shortNames: ['sid'],
        categories: ['signet'],
      }),
      expect.objectContaining({ kind: 'TrustDomain', namespaced: false, shortNames: ['td'], categories: ['signet'] }),
      expect.objectContaining({
        kind: 'IdentityPolicy',
        namespaced: false,
        shortNames: ['idpol'],
        categories: ['signet'],
      }),
      expect.objectContaining({ name: 'identitypolicies/status' }),
      expect.objectContaining({ name: 'serviceidentities/status' }),
      expect.objectContaining({ name: 'trustdomains/status' }),
    ]),
  );
});

describe('field selectors', () => {
  it.each([
    ['spec.serviceAccountName=frontend', ['frontend']],
    ['spec.trustDomainRef.name=default', ['checkout']],
    ['spec.trustDomainRef.name!=default', ['frontend']],
    ['spec.serviceAccountName=frontend,spec.trustDomainRef.name=default', []],
  ])('%s', async (selector, names) => {
    const { body } = await call({ method: 'GET', path: `${identities}?fieldSelector=${encodeURIComponent(selector)}` });
    const items = body['items'] as readonly { readonly metadata: { readonly name: string } }[];
    expect(items.map(({ metadata }) => metadata.name)).toEqual(names);
  });

  it('find a TrustDomain by its trust domain', async () => {
    const { body } = await call({
      method: 'GET',
      path: `${TRUST_DOMAINS}?fieldSelector=spec.trustDomain=${TRUST_DOMAIN}`,
    });
    expect(body['items']).toHaveLength(1);
  });
});

describe('the status of a ServiceIdentity', () => {
  const status = {
    conditions: [ready],
    observedGeneration: 1,
    spiffeID: `spiffe://example.org/ns/shop/sa/checkout`,
    serialNumber: '7f'.repeat(16),
    fingerprint: 'ab'.repeat(32),
    authorityID: 'cd'.repeat(16),
    notBefore: time,
    notAfter: '2026-11-22T06:00:00Z',
    renewalTime: '2026-11-22T05:30:00Z',
    secret: { name: 'checkout-svid', uid: randomUUID(), resourceVersion: '4711' },
    observedRenewRequest: '1',
  };

  it('is written beside the spec: the generation stays, and so does the spec', async () => {
    const path = `${identities}/checkout/status`;
    const { code, body } = await call({ method: 'PATCH', path, body: { status, spec: { ttl: '2h' } } });
    expect(code, body.message).toBe(200);
    expect(body.status).toEqual(status);
    expect(body.metadata?.generation).toBe(1);
    expect(body.spec).not.toHaveProperty('ttl');
  });

  it('is not written with the spec', async () => {
    const path = `${identities}/checkout`;
    const { body } = await call({ method: 'PATCH', path, body: { status: { spiffeID: 'spiffe://evil/a' } } });
    expect(body.status).toMatchObject({ spiffeID: status.spiffeID });
  });

  it('is shown in a table', async () => {
    const { body } = await call({ method: 'GET', path: `${identities}/checkout`, accept: TABLE });
    const columns = body['columnDefinitions'] as readonly { readonly name: string; readonly priority: number }[];
    const [row] = body['rows'] as readonly { readonly cells: readonly unknown[] }[];
    const shown = columns.map(({ name, priority }, index) => [name, priority, row?.cells[index]]);
    expect(shown).toEqual([
      ['Name', 0, 'checkout'],
      ['Ready', 0, 'True'],
      ['SPIFFE ID', 0, status.spiffeID],
      ['Expires', 0, status.notAfter],
      ['Renews', 0, status.renewalTime],
      ['Secret', 1, 'checkout-svid'],
      ['Trust Domain', 1, 'default'],
      ['Reason', 1, 'Issued'],
      ['Age', 0, expect.any(String)],
    ]);
  });

  it.each([
    ['two conditions of one type', { conditions: [ready, { ...ready, status: 'False' }] }],
    ['a condition without a reason', { conditions: [{ ...ready, reason: '' }] }],
    ['a status nobody knows', { conditions: [{ ...ready, status: 'true' }] }],
    ['a time that is none', { notAfter: 'tomorrow' }],
    ['half a Secret', { secret: { name: 'checkout-svid', uid: null, resourceVersion: '1' } }],
  ])('refuses %s', async (_what, wrong) => {
    const path = `${identities}/frontend/status`;
    const { code } = await call({ method: 'PATCH', path, body: { status: { ...status, ...wrong } } });
    expect(code).toBe(422);
  });

  it('takes a message and a SPIFFE ID of any length that we write', async () => {
    const long = { ...ready, message: '😀'.repeat(1024) };
    const path = `${identities}/frontend/status`;
    const spiffeID = `spiffe://${'x'.repeat(255)}/`.padEnd(2048, 'y');
    const { code, body } = await call({ method: 'PATCH', path, body: { status: { conditions: [long], spiffeID } } });
    expect(code, body.message).toBe(200);
  });
});

it('shows a TrustDomain in a table', async () => {
  const status = {
    conditions: [{ ...ready, reason: 'AuthorityReady' }],
    notAfter: '2026-11-29T05:00:00Z',
    authorities: [
      { id: '0a', kind: 'Root', state: 'Active', notBefore: time, notAfter: '2027-11-22T05:00:00Z' },
      { id: '0b', kind: 'Intermediate', state: 'Active', notBefore: time, notAfter: '2026-11-29T05:00:00Z' },
    ],
  };
  const path = `${TRUST_DOMAINS}/${TRUST_DOMAIN}`;
  await call({ method: 'PATCH', path: `${path}/status`, body: { status } });
  const { body } = await call({ method: 'GET', path, accept: TABLE });
  const columns = body['columnDefinitions'] as readonly { readonly name: string }[];
  const [row] = body['rows'] as readonly { readonly cells: readonly unknown[] }[];
  expect(Object.fromEntries(columns.map(({ name }, index) => [name, row?.cells[index]]))).toEqual({
    Name: TRUST_DOMAIN,
    Ready: 'True',
    'Trust Domain': TRUST_DOMAIN,
    Expires: '2026-11-29T05:00:00Z',
    'Default TTL': '1h',
    Margin: '5m',
    Reason: 'AuthorityReady',
    Age: expect.any(String),
  });
});

it('refuses fields it does not know where the writer asks for that, and drops them otherwise', async () => {
  const body = { ...object('ServiceIdentity', 'typo'), spec: { serviceAccountName: 'checkout', dnsName: 'a.org' } };
  const strict = await call({ method: 'POST', path: `${identities}?fieldValidation=Strict`, body });
  expect(strict.code).toBe(400);
  expect(strict.body.message).toContain('unknown field "spec.dnsName"');
  const loose = await call({ method: 'POST', path: `${identities}?fieldValidation=Ignore&dryRun=All`, body });
  expect(loose.body.spec).not.toHaveProperty('dnsName');
});

function apply(manager: string, spec: object): Promise<Answer> {
  return call({
    method: 'APPLY',
    path: `${identities}/applied?fieldManager=${manager}`,
    body: { ...object('ServiceIdentity', 'applied'), spec: { serviceAccountName: 'checkout', ...spec } },
  });
}

it('merges the lists of two appliers by their keys', async () => {
  await apply('one', { secret: { formats: [{ type: 'PEM' }] }, dnsNames: ['a.org'] });
  const { code, body } = await apply('two', { secret: { formats: [{ type: 'CombinedPEM' }] }, dnsNames: ['b.org'] });
  expect(code, body.message).toBe(200);
  expect(body.spec).toMatchObject({
    secret: { formats: [{ type: 'PEM' }, { type: 'CombinedPEM' }] },
    dnsNames: ['a.org', 'b.org'],
  });
});
