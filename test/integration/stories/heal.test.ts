// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of somebody who edits a Secret around its SVID: what is ours comes back, what is theirs stays, and the
 * certificate is the same as before.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { SecretObject } from '../../support/kinds.ts';
import { disagreement, fileOf, serialOf } from './svid-files.ts';
import { NAME, storyWorld, TRUST_DOMAIN } from './world.ts';

const world = storyWorld();

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

interface Edit {
  readonly what: string;
  readonly patch: unknown;
  readonly healed: (secret: SecretObject) => boolean;
}

const PEERS = [`spiffe://${TRUST_DOMAIN}/ns/web/sa/frontend`];

const EDITS: readonly Edit[] = [
  {
    what: 'a label that names the identity',
    patch: { metadata: { labels: { 'signet.dev/service-identity': 'another' } } },
    healed: ({ metadata }) => metadata.labels?.['signet.dev/service-identity'] === NAME,
  },
  {
    what: 'the label by which the controller finds the Secret, taken away',
    patch: { metadata: { labels: { 'signet.dev/managed': null } } },
    healed: ({ metadata }) => metadata.labels?.['signet.dev/managed'] === 'svid',
  },
  {
    what: 'an annotation',
    patch: { metadata: { annotations: { 'signet.dev/spiffe-id': 'spiffe://elsewhere/x' } } },
    healed: ({ metadata }) => metadata.annotations?.['signet.dev/spiffe-id']?.startsWith('spiffe://example') === true,
  },
  {
    what: 'the owner reference, taken away',
    patch: { metadata: { ownerReferences: null } },
    healed: ({ metadata }) => metadata.ownerReferences?.[0]?.name === NAME,
  },
  {
    what: 'the list of allowed clients',
    patch: { data: { 'allowed-clients': base64('spiffe://example.org/ns/evil/sa/evil\n') } },
    healed: (secret) => fileOf(secret, 'allowed-clients') === `${PEERS[0]}\n`,
  },
  {
    what: 'the list of allowed clients, taken away',
    patch: { data: { 'allowed-clients': null } },
    healed: (secret) => secret.data?.['allowed-clients'] === base64(`${PEERS[0]}\n`),
  },
  {
    what: 'a list of allowed servers, where there is none',
    patch: { data: { 'allowed-servers': base64('spiffe://example.org/ns/evil/sa/evil\n') } },
    healed: ({ data }) => data?.['allowed-servers'] === undefined,
  },
  {
    what: 'the text of the trust anchors',
    patch: { data: { 'ca.crt': base64('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n') } },
    healed: (secret) => disagreementOrDamage(secret) === undefined,
  },
  {
    what: 'the trust anchors, taken away',
    patch: { data: { 'ca.crt': null } },
    healed: (secret) => secret.data?.['ca.crt'] !== undefined && disagreement(secret) === undefined,
  },
];

describe.concurrent('somebody edits the Secret around the SVID', () => {
  it.each(EDITS)('$what: it comes back, the certificate stays', async ({ patch, healed }) => {
    const { namespace, identity, secret } = await world.issued({ mtls: { allowedClients: PEERS } });
    await world.patchSecret(namespace, patch);
    const mended = await world.untilSecret(namespace, healed);
    expect(serialOf(mended)).toBe(identity.status?.serialNumber);
    expect(mended.data).toEqual(secret.data);
    expect(mended.metadata.labels).toEqual(secret.metadata.labels);
    expect(mended.metadata.annotations).toEqual(secret.metadata.annotations);
    // Both writes of a heal: afterwards status knows the version that was written.
    const after = await world.until(
      namespace,
      ({ status }) => status?.secret?.resourceVersion === mended.metadata.resourceVersion,
    );
    expect(after.status?.serialNumber).toBe(identity.status?.serialNumber);
    expect(after.status?.conditions).toEqual(identity.status?.conditions);
  });

  it('labels and annotations of others stay, also through a renewal, which drops files of others', async () => {
    const { namespace, identity } = await world.issued();
    const foreign = { labels: { 'backup.example.com/set': 'a' }, annotations: { 'example.com/note': 'mine' } };
    await world.patchSecret(namespace, { metadata: foreign, data: { 'extra.txt': base64('x') } });
    await world.patch(namespace, { renewRequest: 'now' });
    await world.reissued(identity);
    const { metadata, data } = await world.secret(namespace);
    expect(metadata.labels).toMatchObject(foreign.labels);
    expect(metadata.annotations).toMatchObject(foreign.annotations);
    expect(Object.keys(data ?? {}).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
  });

  it('a further owner stays beside ours', async () => {
    const { namespace, identity } = await world.issued();
    const { metadata } = await world.cluster.create({ kind: 'ConfigMap', metadata: { name: 'also', namespace } });
    const also = { apiVersion: 'v1', kind: 'ConfigMap', name: 'also', uid: metadata.uid };
    const ours = (await world.secret(namespace)).metadata.ownerReferences ?? [];
    await world.patchSecret(namespace, { metadata: { ownerReferences: [also, ...ours] } });
    await world.patch(namespace, { renewRequest: 'now' });
    await world.reissued(identity);
    const owners = (await world.secret(namespace)).metadata.ownerReferences ?? [];
    expect(owners).toHaveLength(2);
    expect(owners).toContainEqual(also);
  });

  it('a new allowed client in the spec reaches the file, and the certificate stays', async () => {
    const { namespace, identity } = await world.issued({ mtls: { allowedClients: PEERS } });
    await world.patch(namespace, { mtls: { allowedClients: [] } });
    const ready = await world.ready(namespace);
    expect(ready.status?.serialNumber).toBe(identity.status?.serialNumber);
    expect((await world.secret(namespace)).data).toHaveProperty('allowed-clients', '');
  });
});

function disagreementOrDamage(secret: SecretObject): string | undefined {
  try {
    return disagreement(secret);
  } catch {
    return 'damaged';
  }
}
