// SPDX-License-Identifier: Apache-2.0
/**
 * What somebody with the token of the controller may try in a cluster, and what the API server says to it.
 * @module
 */
import type { Cluster } from '../../support/cluster.ts';
import { NAME } from '../stories/world.ts';

export const base64 = (text: string): string => Buffer.from(text).toString('base64');
const OURS = { apiVersion: 'signet.dev/v1alpha1', kind: 'ServiceIdentity', name: NAME, uid: 'x', controller: true };
const LABELS = { 'signet.dev/managed': 'svid' };
export const FOREIGN = 'database-password';
export const CONTAINER = { name: 'web', image: 'web:1' };
export const TEMPLATE = { metadata: { labels: { a: 'b' } }, spec: { containers: [CONTAINER] } };

type Attempt = (as: Cluster, where: string, home: string) => Promise<unknown>;
const secret = (name: string, where: string, more: object = {}, metadata: object = {}) =>
  ({ kind: 'Secret', metadata: { name, namespace: where, ...metadata }, ...more }) as const;
const tlsData = { 'tls.crt': base64('x'), 'tls.key': base64('y') };
const tls = { type: 'kubernetes.io/tls', data: tlsData };
const svidMeta = { labels: LABELS, ownerReferences: [OURS] };

export const ATTEMPTS: readonly (readonly [what: string, says: RegExp, attempt: Attempt])[] = [
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
    'adds a label to a pod',
    /annotation signet.dev\/secret-version of a pod and nothing else/,
    (as, where) => as.patch({ kind: 'Pod', namespace: where, name: 'web' }, { metadata: { labels: { a: 'b' } } }),
  ],
  [
    'adds another annotation to a pod',
    /annotation signet.dev\/secret-version of a pod and nothing else/,
    (as, where) =>
      as.patch(
        { kind: 'Pod', namespace: where, name: 'web' },
        { metadata: { annotations: { 'signet.dev/secret-version': '1', a: 'b' } } },
      ),
  ],
  [
    'takes an annotation off a pod',
    /annotation signet.dev\/secret-version of a pod and nothing else/,
    (as, where) =>
      as.patch({ kind: 'Pod', namespace: where, name: 'web' }, { metadata: { annotations: { kept: null } } }),
  ],
  [
    'has a pod ended',
    /annotation signet.dev\/secret-version of a pod and nothing else/,
    (as, where) => as.patch({ kind: 'Pod', namespace: where, name: 'web' }, { spec: { activeDeadlineSeconds: 1 } }),
  ],
  [
    'makes a pod',
    /does nothing with pods but change one annotation/,
    (as, where) =>
      as.create({ kind: 'Pod', metadata: { name: 'evil', namespace: where }, spec: { containers: [CONTAINER] } }),
  ],
  [
    'deletes a pod',
    /does nothing with pods but change one annotation/,
    (as, where) => as.delete({ kind: 'Pod', namespace: where, name: 'web' }),
  ],
  [
    'runs another image in a Deployment',
    /annotation signet.dev\/restarted-for of a pod template and nothing else/,
    (as, where) =>
      as.patch(
        { kind: 'Deployment', namespace: where, name: 'web' },
        { spec: { template: { spec: { containers: [{ name: 'web', image: 'evil' }] } } } },
      ),
  ],
  [
    'scales a Deployment',
    /annotation signet.dev\/restarted-for of a pod template and nothing else/,
    (as, where) => as.patch({ kind: 'Deployment', namespace: where, name: 'web' }, { spec: { replicas: 3 } }),
  ],
  [
    'pauses a Deployment',
    /annotation signet.dev\/restarted-for of a pod template and nothing else/,
    (as, where) => as.patch({ kind: 'Deployment', namespace: where, name: 'web' }, { spec: { paused: true } }),
  ],
  [
    'adds another annotation to a pod template',
    /annotation signet.dev\/restarted-for of a pod template and nothing else/,
    (as, where) =>
      as.patch(
        { kind: 'Deployment', namespace: where, name: 'web' },
        { spec: { template: { metadata: { annotations: { 'signet.dev/restarted-for': 'x', a: 'b' } } } } },
      ),
  ],
  [
    'annotates a Deployment itself',
    /annotation signet.dev\/restarted-for of a pod template and nothing else/,
    (as, where) =>
      as.patch({ kind: 'Deployment', namespace: where, name: 'web' }, { metadata: { annotations: { a: 'b' } } }),
  ],
  [
    'deletes a Deployment',
    /does nothing with workloads but restart them/,
    (as, where) => as.delete({ kind: 'Deployment', namespace: where, name: 'web' }),
  ],
  [
    'makes a DaemonSet',
    /does nothing with workloads but restart them/,
    (as, where) =>
      as.create({
        kind: 'DaemonSet',
        metadata: { name: 'evil', namespace: where },
        spec: { selector: { matchLabels: { a: 'b' } }, template: TEMPLATE },
      }),
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
