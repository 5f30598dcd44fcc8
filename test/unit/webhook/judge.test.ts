// SPDX-License-Identifier: Apache-2.0
/**
 * The built-in rules at admission, beyond what the integration tests show: everything at once, live reads, shapes.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { TrustDomainSpec } from '../../../src/api/trust-domain.ts';
import type { AdmissionRequest, JSONObject } from '../../../src/webhook/admission.ts';
import type { JudgeSources } from '../../../src/webhook/sources.ts';
import { aJudge, anObject, aRequest, TRUST_DOMAIN_KIND } from '../../support/admission.ts';

const TRUST_DOMAIN: TrustDomainSpec = { trustDomain: 'example.org', allowedDNS: ['api.example.com'] };
const SPEC = { serviceAccountName: 'checkout' };

function judge(request: Partial<AdmissionRequest>, sources: Partial<JudgeSources> = {}) {
  return aJudge({ trustDomain: () => ({ spec: TRUST_DOMAIN }), ...sources }).review(aRequest(request));
}

const identity = (spec: object): Partial<AdmissionRequest> => ({ object: anObject({ ...SPEC, ...spec }) });

const probe = (annotations: JSONObject, spec: object = TRUST_DOMAIN): Partial<AdmissionRequest> => ({
  kind: TRUST_DOMAIN_KIND,
  name: 'signet-admission-probe',
  namespace: undefined,
  object: anObject(spec, { name: 'signet-admission-probe', annotations }),
});

describe('an identity', () => {
  it('in order is admitted without a word', async () => {
    expect(await judge(identity({ services: ['checkout'], dnsNames: ['api.example.com'] }))).toMatchObject({
      allowed: true,
      warnings: [],
      violations: [],
    });
  });

  it('is refused with everything that is wrong with it', async () => {
    const { allowed, message } = await judge(identity({ ttl: '5s', dnsNames: ['-'], services: ['A'] }));
    expect(allowed).toBe(false);
    expect(message?.split('\n')).toEqual([
      'ServiceIdentity shop/checkout cannot be accepted:',
      expect.stringContaining('spec.services[0] "A"'),
      expect.stringContaining('spec.dnsNames[0] "-"'),
      expect.stringContaining('spec.ttl "5s"'),
    ]);
  });

  it('is refused over its TrustDomain only after that was read once more', async () => {
    const wrong = identity({ dnsNames: ['www.example.com'] });
    const live = { spec: { ...TRUST_DOMAIN, allowedDNS: ['www.example.com'] } };
    expect(await judge(wrong, { liveTrustDomain: async () => live })).toMatchObject({ allowed: true });
    const same = { liveTrustDomain: async () => ({ spec: TRUST_DOMAIN }) };
    expect(await judge(wrong, same)).toMatchObject({ allowed: false });
    expect(await judge(wrong)).toMatchObject({ allowed: true, warnings: [expect.stringContaining('does not exist')] });
  });

  it('whose TrustDomain the cache lacks is judged by that which is there', async () => {
    const behind = { trustDomain: () => undefined, liveTrustDomain: async () => ({ spec: TRUST_DOMAIN }) };
    expect(await judge(identity({ dnsNames: ['www.example.com'] }), behind)).toMatchObject({ allowed: false });
    const unread = { trustDomain: () => undefined, liveTrustDomain: () => Promise.reject(new Error('too many')) };
    await expect(judge(identity({}), unread)).rejects.toThrow('too many');
  });

  it('is not judged where its TrustDomain could not be read', async () => {
    const gone = { liveTrustDomain: () => Promise.reject(new Error('no answer')) };
    await expect(judge(identity({ dnsNames: ['www.example.com'] }), gone)).rejects.toThrow('no answer');
  });

  it('keeps what is immutable', async () => {
    const object = anObject({ serviceAccountName: 'other' });
    const { message } = await judge({ operation: 'UPDATE', object, oldObject: anObject(SPEC) });
    expect(message).toContain('spec.serviceAccountName "other": is immutable');
  });

  it.each<[string, unknown, string]>([
    ['no spec', undefined, 'spec: must be an object'],
    ['a list for a spec', [], 'spec: must be an object'],
    ['no service account', {}, 'spec.serviceAccountName: is missing'],
    ['a number for a text', { ...SPEC, ttl: 7 }, 'spec.ttl: must be a string'],
    ['a text for a list', { ...SPEC, dnsNames: 'x' }, 'spec.dnsNames: must be a list'],
    ['a list of nulls', { ...SPEC, services: [null] }, 'spec.services[0]: must be a string'],
    ['labels that are none', { ...SPEC, secret: { labels: { a: 1 } } }, 'spec.secret.labels[a]: must be a string'],
    ['formats without a type', { ...SPEC, secret: { formats: [{}] } }, 'spec.secret.formats[0].type: is missing'],
  ])('with %s is refused', async (_what, spec, says) => {
    expect((await judge({ object: anObject(spec) })).message).toContain(says);
  });

  it('that was stored in another shape may become a sound one', async () => {
    const update = { operation: 'UPDATE', object: anObject(SPEC), oldObject: anObject({ ttl: 7 }) } as const;
    expect(await judge(update)).toMatchObject({ allowed: true });
  });
});

describe('the probe of the controller', () => {
  it('is refused with what it asks to hear', async () => {
    const nonce = '00112233445566778899aabbccddeeff';
    const { allowed, message } = await judge(probe({ 'signet.dev/admission-probe': nonce }));
    expect(allowed).toBe(false);
    expect(message).toContain(`probe ${nonce}`);
  });

  it('repeats nothing else', async () => {
    const { message } = await judge(probe({ 'signet.dev/admission-probe': 'Dear reader, ...' }));
    expect(message).not.toContain('Dear reader');
  });

  it('says nothing of itself where the spec is wrong: it went all the way', async () => {
    const { message } = await judge(probe({}, { trustDomain: 'A B' }));
    expect(message).not.toContain('reserved');
  });
});
