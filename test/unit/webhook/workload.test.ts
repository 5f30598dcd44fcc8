// SPDX-License-Identifier: Apache-2.0
/**
 * Pods and templates as data for a judge: every way to take in a Secret, and where it stands.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { WORKLOAD_KINDS, workloadOf } from '../../../src/webhook/workload.ts';

const POD = { group: '', version: 'v1', kind: 'Pod' };
const ref = (name: string): object => ({ valueFrom: { secretKeyRef: { name, key: 'k' } } });

describe('a pod', () => {
  it('tells every Secret that it takes in, by every way', () => {
    const spec = {
      serviceAccountName: 'checkout',
      volumes: [
        { secret: { secretName: 's1' } },
        { projected: { sources: [{ configMap: { name: 'x' } }, { secret: { name: 's2' } }] } },
        { csi: { driver: 'd', nodePublishSecretRef: { name: 's3' } } },
        { azureFile: { secretName: 's4' } },
        { rbd: { secretRef: { name: 's5' } } },
        { emptyDir: {} },
      ],
      initContainers: [{ env: [ref('s6')] }],
      containers: [
        { env: [{ value: 'v' }, ref('s7')], envFrom: [{ configMapRef: { name: 'x' } }, { secretRef: { name: 's8' } }] },
      ],
      ephemeralContainers: [{ envFrom: [{ secretRef: { name: 's9' } }] }],
    };
    expect(workloadOf(POD, { metadata: { labels: { app: 'a' } }, spec })).toEqual({
      template: undefined,
      path: 'spec',
      labels: { app: 'a' },
      serviceAccountName: 'checkout',
      secrets: [
        { secret: 's1', how: 'volume', path: 'spec.volumes[0].secret.secretName' },
        { secret: 's2', how: 'projected', path: 'spec.volumes[1].projected.sources[1].secret.name' },
        { secret: 's3', how: 'csi', path: 'spec.volumes[2].csi.nodePublishSecretRef.name' },
        { secret: 's4', how: 'storage', path: 'spec.volumes[3].azureFile.secretName' },
        { secret: 's5', how: 'storage', path: 'spec.volumes[4].rbd.secretRef.name' },
        { secret: 's6', how: 'env', path: 'spec.initContainers[0].env[0].valueFrom.secretKeyRef.name' },
        { secret: 's7', how: 'env', path: 'spec.containers[0].env[1].valueFrom.secretKeyRef.name' },
        { secret: 's8', how: 'envFrom', path: 'spec.containers[0].envFrom[1].secretRef.name' },
        { secret: 's9', how: 'envFrom', path: 'spec.ephemeralContainers[0].envFrom[0].secretRef.name' },
      ],
    });
  });

  it.each([
    [{ serviceAccountName: 'a', serviceAccount: 'b' }, 'a'],
    [{ serviceAccount: 'b' }, 'b'],
    [{}, 'default'],
    [{ serviceAccountName: '' }, 'default'],
  ])('runs as %j says', (spec, account) => {
    expect(workloadOf(POD, { spec })?.serviceAccountName).toBe(account);
  });

  it.each([undefined, {}, { spec: null }, { spec: { volumes: {}, containers: [null, 'x', { env: 'y' }] } }])(
    'that is none (%j) takes in nothing',
    (object) => {
      expect(workloadOf(POD, object)).toMatchObject({ secrets: [], serviceAccountName: 'default' });
    },
  );
});

describe('what makes pods', () => {
  const template = { spec: { serviceAccountName: 'checkout', volumes: [{ secret: { secretName: 's' } }] } };

  it.each([
    ['apps', 'Deployment', { template }, 'spec.template.spec'],
    ['apps', 'StatefulSet', { template }, 'spec.template.spec'],
    ['apps', 'DaemonSet', { template }, 'spec.template.spec'],
    ['batch', 'Job', { template }, 'spec.template.spec'],
    ['batch', 'CronJob', { jobTemplate: { spec: { template } } }, 'spec.jobTemplate.spec.template.spec'],
  ])('(%s %s) is read at its template', (group, kind, spec, path) => {
    expect(workloadOf({ group, version: 'v1', kind }, { spec })).toMatchObject({
      template: kind,
      path,
      serviceAccountName: 'checkout',
      secrets: [{ path: `${path}.volumes[0].secret.secretName` }],
    });
  });

  it('is nothing else', () => {
    expect(workloadOf({ group: '', version: 'v1', kind: 'Deployment' }, { spec: { template } })).toBeUndefined();
    expect(workloadOf({ group: 'apps', version: 'v1', kind: 'ReplicaSet' }, { spec: { template } })).toBeUndefined();
    expect(WORKLOAD_KINDS).toHaveLength(6);
  });
});
