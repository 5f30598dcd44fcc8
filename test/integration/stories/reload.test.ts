// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of spec.reload on a real API server, with the policies that keep the controller to its annotations in force:
 * pods are told once for each Secret, workloads are restarted once for each SVID and never again.
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReloadSpec, ServiceIdentity } from '../../../src/api/service-identity.ts';
import { installPolicies, removePolicies } from '../../support/admission-policies.ts';
import { kubectl } from '../../support/control-plane.ts';
import type { AnyObject } from '../../support/kinds.ts';
import { requestsOf, writesIn } from './requests.ts';
import { NAME, present, storyWorld } from './world.ts';

const world = storyWorld({ flags: ['--reload=PodAnnotation,Rollout'] });
const ANNOTATION = 'signet.dev/secret-version';
const RESTARTED = 'signet.dev/restarted-for';
const MOUNT = [{ name: 'svid', secret: { secretName: `${NAME}-svid` } }];
const PROJECTED = [{ name: 'svid', projected: { sources: [{ secret: { name: `${NAME}-svid` } }] } }];
const CONTAINERS = [{ name: 'web', image: 'web:1' }];

beforeAll(() => installPolicies(world.installation.namespace));
afterAll(() => removePolicies());

function rollout(...names: readonly string[]): ReloadSpec {
  const workloads = names.map((name) => ({ kind: 'Deployment' as const, name }));
  return { type: 'Rollout', rollout: { workloads, minInterval: '5m' } };
}

async function runningPod(namespace: string, name: string, volumes: readonly unknown[]): Promise<void> {
  await world.cluster.create({ kind: 'Pod', metadata: { name, namespace }, spec: { containers: CONTAINERS, volumes } });
  const patch = ['patch', 'pod', name, '-n', namespace, '--subresource=status', '--type=merge'];
  await kubectl([...patch, '-p', JSON.stringify({ status: { phase: 'Running' } })]);
}

function told(pod: AnyObject | undefined): string | undefined {
  return pod?.metadata.annotations?.[ANNOTATION];
}

/** Of no replicas: ready as soon as its controller has seen it. */
async function deployment(namespace: string, name: string, volumes: readonly unknown[] = MOUNT): Promise<void> {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: CONTAINERS, volumes } };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  await world.cluster.create({ kind: 'Deployment', metadata: { name, namespace }, spec });
}

interface DeploymentObject extends AnyObject {
  readonly spec: {
    readonly template: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } };
  };
}

async function workload(
  namespace: string,
  name: string,
): Promise<{ generation: number; restartedFor: string | undefined }> {
  const found = present(await world.cluster.get({ kind: 'Deployment', namespace, name }), name) as DeploymentObject;
  const restartedFor = found.spec.template.metadata.annotations?.[RESTARTED];
  return { generation: found.metadata.generation ?? 0, restartedFor };
}

function settledFor({ status }: ServiceIdentity, ...names: readonly string[]): boolean {
  return names.every((name) =>
    status?.rollouts?.some(
      (one) => one.name === name && one.state === 'Current' && one.fingerprint === status.fingerprint,
    ),
  );
}

function blocked({ status }: ServiceIdentity): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'ReloadBlocked')?.reason;
}

describe.concurrent('PodAnnotation', () => {
  it('tells the running pods that mount the Secret, each once for a version, and no others', async () => {
    const namespace = await world.namespace();
    await runningPod(namespace, 'mounts', MOUNT);
    await runningPod(namespace, 'projects', PROJECTED);
    await runningPod(namespace, 'other', []);
    await world.identity(namespace, { reload: { type: 'PodAnnotation' } });
    const first = await world.ready(namespace);
    await world.patch(namespace, { renewRequest: 'now' });
    const second = await world.reissued(first);
    const version = second.status?.secret?.resourceVersion;
    for (const name of ['mounts', 'projects'])
      await world.cluster.until({ kind: 'Pod', namespace, name }, (pod) => told(pod) === version);
    expect(told(await world.cluster.get({ kind: 'Pod', namespace, name: 'other' }))).toBeUndefined();
    const patches = writesIn(await requestsOf(world.installation.user), namespace).filter(
      (write) => write === 'patch pods',
    );
    expect(patches.length).toBeLessThanOrEqual(4);
  });
});

describe.concurrent('Rollout', () => {
  it('restarts the workloads once for a new SVID, and does not put back what somebody takes away', async () => {
    const namespace = await world.namespace();
    await deployment(namespace, 'web');
    await deployment(namespace, 'worker', PROJECTED);
    await world.identity(namespace, { reload: rollout('web', 'worker') });
    const first = await world.until(namespace, (now) => settledFor(now, 'web', 'worker'));
    // What was there when it was first seen is not restarted.
    expect(await workload(namespace, 'web')).toEqual({ generation: 1, restartedFor: undefined });
    await world.patch(namespace, { renewRequest: 'one' });
    await world.reissued(first);
    const second = await world.until(
      namespace,
      (now) => now.status?.fingerprint !== first.status?.fingerprint && settledFor(now, 'web', 'worker'),
    );
    for (const name of ['web', 'worker'])
      expect(await workload(namespace, name)).toEqual({ generation: 2, restartedFor: second.status?.fingerprint });
    const template = { metadata: { annotations: { [RESTARTED]: null } } };
    await world.cluster.patch({ kind: 'Deployment', namespace, name: 'web' }, { spec: { template } });
    // Within the interval a further SVID restarts nothing.
    await world.patch(namespace, { renewRequest: 'two' });
    const third = await world.reissued(second);
    const other = await world.issued({ reload: rollout('nobody') });
    await world.until(other.namespace, (now) => blocked(now) === 'WorkloadNotFound');
    expect(await workload(namespace, 'web')).toEqual({ generation: 3, restartedFor: undefined });
    expect(settledFor(third, 'web')).toBe(false);
    const restarts = writesIn(await requestsOf(world.installation.user), namespace);
    expect(restarts.filter((write) => write === 'patch deployments')).toHaveLength(2);
  });

  it('restarts nothing that does not mount the Secret', async () => {
    const namespace = await world.namespace();
    await deployment(namespace, 'database', []);
    await world.identity(namespace, { reload: rollout('database') });
    const identity = await world.until(namespace, (now) => blocked(now) === 'WorkloadNotFound');
    expect(identity.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    await world.patch(namespace, { reload: null });
    await world.until(namespace, (now) => blocked(now) === undefined);
    expect(await workload(namespace, 'database')).toEqual({ generation: 1, restartedFor: undefined });
  });
});
