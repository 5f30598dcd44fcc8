// SPDX-License-Identifier: Apache-2.0
/**
 * Pods and templates as data for a judge: every way to take in a Secret, and where it stands; and what is no Pod.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { secretReferences } from '../../../src/policy/pod-spec.ts';
import { podServiceAccount } from '../../../src/policy/subject.ts';
import { WORKLOAD_KINDS, withoutOldContainers, workloadOf } from '../../../src/webhook/workload.ts';

const POD = { group: '', version: 'v1', kind: 'Pod' };
const ref = (name: string): object => ({ valueFrom: { secretKeyRef: { name, key: 'k' } } });

const containers = (...names: string[]) => ({
  ephemeralContainers: names.map((name) => ({ name, env: [{ valueFrom: { secretKeyRef: { name } } }] })),
});

describe('a Pod', () => {
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
        { cinder: { secretRef: { name: 's6' } } },
      ],
      initContainers: [{ env: [ref('s7')] }],
      containers: [
        { env: [{ value: 'v' }, ref('s8')], envFrom: [{ configMapRef: { name: 'x' } }, { secretRef: { name: 's9' } }] },
      ],
      ephemeralContainers: [{ envFrom: [{ secretRef: { name: 's10' } }] }],
    };
    const workload = workloadOf(POD, { metadata: { labels: { app: 'a' } }, spec });
    expect(workload).toMatchObject({ template: false, path: 'spec' });
    expect(secretReferences(workload?.spec ?? {})).toEqual([
      { secretName: 's1', path: 'volumes[0].secret.secretName' },
      { secretName: 's2', path: 'volumes[1].projected.sources[1].secret.name' },
      { secretName: 's3', path: 'volumes[2].csi.nodePublishSecretRef.name' },
      { secretName: 's4', path: 'volumes[3].azureFile.secretName' },
      { secretName: 's5', path: 'volumes[4].rbd.secretRef.name' },
      { secretName: 's6', path: 'volumes[6].cinder.secretRef.name' },
      { secretName: 's7', path: 'initContainers[0].env[0].valueFrom.secretKeyRef.name' },
      { secretName: 's8', path: 'containers[0].env[1].valueFrom.secretKeyRef.name' },
      { secretName: 's9', path: 'containers[0].envFrom[1].secretRef.name' },
      { secretName: 's10', path: 'ephemeralContainers[0].envFrom[0].secretRef.name' },
    ]);
  });

  it.each([
    [{ serviceAccountName: 'a', serviceAccount: 'b' }, 'a'],
    [{ serviceAccount: 'b' }, 'b'],
    [{}, 'default'],
    [{ serviceAccountName: '' }, 'default'],
    [{ serviceAccountName: 7 }, 'default'],
  ])('runs as %j says', (spec, account) => {
    expect(podServiceAccount(workloadOf(POD, { spec })?.spec ?? {})).toBe(account);
  });

  it.each([
    undefined,
    {},
    { spec: null },
    { spec: { volumes: {}, containers: [null, 'x', { env: 'y' }, { env: [null] }] } },
    { spec: { volumes: [{ secret: null }, { projected: { sources: [{ secret: [] }] } }] } },
  ])('that is none (%j) takes in nothing', (object) => {
    expect(secretReferences(workloadOf(POD, object)?.spec ?? {})).toEqual([]);
  });

  it('is judged by the ephemeral containers it did not have before', () => {
    expect(secretReferences(withoutOldContainers(containers('old', 'new'), containers('old')))).toEqual([
      { secretName: 'new', path: 'ephemeralContainers[1].env[0].valueFrom.secretKeyRef.name' },
    ]);
    expect(secretReferences(withoutOldContainers(containers('new', 'old'), containers('old')))).toEqual([
      { secretName: 'new', path: 'ephemeralContainers[0].env[0].valueFrom.secretKeyRef.name' },
    ]);
  });
});

describe('what makes Pods', () => {
  const template = { spec: { serviceAccountName: 'checkout' } };

  it.each([
    ['apps', 'Deployment', { template }, 'spec.template.spec'],
    ['apps', 'StatefulSet', { template }, 'spec.template.spec'],
    ['apps', 'DaemonSet', { template }, 'spec.template.spec'],
    ['batch', 'Job', { template }, 'spec.template.spec'],
    ['batch', 'CronJob', { jobTemplate: { spec: { template } } }, 'spec.jobTemplate.spec.template.spec'],
  ])('(%s %s) is read at its template', (group, kind, spec, path) => {
    expect(workloadOf({ group, version: 'v1', kind }, { spec })).toEqual({
      template: true,
      path,
      spec: { serviceAccountName: 'checkout' },
    });
  });

  it('is nothing else', () => {
    expect(workloadOf({ group: '', version: 'v1', kind: 'Deployment' }, { spec: { template } })).toBeUndefined();
    expect(workloadOf({ group: 'apps', version: 'v1', kind: 'ReplicaSet' }, { spec: { template } })).toBeUndefined();
    expect(WORKLOAD_KINDS).toHaveLength(6);
  });
});
