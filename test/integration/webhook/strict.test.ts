// SPDX-License-Identifier: Apache-2.0
/**
 * Strict mode through the real API server: every Pod runs as a service account with an identity and mounts its SVID, every
 * kind of workload is warned about, and a folder of everything converges in any order.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { kubectl, tryKubectl } from '../../support/control-plane.ts';
import { NAME } from '../stories/world.ts';
import { dryRun, heard, identityOf, podOf, policyWorld } from './policy-world.ts';
import { webhookWorld } from './webhook-world.ts';

const { world } = webhookWorld();
const { policy, enforced } = policyWorld(world);
const SECRET = `${NAME}-svid`;
const STRICT = { mtls: { mode: 'Strict' } } as const;

async function issued(namespace: string): Promise<void> {
  await world.identity(namespace);
  await world.ready(namespace);
}

describe('a Pod in a Strict namespace', () => {
  it('is refused without an identity, and without its SVID, and admitted with both at once', async () => {
    const namespace = await enforced();
    const name = await policy(namespace, STRICT);
    const said = await heard(podOf(namespace, NAME, SECRET), /^1 /);
    expect(said).toBe(
      [
        `1 Error from server (Forbidden): error when creating "STDIN": admission webhook "pods.signet.dev" denied the request: Pod ${namespace}/p breaks one rule:`,
        `- spec.serviceAccountName "${NAME}": no ServiceIdentity exists for this service account, and every Pod here must carry one; create a ServiceIdentity with spec.serviceAccountName: ${NAME}, or run the Pod as another account [policy ${name} (mtls.mode)]`,
      ].join('\n'),
    );
    await world.identity(namespace);
    // The very next call: whatever the cache knows yet, the live read finds it.
    expect(await dryRun(podOf(namespace, NAME, SECRET))).toBe('0');
    expect(await dryRun(podOf(namespace, NAME))).toContain(
      `- spec.volumes: no container mounts the SVID of service account ${NAME}, and every Pod here must carry it; add a volume with Secret ${SECRET} and mount it [policy ${name} (mtls.mode)]`,
    );
  });

  it('is admitted in a namespace without the label, and the policy says so', async () => {
    const namespace = await world.namespace();
    const name = await policy(namespace, STRICT);
    const told = await world.cluster.until(
      { kind: 'IdentityPolicy', name },
      (now) => now?.status?.conditions?.some(({ reason }) => reason === 'LabelMissing') === true,
    );
    expect(told?.status?.conditions?.[1]?.message).toContain(namespace);
    expect(await dryRun(podOf(namespace, NAME))).toBe('0');
    await kubectl(['label', 'namespace', namespace, 'signet.dev/enforce=true']);
    await world.cluster.until({ kind: 'IdentityPolicy', name }, (now) => now?.status?.conditions?.length === 1);
    await heard(podOf(namespace, NAME), /^1 /);
  });

  it('is only warned about by Warn, and neither by Audit', async () => {
    const namespace = await enforced();
    const name = await policy(namespace, { ...STRICT, enforcement: 'Warn' });
    expect(await heard(podOf(namespace, NAME), /Warning/)).toMatch(/^0 Warning: spec\.serviceAccountName/);
    await world.cluster.patch({ kind: 'IdentityPolicy', name }, { spec: { enforcement: 'Audit' } });
    await heard(podOf(namespace, NAME), /^0$/);
  });
});

const selector = { matchLabels: { app: 'x' } };
const template = (account: string, secret?: string, more: object = {}) => ({
  metadata: { labels: { app: 'x' } },
  spec: { ...podOf('', account, secret).spec, ...more },
});
const never = { restartPolicy: 'Never' };
const TEMPLATES: Readonly<Record<string, readonly [string, (account: string, secret?: string) => object, string]>> = {
  Deployment: ['apps/v1', (...of) => ({ selector, template: template(...of) }), 'spec.template.spec'],
  StatefulSet: [
    'apps/v1',
    (...of) => ({ selector, serviceName: 'x', template: template(...of) }),
    'spec.template.spec',
  ],
  DaemonSet: ['apps/v1', (...of) => ({ selector, template: template(...of) }), 'spec.template.spec'],
  Job: ['batch/v1', (account, secret) => ({ template: template(account, secret, never) }), 'spec.template.spec'],
  CronJob: [
    'batch/v1',
    (account, secret) => ({
      schedule: '* * * * *',
      jobTemplate: { spec: { template: template(account, secret, never) } },
    }),
    'spec.jobTemplate.spec.template.spec',
  ],
};

describe('a workload in a Strict namespace', () => {
  it('of every kind is admitted, with a warning where its Pods will be refused', async () => {
    const namespace = await enforced();
    const name = await policy(namespace, STRICT);
    await issued(namespace);
    await heard(podOf(namespace, NAME), /^1 /);
    for (const [kind, [apiVersion, spec, path]] of Object.entries(TEMPLATES)) {
      const object = (account: string, secret?: string) => ({
        apiVersion,
        kind,
        metadata: { name: 'x', namespace },
        spec: spec(account, secret),
      });
      expect(await dryRun(object('other')), kind).toBe(
        `0 Warning: its Pods will be refused: ${path}.serviceAccountName "other": no ServiceIdentity exists for this service account, and every Pod here must carry one; create a ServiceIdentity with spec.serviceAccountName: other, or run the Pod as another account [policy ${name} (mtls.mode)]`,
      );
      expect(await dryRun(object(NAME)), kind).toBe(
        `0 Warning: its Pods will be refused: ${path}.volumes: no container mounts the SVID of service account ${NAME}, and every Pod here must carry it; add a volume with Secret ${SECRET} and mount it [policy ${name} (mtls.mode)]`,
      );
      expect(await dryRun(object(NAME, SECRET)), kind).toBe('0');
    }
  });
});

describe('a folder of policies, identities and workloads', () => {
  const orders = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [2, 0, 3, 1],
    [1, 3, 0, 2],
  ];
  it.each(orders)('applied in the order %i %i %i %i is admitted at the first try, and converges', async (...order) => {
    const namespace = await enforced();
    const strict = await policy(namespace, STRICT);
    const policies = await world.cluster.get({ kind: 'IdentityPolicy', name: strict });
    await world.cluster.delete({ kind: 'IdentityPolicy', name: strict });
    const account = `sa-${namespace}`;
    const folder = [
      { apiVersion: 'signet.dev/v1alpha1', kind: 'IdentityPolicy', metadata: { name: strict }, spec: policies?.spec },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace } },
      identityOf(namespace, { serviceAccountName: account, services: ['x'] }),
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'x', namespace },
        spec: { selector, template: template(account, SECRET) },
      },
    ];
    const items = order.map((index) => folder[index]);
    const applied = await tryKubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    expect(applied.code, applied.stderr).toBe(0);
    await world.ready(namespace);
    // What the workload's controller would create.
    expect(await dryRun(podOf(namespace, account, SECRET))).toBe('0');
    await heard(podOf(namespace, account), /^1 /);
  });
});
