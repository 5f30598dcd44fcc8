// SPDX-License-Identifier: Apache-2.0
/**
 * What somebody with the token of the controller tries with pods and workloads, beyond the annotations of reloads, and
 * with trust bundles that are not Signet's.
 * @module
 */
import { expect } from 'vitest';
import type { Cluster } from '../../support/cluster.ts';
import { servesTrustBundles } from '../../support/control-plane.ts';
import { FOREIGN_HIERARCHIES, foreignAuthority } from '../../support/foreign-authority.ts';

type Attempt = (as: Cluster, where: string, home: string) => Promise<unknown>;
/** An attempt, and what the API server says to it. */
export type Refused = readonly [what: string, says: RegExp, attempt: Attempt];

const CONTAINER = { name: 'web', image: 'web:1' };
const TEMPLATE = { metadata: { labels: { a: 'b' } }, spec: { containers: [CONTAINER] } };

const FOREIGN_BUNDLE = foreignAuthority(FOREIGN_HIERARCHIES['EJBCA, EC throughout, SEC1 key']).rootsPEM;

const WITH_BUNDLES = await servesTrustBundles();

const ATTEMPTS: readonly Refused[] = [
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
    'annotates a DaemonSet itself',
    /annotation signet.dev\/restarted-for of a pod template and nothing else/,
    (as, where) =>
      as.patch({ kind: 'DaemonSet', namespace: where, name: 'web' }, { metadata: { annotations: { a: 'b' } } }),
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
];

const BUNDLE_ATTEMPTS: readonly Refused[] = [
  [
    'makes a trust bundle of no signer',
    /signers below signet.dev\/ and no others/,
    (as) =>
      as.create({ kind: 'ClusterTrustBundle', metadata: { name: 'everybody' }, spec: { trustBundle: FOREIGN_BUNDLE } }),
  ],
  [
    'withdraws a trust bundle of others',
    /signers below signet.dev\/ and no others/,
    (as) => as.delete({ kind: 'ClusterTrustBundle', name: 'foreign' }),
  ],
];

/** With trust bundles where the API server has them. */
export const RELOAD_ATTEMPTS: readonly Refused[] = [...ATTEMPTS, ...(WITH_BUNDLES ? BUNDLE_ATTEMPTS : [])];

/** The pod, the workloads and the trust bundle that they are tried on. */
export async function createTargets(cluster: Cluster, namespace: string): Promise<void> {
  const metadata = { name: 'web', namespace };
  await cluster.create({
    kind: 'Pod',
    metadata: { ...metadata, annotations: { kept: 'as it is' } },
    spec: { containers: [CONTAINER] },
  });
  const selector = { matchLabels: TEMPLATE.metadata.labels };
  await cluster.create({ kind: 'Deployment', metadata, spec: { replicas: 0, selector, template: TEMPLATE } });
  await cluster.create({ kind: 'DaemonSet', metadata, spec: { selector, template: TEMPLATE } });
  if (!WITH_BUNDLES) return;
  const spec = { trustBundle: FOREIGN_BUNDLE };
  await cluster.create({ kind: 'ClusterTrustBundle', metadata: { name: 'foreign' }, spec });
}

/** What the controller may do with them. */
export async function reload(as: Cluster, namespace: string): Promise<void> {
  const annotations = { 'signet.dev/secret-version': '7' };
  const pod = await as.patch({ kind: 'Pod', namespace, name: 'web' }, { metadata: { annotations } });
  expect(pod.metadata.annotations).toMatchObject({ ...annotations, kept: 'as it is' });
  const template = { metadata: { annotations: { 'signet.dev/restarted-for': 'f1' } } };
  for (const kind of ['Deployment', 'DaemonSet'] as const) {
    const restarted = await as.patch({ kind, namespace, name: 'web' }, { spec: { template } });
    expect(restarted, kind).toMatchObject({ spec: { template } });
  }
}
