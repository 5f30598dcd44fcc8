// SPDX-License-Identifier: Apache-2.0
/**
 * What counts as a use of a right, and what does not.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { AuditedRequest } from '../../support/audit-log.ts';
import { type RoleObject, refusedRequests, ungrantedRequests, unusedRights } from '../../support/rights.ts';

function request(verb: string, resource: string, more: Partial<AuditedRequest> = {}): AuditedRequest {
  const target = { verb, resource, group: '', namespace: 'shop', name: 'a' };
  return { ...target, code: 200, userAgent: undefined, dryRun: false, forbidden: false, ...more };
}

function role(verbs: readonly string[], resourceNames?: readonly string[], namespace?: string): RoleObject {
  const rule = { apiGroups: [''], resources: ['secrets'], verbs, ...(resourceNames && { resourceNames }) };
  return { metadata: namespace === undefined ? {} : { namespace }, rules: [rule] };
}

function created(bundle: string): AuditedRequest {
  return request('create', 'clustertrustbundles', { group: 'certificates.k8s.io', name: bundle, code: 201 });
}

describe('a right', () => {
  it('is used by a request with its verb, wherever a ClusterRole grants it', () => {
    expect(unusedRights([role(['get', 'update'])], [request('get', 'secrets')])).toEqual(['update secrets']);
  });

  it('of a Role is used in its namespace alone', () => {
    const roles = [role(['get'], undefined, 'shop'), role(['get'], undefined, 'web')];
    expect(unusedRights(roles, [request('get', 'secrets')])).toEqual(['get secrets in web']);
  });

  it('on a name is used by a request for that name', () => {
    expect(unusedRights([role(['get'], ['a', 'b'])], [request('get', 'secrets')])).toEqual(['get secrets "b"']);
  });

  it('to list is used by a watch, and to watch not by a list', () => {
    expect(unusedRights([role(['list', 'watch'])], [request('watch', 'secrets')])).toEqual([]);
    expect(unusedRights([role(['list', 'watch'])], [request('list', 'secrets')])).toEqual(['watch secrets']);
  });

  it('is not used by a request that was refused', () => {
    expect(unusedRights([role(['get'])], [request('get', 'secrets', { code: 403 })])).toEqual(['get secrets']);
  });

  it('to attest for a signer is used where its bundle is created', () => {
    const rule = { apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: ['signet.dev/default'] };
    const roles = [{ metadata: {}, rules: [{ ...rule, verbs: ['attest'] }] }];
    expect(unusedRights(roles, [created('signet.dev:default:bundle')])).toEqual([]);
    expect(unusedRights(roles, [created('signet.dev:other:bundle')])).toHaveLength(1);
  });
});

it('takes what was refused for a refusal, and no dry run', () => {
  const requests = [
    request('get', 'secrets'),
    request('delete', 'secrets', { code: 403 }),
    request('create', 'secrets', { code: 403, dryRun: true }),
  ];
  expect(refusedRequests(requests)).toEqual(['delete secrets a']);
});

it('takes what was forbidden and never allowed for what nobody granted', () => {
  const requests = [
    request('get', 'secrets', { forbidden: true, code: 403 }),
    request('get', 'secrets', { namespace: 'web' }),
    request('list', 'secrets', { forbidden: true, code: 403 }),
    request('watch', 'secrets'),
    request('delete', 'secrets', { forbidden: true, code: 403 }),
  ];
  expect(ungrantedRequests(requests)).toEqual(['delete secrets']);
});
