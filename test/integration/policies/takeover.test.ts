// SPDX-License-Identifier: Apache-2.0
/**
 * Somebody has stolen the token of the controller and tries to take over what is not Signet's. The API server refuses all
 * of it, and the controller's own work goes on meanwhile.
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPolicies, removePolicies } from '../../support/admission-policies.ts';
import { type Cluster, openCluster } from '../../support/cluster.ts';
import { kubectl } from '../../support/control-plane.ts';
import { disagreement, serialOf } from '../stories/svid-files.ts';
import { NAME, present, storyWorld } from '../stories/world.ts';
import { createTargets, RELOAD_ATTEMPTS, type Refused, reload } from './reload-attempts.ts';

const world = storyWorld({ stolen: true });
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const OURS = { apiVersion: 'signet.dev/v1alpha1', kind: 'ServiceIdentity', name: NAME, uid: 'x', controller: true };
const LABELS = { 'signet.dev/managed': 'svid' };
const FOREIGN = 'database-password';

let namespace = '';
let thief: Cluster | undefined;

beforeAll(async () => {
  await installPolicies(world.installation.namespace);
  // Beyond its own rights, so that it is the policies that refuse.
  await kubectl([
    'create',
    'clusterrolebinding',
    'signet-thief',
    '--clusterrole=admin',
    `--user=${world.installation.user}`,
  ]);
  ({ namespace } = await world.issued());
  thief = await openCluster(world.installation.kubeconfig);
  const data = { password: base64('secret') };
  await world.cluster.create({ kind: 'Secret', metadata: { name: FOREIGN, namespace }, data });
  const tls = { 'tls.crt': base64('x'), 'tls.key': base64('y') };
  const owner = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'c', uid: 'u', controller: true };
  await world.cluster.create({
    kind: 'Secret',
    metadata: { name: 'other-tls', namespace, ownerReferences: [owner] },
    type: 'kubernetes.io/tls',
    data: tls,
  });
  await world.cluster.create({ kind: 'ConfigMap', metadata: { name: 'aws-auth', namespace }, data: { mapRoles: '' } });
  await createTargets(world.cluster, namespace);
});

// Before the world ends, which deletes a TrustDomain.
afterAll(async () => {
  await thief?.close();
  await kubectl(['delete', 'clusterrolebinding', 'signet-thief', '--ignore-not-found']);
  await removePolicies();
});

const secret = (name: string, where: string, more: object = {}, metadata: object = {}) =>
  ({ kind: 'Secret', metadata: { name, namespace: where, ...metadata }, ...more }) as const;
const tlsData = { 'tls.crt': base64('x'), 'tls.key': base64('y') };
const tls = { type: 'kubernetes.io/tls', data: tlsData };
const svidMeta = { labels: LABELS, ownerReferences: [OURS] };

const ATTEMPTS: readonly Refused[] = [
  ...RELOAD_ATTEMPTS,
  [
    'writes into a Secret of others',
    /belongs to somebody else|type kubernetes.io\/tls alone/,
    (as, where) =>
      as.patch({ kind: 'Secret', namespace: where, name: FOREIGN }, { data: { password: base64('mine') } }),
  ],
  [
    'replaces the certificate of another issuer',
    /belongs to somebody else/,
    (as, where) =>
      as.patch(
        { kind: 'Secret', namespace: where, name: 'other-tls' },
        { data: tlsData, metadata: { labels: LABELS } },
      ),
  ],
  [
    'labels a foreign Secret as ours first',
    /belongs to somebody else/,
    (as, where) => as.patch({ kind: 'Secret', namespace: where, name: 'other-tls' }, { metadata: { labels: LABELS } }),
  ],
  [
    'names one of ours as the owner of a foreign Secret',
    /belongs to somebody else/,
    (as, where) => as.patch({ kind: 'Secret', namespace: where, name: 'other-tls' }, { metadata: svidMeta }),
  ],
  [
    'deletes a Secret of others',
    /belongs to somebody else/,
    (as, where) => as.delete({ kind: 'Secret', namespace: where, name: 'other-tls' }),
  ],
  [
    'has a token made for a service account',
    /type kubernetes.io\/tls alone/,
    (as, where) =>
      as.create(
        secret(
          'token',
          where,
          { type: 'kubernetes.io/service-account-token' },
          {
            ...svidMeta,
            annotations: { 'kubernetes.io/service-account.name': 'default' },
          },
        ),
      ),
  ],
  [
    'makes a bootstrap token',
    /namespaces of the system/,
    (as) =>
      as.create(
        secret('bootstrap-token-abcdef', 'kube-system', {
          type: 'bootstrap.kubernetes.io/token',
          data: { 'token-id': base64('abcdef'), 'token-secret': base64('0123456789abcdef') },
        }),
      ),
  ],
  [
    'puts an SVID into kube-system',
    /namespaces of the system/,
    (as) => as.create(secret('x', 'kube-system', tls, svidMeta)),
  ],
  [
    'leaves a Secret of its own in the namespace of the controller',
    /authorities and of the webhook alone/,
    (as, _where, home) => as.create(secret('x', home, tls, svidMeta)),
  ],
  [
    'stores something else under the name of an authority',
    /authorities and of the webhook alone/,
    (as, _where, home) => as.create(secret('evil-root-authority', home, { data: { x: base64('x') } })),
  ],
  [
    'makes a Secret without an owner that nobody asked to keep',
    /as owner or the label/,
    (as, where) => as.create(secret('x', where, tls, { labels: LABELS })),
  ],
  [
    'makes a Secret with an owner that is not ours',
    /as owner or the label/,
    (as, where) =>
      as.create(secret('x', where, tls, { labels: LABELS, ownerReferences: [{ ...OURS, kind: 'Certificate' }] })),
  ],
  [
    'makes a Secret without our label',
    /as owner or the label/,
    (as, where) => as.create(secret('x', where, tls, { ownerReferences: [OURS] })),
  ],
  [
    'puts other files into an SVID Secret',
    /no other files/,
    (as, where) =>
      as.patch({ kind: 'Secret', namespace: where, name: `${NAME}-svid` }, { data: { 'config.json': base64('{}') } }),
  ],
  [
    'makes a Secret of another type',
    /type kubernetes.io\/tls alone/,
    (as, where) => as.create(secret('x', where, { type: 'Opaque', data: tlsData }, svidMeta)),
  ],
  [
    'gives an SVID Secret away',
    /as owner or the label/,
    (as, where) =>
      as.patch(
        { kind: 'Secret', namespace: where, name: `${NAME}-svid` },
        { metadata: { labels: { 'signet.dev/managed': null }, ownerReferences: null } },
      ),
  ],
  ['deletes all Secrets of a namespace', /never deletes collections/, (as, where) => as.deleteAll('Secret', where)],
  [
    'rewrites a ConfigMap that grants rights',
    /belongs to somebody else/,
    (as, where) => as.patch({ kind: 'ConfigMap', namespace: where, name: 'aws-auth' }, { data: { mapRoles: 'mine' } }),
  ],
  [
    'makes a ConfigMap for others to read',
    /ConfigMap of a bundle/,
    (as) => as.create({ kind: 'ConfigMap', metadata: { name: 'x', namespace: 'kube-system' }, data: { x: 'y' } }),
  ],
  [
    'makes a TrustDomain',
    /TrustDomain default alone/,
    (as) => as.create({ kind: 'TrustDomain', metadata: { name: 'evil' }, spec: { trustDomain: 'evil.example' } }),
  ],
  [
    'takes the guard away',
    /cannot delete resource/,
    (as) => as.delete({ kind: 'ValidatingAdmissionPolicy', name: 'signet-controller-secrets' }),
  ],
];

describe('with the token of the controller somebody', () => {
  it.each(ATTEMPTS)('%s: refused', async (_what, says, attempt) => {
    const home = world.installation.namespace;
    await expect(attempt(present(thief, 'thief'), namespace, home)).rejects.toThrow(says);
  });

  it('may tell a pod of a new Secret, and restart a workload', async () => {
    await reload(present(thief, 'thief'), namespace);
  });

  it('has changed nothing', async () => {
    const stored = await world.secret(namespace, FOREIGN);
    expect(stored.data).toEqual({ password: base64('secret') });
    const names = (await world.cluster.list('Secret', namespace)).map(({ metadata }) => metadata.name);
    expect(names.toSorted()).toEqual([`${NAME}-svid`, FOREIGN, 'other-tls'].toSorted());
  });
});

describe('the controller meanwhile', () => {
  it('issues, renews, re-issues and deletes', async () => {
    const issued = await world.issued({
      ttl: '20s',
      mtls: { allowedClients: [] },
      secret: { formats: [{ type: 'PEM' }, { type: 'CombinedPEM' }] },
    });
    await world.reissued(await world.reissued(issued.identity));
    const before = await world.secret(issued.namespace);
    expect(disagreement(before)).toBeUndefined();
    await world.cluster.delete({ kind: 'ServiceIdentity', namespace: issued.namespace, name: NAME });
    await world.cluster.untilAll('Secret', issued.namespace, (all) => all.length === 0);
  });

  it.each([
    ['the label', { labels: { 'signet.dev/managed': null } }],
    ['the owner', { ownerReferences: null }],
  ])('heals a Secret that has lost %s', async (_what, metadata) => {
    const issued = await world.issued();
    await world.patchSecret(issued.namespace, { metadata });
    const healed = await world.untilSecret(
      issued.namespace,
      (now) => now.metadata.labels?.['signet.dev/managed'] === 'svid' && now.metadata.ownerReferences?.length === 1,
    );
    expect(serialOf(healed)).toBe(issued.identity.status?.serialNumber);
  });

  it('heals a Secret into which somebody put a file, and replaces it', async () => {
    const issued = await world.issued({ mtls: { allowedClients: [] } });
    await world.patchSecret(issued.namespace, {
      metadata: { labels: { 'signet.dev/service-identity': 'x' } },
      data: { 'extra.txt': base64('x') },
    });
    await world.untilSecret(
      issued.namespace,
      ({ metadata }) => metadata.labels?.['signet.dev/service-identity'] === NAME,
    );
    await world.patch(issued.namespace, { renewRequest: 'now' });
    await world.reissued(issued.identity);
    expect(Object.keys((await world.secret(issued.namespace)).data ?? {})).not.toContain('extra.txt');
  });

  it('replaces a Secret of its own that somebody made anew with another type', async () => {
    const issued = await world.issued();
    const { labels, ownerReferences } = issued.secret.metadata;
    await world.patch(issued.namespace, { suspend: true });
    await world.because(issued.namespace, 'Suspended');
    const ref = { kind: 'Secret', namespace: issued.namespace, name: `${NAME}-svid` } as const;
    await world.cluster.delete(ref);
    const metadata = { name: ref.name, namespace: ref.namespace, labels, ownerReferences };
    await world.cluster.create({ kind: 'Secret', metadata, type: 'Opaque', data: issued.secret.data });
    await world.patch(issued.namespace, { suspend: false });
    await world.untilSecret(issued.namespace, ({ type }) => type === 'kubernetes.io/tls');
  });

  it('keeps a Secret that shall stay, and takes it back', async () => {
    const issued = await world.issued({ secret: { deletionPolicy: 'Retain' } });
    await world.cluster.delete({ kind: 'ServiceIdentity', namespace: issued.namespace, name: NAME });
    await world.identity(issued.namespace);
    await world.ready(issued.namespace);
    const [owner] = (await world.secret(issued.namespace)).metadata.ownerReferences ?? [];
    expect(owner?.name).toBe(NAME);
  });

  it('rotates its authority and publishes bundles', async () => {
    const request = { id: 'drill', action: 'RotateIntermediate' };
    await world.cluster.patch({ kind: 'TrustDomain', name: 'default' }, { spec: { rotation: request } });
    await world.untilTrustDomain('default', ({ status }) => status?.rotation?.id === 'drill');
    const name = 'default-trust-bundle';
    const where = await world.namespace();
    await world.cluster.until({ kind: 'ConfigMap', namespace: where, name }, (now) => now !== undefined);
    await world.cluster.patch(
      { kind: 'ConfigMap', namespace: where, name },
      { metadata: { labels: { 'signet.dev/managed': null } } },
    );
    await world.cluster.until(
      { kind: 'ConfigMap', namespace: where, name },
      (now) => now?.metadata.labels?.['signet.dev/managed'] === 'bundle',
    );
  });

  it('has not been refused once', async () => {
    const said = (await world.signet.log()).filter(({ level }) => level === 'error' || level === 'warn');
    expect(said.filter((line) => JSON.stringify(line).includes('ValidatingAdmissionPolicy'))).toEqual([]);
  });
});
