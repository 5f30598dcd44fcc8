// SPDX-License-Identifier: Apache-2.0
/**
 * What goes on in a cluster in which nothing is wrong: services come and go under policies, a root is replaced, and the
 * signing controller hands over to another one.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { NAME, type World } from '../integration/stories/world.ts';
import { podOf } from '../integration/webhook/policy-world.ts';
import type { SignetProcess } from '../support/signet-process.ts';

/** One that everybody keeps, and one that nobody does and that is only counted; tells their names. */
export async function createPolicies({ cluster, selector }: World): Promise<string[]> {
  const id = randomBytes(4).toString('hex');
  const match = { namespaces: { selector } };
  const policies = [
    { name: `kept-${id}`, spec: { match, issue: { keyAlgorithms: ['ECDSA-P256'] } } },
    { name: `audited-${id}`, spec: { match, issue: { keyAlgorithms: ['Ed25519'] }, enforcement: 'Audit' } },
  ];
  for (const { name, spec } of policies) await cluster.create({ kind: 'IdentityPolicy', metadata: { name }, spec });
  return policies.map(({ name }) => name);
}

/** A service comes, a pod of it takes in the SVID, and both go, again and again; tells how many did. */
export async function comeAndGo(world: World, over: AbortSignal): Promise<number> {
  const { cluster, selector } = world;
  const namespace = await world.namespace({ ...selector.matchLabels, 'signet.dev/enforce': 'true' });
  let count = 0;
  while (!over.aborted) {
    const name = `service-${count}`;
    await world.identity(namespace, {}, name);
    const { status } = await world.ready(namespace, name);
    const pod = await cluster.create({ ...podOf(namespace, NAME, status?.secret?.name), kind: 'Pod' });
    await cluster.delete({ kind: 'Pod', namespace, name: pod.metadata.name });
    await cluster.delete({ kind: 'ServiceIdentity', namespace, name });
    count += 1;
    await pause(1000);
  }
  return count;
}

/** A new root takes over and the old one goes; `meanwhile` while SVIDs under both are in use. */
export async function rotateRoot(world: World, meanwhile: () => Promise<void>, patience: number): Promise<void> {
  const ref = { kind: 'TrustDomain', name: 'default' } as const;
  const rotation = { id: 'healthy', action: 'RotateRoot', reason: 'a healthy day' };
  await world.cluster.patch(ref, { spec: { rotation } });
  await world.untilTrustDomain(ref.name, ({ status }) => status?.rotation?.step === 'WaitingForOldSVIDs');
  await meanwhile();
  await world.cluster.until(ref, (now) => now?.status?.rotation?.state === 'Completed', patience);
}

/** The signer stops as it does when its Deployment is rolled, and somebody else signs. */
export async function handOver({ cluster, installation }: World, signer: SignetProcess): Promise<void> {
  const lease = { kind: 'Lease', namespace: installation.namespace, name: 'signet-controller' } as const;
  const holder = (await cluster.get(lease))?.spec.holderIdentity;
  await signer.stop();
  await cluster.until(lease, (now) => ![undefined, '', holder].includes(now?.spec.holderIdentity));
}
