// SPDX-License-Identifier: Apache-2.0
/**
 * What `spec.reload` does with what is in a cluster: a running pod is told of a new Secret, and workloads of every kind are
 * restarted for a new SVID.
 * @module
 */
import { type Scene, until } from './scene.ts';
import type { Service } from './services.ts';

const PATIENCE_MS = 60_000;
const HOUR_MS = 3_600_000;
const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'];
const WORKLOAD = 'idle';

/** Has the pod that is called like its identity told of the next renewal. */
export async function untilPodTold(scene: Scene, service: Service, within: number): Promise<void> {
  await patch(scene, service, { reload: { type: 'PodAnnotation' } });
  const key = '.metadata.annotations.signet\\.dev/secret-version';
  await until('a pod that was told', within, () => field(scene, ['pod', service.name, '-n', service.namespace], key));
  await patch(scene, service, { reload: null });
}

/** Has a workload of each kind, of no pods, restarted for a new SVID of the service. */
export async function untilWorkloadsRestarted(scene: Scene, service: Service): Promise<void> {
  await scene.apply(...KINDS.map((kind) => idle(kind, service)));
  const workloads = KINDS.map((kind) => ({ kind, name: WORKLOAD }));
  const identity = ['serviceidentity', service.name, '-n', service.namespace];
  // No workload is restarted more often than every five minutes, so what it mounts has to live longer; and an SVID that
  // came in between would have the first wait again, and the others with it.
  await patch(scene, service, { ttl: '2h' });
  await until('an SVID of two hours', PATIENCE_MS, async () => {
    const left = Date.parse((await field(scene, identity, '.status.notAfter')) ?? '') - Date.now();
    return left > HOUR_MS ? true : undefined;
  });
  await patch(scene, service, { reload: { type: 'Rollout', rollout: { workloads, minInterval: '5m' } } });
  // What was there when it was first seen is not restarted.
  await until('a record of each workload', PATIENCE_MS, async () => {
    const recorded = await field(scene, identity, '.status.rollouts[*].kind');
    return recorded?.split(' ').length === KINDS.length ? true : undefined;
  });
  await patch(scene, service, { renewRequest: 'restart' });
  const key = '.spec.template.metadata.annotations.signet\\.dev/restarted-for';
  for (const kind of KINDS) {
    const workload = [kind, WORKLOAD, '-n', service.namespace];
    await until(`a restarted ${kind}`, PATIENCE_MS, () => field(scene, workload, key));
  }
  await patch(scene, service, { ttl: null, reload: null, renewRequest: null });
}

async function patch(scene: Scene, { namespace, name }: Service, spec: object): Promise<void> {
  const what = ['serviceidentity', name, '-n', namespace, '--type=merge'];
  await scene.kubectl(['patch', ...what, '-p', JSON.stringify({ spec })]);
}

/** Undefined: it is not there. */
async function field(scene: Scene, object: readonly string[], at: string): Promise<string | undefined> {
  return (await scene.kubectl(['get', ...object, '-o', `jsonpath={${at}}`])) || undefined;
}

/** Ready as soon as its controller has seen it. */
function idle(kind: string, { namespace, name }: Service): object {
  const labels = { app: WORKLOAD, kind };
  const containers = [{ name: WORKLOAD, image: 'localhost/nothing:0' }];
  const volumes = [{ name: 'identity', secret: { secretName: `${name}-svid` } }];
  const spec = { nodeSelector: { nobody: 'has-it' }, containers, volumes };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: WORKLOAD, namespace },
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas: 0 }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec },
    },
  };
}
