// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import { mintSVID, type SVID } from '../../../../src/pki/mint.ts';
import { type SVIDSecret, svidSecretBody } from '../../../../src/reconcilers/service-identity/secret-body.ts';
import { watchBuffers } from '../../../support/buffer-watch.ts';
import { anSVIDRequest, aTestAuthority, NOW } from '../../../support/test-authority.ts';

let svid: SVID;

beforeAll(async () => {
  svid = await mintSVID((await aTestAuthority()).issuer, anSVIDRequest(), NOW);
});

const metadata = {
  name: 'checkout-svid',
  namespace: 'shop',
  labels: { 'signet.dev/managed': 'svid' },
  annotations: { 'example.org/quote': 'a "quoted" \\ line\n' },
  ownerReferences: [
    { apiVersion: 'signet.dev/v1alpha1', kind: 'ServiceIdentity', name: 'checkout', uid: 'u', controller: true },
  ],
};

function contents(changes: Partial<SVIDSecret> = {}): SVIDSecret {
  const { chainPEM, privateKeyPEM } = svid;
  return { metadata, chainPEM, privateKeyPEM, formats: ['PEM'], files: { 'ca.crt': 'anchors\n' }, ...changes };
}

function parsed(changes: Partial<SVIDSecret> = {}) {
  const body = JSON.parse(svidSecretBody(contents(changes)).toString('utf8')) as { data: Record<string, string> };
  const files = Object.entries(body.data).map(
    ([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')] as const,
  );
  return { body, files: Object.fromEntries(files) };
}

describe('svidSecretBody', () => {
  it('is the JSON of a TLS Secret', () => {
    const { body, files } = parsed();
    expect(body).toMatchObject({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata });
    expect(files).toEqual({
      'tls.crt': svid.chainPEM.toString('utf8'),
      'tls.key': svid.privateKeyPEM.toString('utf8'),
      'ca.crt': 'anchors\n',
    });
  });

  it('carries the version it replaces', () => {
    const { body } = parsed({ metadata: { ...metadata, uid: 'x', resourceVersion: '7' } });
    expect(body).toMatchObject({ metadata: { uid: 'x', resourceVersion: '7' } });
  });

  it('adds the combined file where the spec asks for it: key, then chain', () => {
    const { files } = parsed({ formats: ['PEM', 'CombinedPEM'] });
    expect(files['tls-combined.pem']).toBe(`${svid.privateKeyPEM.toString()}${svid.chainPEM.toString()}`);
  });

  it('leaves out files that must not exist, and keeps empty ones', () => {
    const { files } = parsed({ files: { 'ca.crt': 'a', 'allowed-clients': '', 'allowed-servers': null } });
    expect(files).toMatchObject({ 'allowed-clients': '' });
    expect(files).not.toHaveProperty('allowed-servers');
  });

  it('leaves the key in the body and in the Buffer it came in, and nowhere else', () => {
    const key = Buffer.from(svid.privateKeyPEM);
    const given = contents({ formats: ['PEM', 'CombinedPEM'] });
    const watch = watchBuffers();
    try {
      const body = svidSecretBody(given);
      const base64 = Buffer.from(key.toString('base64'));
      expect(watch.holding(key.subarray(60, 92))).toBe(0);
      expect(body.includes(base64.subarray(60, 92))).toBe(true);
      body.fill(0);
      base64.fill(0);
      expect(watch.holding(Buffer.from(key.toString('base64')).subarray(60, 92))).toBeLessThanOrEqual(1);
      expect(given.privateKeyPEM.equals(key)).toBe(true);
    } finally {
      watch.stop();
    }
  });
});
