// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of a tenant who asks for an identity and gets one.
 * @module
 */
import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KEY_ALGORITHMS } from '../../../src/spiffe/svid.ts';
import type { EventObject } from '../../support/kinds.ts';
import { fileOf, opensslExtensions, opensslVerdict, svidFiles } from './svid-files.ts';
import { current, NAME, storyWorld, TRUST_DOMAIN } from './world.ts';

const world = storyWorld();

describe.concurrent('a tenant asks for an identity', () => {
  it('and finds a Secret of the usual type that goes with the identity', async () => {
    const { namespace, identity, secret } = await world.issued();
    expect(secret.type).toBe('kubernetes.io/tls');
    expect(Object.keys(secret.data ?? {}).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    expect(secret.metadata.labels).toEqual({ 'signet.dev/managed': 'svid', 'signet.dev/service-identity': NAME });
    expect(secret.metadata.annotations).toMatchObject({
      'signet.dev/spiffe-id': `spiffe://${TRUST_DOMAIN}/ns/${namespace}/sa/${NAME}`,
    });
    expect(secret.metadata.ownerReferences).toEqual([
      {
        apiVersion: 'signet.dev/v1alpha1',
        kind: 'ServiceIdentity',
        name: NAME,
        uid: identity.metadata.uid,
        controller: true,
      },
    ]);
  });

  it('with a certificate for servers and clients that OpenSSL accepts, and nothing more in it', async () => {
    const { namespace, secret } = await world.issued({ services: [NAME] });
    const { leaf, intermediates, anchors, key } = svidFiles(secret);
    expect(await opensslVerdict(secret)).toBe('');
    expect(leaf.checkPrivateKey(key)).toBe(true);
    expect(key.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    expect(leaf.subject ?? '').toBe('');
    expect(leaf.ca).toBe(false);
    expect(leaf.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(leaf.subjectAltName?.split(', ').sort()).toEqual([
      `DNS:${NAME}.${namespace}`,
      `DNS:${NAME}.${namespace}.svc`,
      `DNS:${NAME}.${namespace}.svc.cluster.local`,
      `URI:spiffe://${TRUST_DOMAIN}/ns/${namespace}/sa/${NAME}`,
    ]);
    const extensions = await opensslExtensions(secret, ['keyUsage', 'extendedKeyUsage', 'subjectAltName']);
    expect(extensions).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/);
    expect(extensions).toMatch(/X509v3 Subject Alternative Name: critical/);
    expect([...(leaf.keyUsage ?? [])].sort()).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    const life = Date.parse(leaf.validTo) - Date.parse(leaf.validFrom);
    expect(life).toBeLessThanOrEqual(3_661_000);
    expect(life).toBeGreaterThanOrEqual(3_599_000);
    expect(intermediates).toHaveLength(1);
    expect(anchors).toHaveLength(1);
    expect(anchors.every((anchor) => anchor.ca && anchor.subject === anchor.issuer)).toBe(true);
  });

  it('and reads in its status what the certificate says', async () => {
    const { identity, secret } = await world.issued();
    const { status } = identity;
    const { leaf } = svidFiles(secret);
    const { uid, name, resourceVersion } = secret.metadata;
    expect(status).toMatchObject({
      observedGeneration: 1,
      spiffeID: secret.metadata.annotations?.['signet.dev/spiffe-id'],
      serialNumber: leaf.serialNumber.toLowerCase(),
      fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
      secret: { uid, name, resourceVersion },
    });
    const [from, to] = [status?.notBefore, status?.notAfter].map((at) => Date.parse(at ?? ''));
    expect([from, to]).toEqual([Date.parse(leaf.validFrom), Date.parse(leaf.validTo)]);
    const planned = (Date.parse(status?.renewalTime ?? '') - (from ?? 0) - 60_000) / ((to ?? 0) - (from ?? 0) - 60_000);
    expect(planned).toBeGreaterThanOrEqual(0.399);
    expect(planned).toBeLessThanOrEqual(0.6);
    expect(current(identity)).toMatchObject({ status: 'True', reason: 'Issued' });
    const trustDomain = await world.untilTrustDomain('default', () => true);
    const signing = trustDomain.status?.authorities?.find(({ kind }) => kind === 'Intermediate');
    expect(status?.authorityID).toBe(signing?.id);
  });

  it('and sees it in the table of kubectl and in one event', async () => {
    const { namespace, identity } = await world.issued();
    const row = await world.cluster.table({ kind: 'ServiceIdentity', namespace, name: NAME });
    expect(row).toMatchObject({
      Name: NAME,
      Ready: 'True',
      'SPIFFE ID': identity.status?.spiffeID,
      Expires: identity.status?.notAfter,
      Renews: identity.status?.renewalTime,
      Secret: `${NAME}-svid`,
      Reason: 'Issued',
    });
    const isAbout = ({ regarding }: EventObject) => regarding?.uid === identity.metadata.uid;
    const events = await world.cluster.untilAll('Event', namespace, (all) => all.some(isAbout));
    expect(events.filter(isAbout)).toMatchObject([{ type: 'Normal', reason: 'Issued' }]);
  });

  it.each(KEY_ALGORITHMS)('with a key of algorithm %s', async (algorithm) => {
    const { secret } = await world.issued({ privateKey: { algorithm } });
    const { leaf, key } = svidFiles(secret);
    const details = {
      'ECDSA-P256': ['ec', { namedCurve: 'prime256v1' }],
      'ECDSA-P384': ['ec', { namedCurve: 'secp384r1' }],
      Ed25519: ['ed25519', {}],
      'RSA-2048': ['rsa', { modulusLength: 2048 }],
      'RSA-3072': ['rsa', { modulusLength: 3072 }],
    } as const;
    const [type, facts] = details[algorithm];
    expect(key.asymmetricKeyType).toBe(type);
    expect(key.asymmetricKeyDetails).toMatchObject(facts);
    expect(createPublicKey(fileOf(secret, 'tls.key')).equals(leaf.publicKey)).toBe(true);
    expect(await opensslVerdict(secret)).toBe('');
  });

  it('with a subject for servers that map a name', async () => {
    const { namespace, secret } = await world.issued({ subject: 'SPIFFEPath' });
    expect(svidFiles(secret).leaf.subject).toBe(`CN=ns/${namespace}/sa/${NAME}`);
    expect(await opensslVerdict(secret)).toBe('');
    expect(await opensslExtensions(secret, ['subjectAltName'])).not.toContain('critical');
  });

  it('with key and chain in one file', async () => {
    const { secret } = await world.issued({ secret: { formats: [{ type: 'PEM' }, { type: 'CombinedPEM' }] } });
    expect(fileOf(secret, 'tls-combined.pem')).toBe(fileOf(secret, 'tls.key') + fileOf(secret, 'tls.crt'));
  });

  it('with its peers written down for the proxy: some, none, or no word about them', async () => {
    const frontend = `spiffe://${TRUST_DOMAIN}/ns/web/sa/frontend`;
    const anybody = `spiffe://${TRUST_DOMAIN}/ns/*/sa/*`;
    const some = await world.issued({ mtls: { allowedClients: [frontend, anybody], allowedServers: [] } });
    expect(fileOf(some.secret, 'allowed-clients')).toBe(`${frontend}\n${anybody}\n`);
    expect(some.secret.data).toHaveProperty('allowed-servers', '');
    const none = await world.issued();
    expect(Object.keys(none.secret.data ?? {})).not.toContain('allowed-clients');
  });

  it('with labels and annotations under the prefixes that the operator allowed, and no others', async () => {
    const labels = { 'example.org/team': 'payments' };
    const annotations = { 'example.org/contact': 'payments at example.org' };
    const { namespace, identity, secret } = await world.issued({ secret: { labels, annotations } });
    expect(secret.metadata.labels).toMatchObject(labels);
    expect(secret.metadata.annotations).toMatchObject(annotations);

    await world.patch(namespace, { secret: { labels: { 'argocd.argoproj.io/instance': 'x' } } });
    const refused = await world.because(namespace, 'InvalidSpec');
    expect(current(refused)?.message).toContain('argocd.argoproj.io/instance');
    expect((await world.secret(namespace)).metadata.labels).toEqual(secret.metadata.labels);

    await world.patch(namespace, { secret: { labels: null, annotations: null } });
    const ready = await world.ready(namespace);
    expect(ready.status?.serialNumber).toBe(identity.status?.serialNumber);
    const { metadata } = await world.secret(namespace);
    expect(Object.keys(metadata.labels ?? {}).filter((key) => !key.startsWith('signet.dev/'))).toEqual([]);
    expect(Object.keys(metadata.annotations ?? {}).filter((key) => !key.startsWith('signet.dev/'))).toEqual([]);
  });

  it('under the name that the Secret shall have', async () => {
    const { namespace, secret } = await world.issued({ secret: { name: 'tls' } });
    expect(secret.metadata.name).toBe('tls');
    expect(await world.cluster.list('Secret', namespace)).toHaveLength(1);
  });
});
