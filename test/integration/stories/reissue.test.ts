// SPDX-License-Identifier: Apache-2.0
/**
 * Stories that end with another certificate: the spec asks for one, or what is stored is no longer good.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { ServiceIdentitySpec } from '../../../src/api/service-identity.ts';
import type { SecretObject } from '../../support/kinds.ts';
import { forgeSVID } from './forge.ts';
import { requestsOf, writesIn } from './requests.ts';
import { disagreement, opensslVerdict, serialOf, svidFiles } from './svid-files.ts';
import { current, type Issued, NAME, storyWorld, TRUST_DOMAIN } from './world.ts';

const world = storyWorld();

/** Waits for the next SVID and holds what is stored against status. */
async function nextSVID({ namespace, identity }: Issued): Promise<SecretObject> {
  const ready = await world.reissued(identity);
  const secret = await world.secret(namespace);
  expect(serialOf(secret)).toBe(ready.status?.serialNumber);
  expect(ready.status?.secret).toMatchObject({
    uid: secret.metadata.uid,
    resourceVersion: secret.metadata.resourceVersion,
  });
  expect(disagreement(secret)).toBeUndefined();
  return secret;
}

const CHANGES: readonly (readonly [what: string, spec: Partial<ServiceIdentitySpec>])[] = [
  ['its services', { services: ['another'] }],
  ['its DNS names', { dnsNames: ['*.checkout.NAMESPACE.svc'] }],
  ['its subject', { subject: 'SPIFFEPath' }],
  ['its lifetime', { ttl: '30m' }],
  ['its key algorithm', { privateKey: { algorithm: 'Ed25519' } }],
  ['its formats', { secret: { formats: [{ type: 'PEM' }, { type: 'CombinedPEM' }] } }],
];

describe.concurrent('a spec asks for another certificate', () => {
  it.each(CHANGES)('by %s', async (_, change) => {
    const issued = await world.issued({ services: [NAME] });
    const spec = JSON.parse(JSON.stringify(change).replaceAll('NAMESPACE', issued.namespace)) as unknown;
    await world.patch(issued.namespace, spec);
    const secret = await nextSVID(issued);
    expect(await opensslVerdict(secret)).toBe('');
    expect(secret.metadata.uid).toBe(issued.secret.metadata.uid);
  });

  it('but not by the order of its names', async () => {
    const { namespace, identity } = await world.issued({ services: ['a', 'b'] });
    await world.patch(namespace, { services: ['b', 'a'] });
    expect((await world.ready(namespace)).status?.serialNumber).toBe(identity.status?.serialNumber);
  });
});

interface Damage {
  readonly what: string;
  readonly done: (issued: Issued) => Promise<unknown>;
}

const DAMAGES: readonly Damage[] = [
  {
    what: 'the Secret is deleted',
    done: ({ namespace }) => world.cluster.delete({ kind: 'Secret', namespace, name: `${NAME}-svid` }),
  },
  {
    what: 'the key is replaced by that of somebody else',
    done: async ({ namespace }) =>
      world.patchSecret(namespace, { data: { 'tls.key': (await forgeSVID('spiffe://x/y'))['tls.key'] } }),
  },
  {
    what: 'the key is no key at all',
    done: ({ namespace }) => world.patchSecret(namespace, { data: { 'tls.key': 'AAAA' } }),
  },
  {
    what: 'the certificate is cut short',
    done: ({ namespace, secret }) =>
      world.patchSecret(namespace, { data: { 'tls.crt': secret.data?.['tls.crt']?.slice(0, 400) } }),
  },
  {
    what: 'the certificate is gone',
    done: ({ namespace }) => world.patchSecret(namespace, { data: { 'tls.crt': '' } }),
  },
  {
    what: 'the intermediate is gone from the chain',
    done: ({ namespace, secret }) => {
      const { leaf } = svidFiles(secret);
      return world.patchSecret(namespace, { data: { 'tls.crt': Buffer.from(leaf.toString()).toString('base64') } });
    },
  },
  {
    what: 'an authority that nobody knows issued it, with the right name',
    done: async ({ namespace, identity }) =>
      world.patchSecret(namespace, { data: await forgeSVID(identity.status?.spiffeID ?? '') }),
  },
  {
    what: 'it is the SVID of another identity',
    done: async ({ namespace }) => world.patchSecret(namespace, { data: (await world.issued()).secret.data }),
  },
  {
    what: 'an SVID of an earlier spec is put back',
    done: async (issued) => {
      await world.patch(issued.namespace, { services: ['another'] });
      const changed = await world.reissued(issued.identity);
      await world.patchSecret(issued.namespace, { data: issued.secret.data });
      await world.reissued(changed);
    },
  },
];

describe.concurrent('what is stored is no longer good', () => {
  it.each(DAMAGES)('$what', async ({ done }) => {
    const issued = await world.issued();
    await done(issued);
    const secret = await nextSVID(issued);
    expect(await opensslVerdict(secret)).toBe('');
    expect(secret.data?.['tls.key']).not.toBe(issued.secret.data?.['tls.key']);
  });

  it('key or certificate in the combined file were edited', async () => {
    const issued = await world.issued({ secret: { formats: [{ type: 'PEM' }, { type: 'CombinedPEM' }] } });
    await world.patchSecret(issued.namespace, { data: { 'tls-combined.pem': 'AAAA' } });
    const { data } = await nextSVID(issued);
    expect(data?.['tls-combined.pem']).not.toBe('AAAA');
  });

  it('an earlier SVID of the same spec that is put back is renewed when it is due', async () => {
    const issued = await world.issued({ ttl: '20s' });
    const renewed = await world.reissued(issued.identity);
    await world.patchSecret(issued.namespace, { data: issued.secret.data });
    const again = await world.reissued(renewed);
    expect(again.status?.serialNumber).not.toBe(issued.identity.status?.serialNumber);
  });
});

describe.concurrent('a Secret that cannot be changed in place', () => {
  it('because somebody made it immutable is replaced, that very one, and only once', async () => {
    const issued = await world.issued();
    await world.patchSecret(issued.namespace, { immutable: true });
    const secret = await nextSVID(issued);
    expect(secret.metadata.uid).not.toBe(issued.secret.metadata.uid);
    expect(secret.immutable ?? false).toBe(false);
    expect(secret.metadata.ownerReferences).toEqual(issued.secret.metadata.ownerReferences);
    const requests = await requestsOf(world.installation.user);
    expect(writesIn(requests, issued.namespace).filter((write) => write.endsWith('secrets'))).toEqual([
      'create secrets',
      'delete secrets',
      'create secrets',
    ]);
  });

  it('because of its type is replaced as well, labels of others kept', async () => {
    const issued = await world.issued();
    const { namespace } = issued;
    const { labels = {}, annotations, ownerReferences } = issued.secret.metadata;
    // Only at its creation can a Secret get another type: somebody deletes ours and is faster than we are.
    await world.patch(namespace, { suspend: true });
    await world.because(namespace, 'Suspended');
    await world.cluster.delete({ kind: 'Secret', namespace, name: `${NAME}-svid` });
    const metadata = {
      name: `${NAME}-svid`,
      namespace,
      labels: { ...labels, 'example.com/mine': 'x' },
      annotations,
      ownerReferences,
    };
    await world.cluster.create({ kind: 'Secret', metadata, type: 'Opaque', data: issued.secret.data });
    await world.patch(namespace, { suspend: false });
    const secret = await nextSVID(issued);
    expect(secret.type).toBe('kubernetes.io/tls');
    expect(secret.metadata.labels).toEqual({ ...labels, 'example.com/mine': 'x' });
  });
});

describe('a TrustDomain whose authority is another one', () => {
  it('issues everything again, and every anchor is the new one', async () => {
    const name = `td-${world.installation.namespace}`;
    await world.trustDomain(name, { trustDomain: 'changing.example', allowedNamespaces: world.selector });
    const issued = await world.issued({ trustDomainRef: { name } });
    expect(issued.identity.status?.spiffeID).toContain('spiffe://changing.example/');

    // An operator starts over, as the troubleshooting page says: both Secrets and the TrustDomain go.
    const own = world.installation.namespace;
    await world.cluster.delete({ kind: 'TrustDomain', name });
    await world.because(issued.namespace, 'TrustDomainNotFound');
    for (const kind of ['root', 'intermediate']) {
      await world.cluster.delete({ kind: 'Secret', namespace: own, name: `${name}-${kind}-authority` });
    }
    await world.trustDomain(name, { trustDomain: 'changing.example', allowedNamespaces: world.selector });
    const secret = await nextSVID(issued);
    expect(secret.data?.['ca.crt']).not.toBe(issued.secret.data?.['ca.crt']);
    expect(await opensslVerdict(secret)).toBe('');
    expect(current(await world.ready(issued.namespace))?.message).toContain(`${NAME}-svid`);
    expect(issued.identity.status?.spiffeID).toBe(`spiffe://changing.example/ns/${issued.namespace}/sa/${NAME}`);
    expect(TRUST_DOMAIN).toBe('example.org');
  });
});
