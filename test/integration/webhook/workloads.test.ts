// SPDX-License-Identifier: Apache-2.0
/**
 * Pods and what makes pods, before the real API server: an SVID is for pods of its own service account, templates only
 * warn, and namespaces that did not opt in are left alone.
 * @module
 */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { kubectl, tryKubectl } from '../../support/control-plane.ts';
import { NAME } from '../stories/world.ts';
import { webhookWorld } from './webhook-world.ts';

const place = webhookWorld();
const { world } = place;
const SECRET = `${NAME}-svid`;
const CONTAINER = { name: 'app', image: 'example.org/app' };

let namespace = '';

async function heard(): Promise<void> {
  expect(await dryRun(pod('other', { env: [fromSecret(SECRET)] }))).toContain('denied');
}

beforeAll(async () => {
  ({ namespace } = await world.issued());
  await kubectl(['label', 'namespace', namespace, 'signet.dev/enforce=true']);
  await world.serviceAccount(namespace, 'other');
  // The cache of the webhook has heard of the SVID, and the API server of the label.
  await vi.waitFor(heard, { timeout: 30_000, interval: 200 });
});

function fromSecret(name: string) {
  return { name: 'KEY', valueFrom: { secretKeyRef: { name, key: 'tls.key' } } };
}

function podSpec(account: string | undefined, container: object = {}, spec: object = {}) {
  const own = account === undefined ? {} : { serviceAccountName: account };
  return { ...own, containers: [{ ...CONTAINER, ...container }], ...spec };
}

function pod(account: string | undefined, container: object = {}, spec: object = {}, where = namespace) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: where },
    spec: podSpec(account, container, spec),
  };
}

/** What the API server says of an object, warnings and all; nothing is stored. */
async function dryRun(object: unknown): Promise<string> {
  const { code, stderr } = await tryKubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(object));
  return `${code} ${stderr}`.trim();
}

const volume = (source: object) => ({ volumes: [{ name: 'v', ...source }] });
const WAYS: readonly (readonly [how: string, path: string, container: object, spec: object])[] = [
  ['a volume', 'spec.volumes[0].secret.secretName', {}, volume({ secret: { secretName: SECRET } })],
  [
    'a projected volume',
    'spec.volumes[0].projected.sources[0].secret.name',
    {},
    volume({ projected: { sources: [{ secret: { name: SECRET } }] } }),
  ],
  [
    'a CSI volume',
    'spec.volumes[0].csi.nodePublishSecretRef.name',
    {},
    volume({ csi: { driver: 'csi.example.org', nodePublishSecretRef: { name: SECRET } } }),
  ],
  [
    'a volume of some storage',
    'spec.volumes[0].iscsi.secretRef.name',
    {},
    volume({
      iscsi: { targetPortal: '10.0.0.1', iqn: 'iqn.2001-04.com.example:x', lun: 0, secretRef: { name: SECRET } },
    }),
  ],
  ['a variable', 'spec.containers[0].env[0].valueFrom.secretKeyRef.name', { env: [fromSecret(SECRET)] }, {}],
  ['all variables', 'spec.containers[0].envFrom[0].secretRef.name', { envFrom: [{ secretRef: { name: SECRET } }] }, {}],
  [
    'an init container',
    'spec.initContainers[0].env[0].valueFrom.secretKeyRef.name',
    {},
    { initContainers: [{ ...CONTAINER, name: 'init', env: [fromSecret(SECRET)] }] },
  ],
];

describe('a pod that takes in an SVID', () => {
  it.each(WAYS)('by %s is refused under another service account', async (_how, path, container, spec) => {
    expect(await dryRun(pod('other', container, spec))).toBe(
      [
        `1 Error from server (Forbidden): error when creating "STDIN": admission webhook "pods.signet.dev" denied the request: Pod ${namespace}/p breaks one rule:`,
        `- ${path} "${SECRET}": is the SVID of service account ${NAME}, and the Pod runs as other; run the Pod as ${NAME}, or use a ServiceIdentity for other [built-in rule own-svid]`,
      ].join('\n'),
    );
  });

  it.each(WAYS)('by %s is admitted under its own', async (_how, _path, container, spec) => {
    expect(await dryRun(pod(NAME, container, spec))).toBe('0');
  });

  it('is refused where it names no service account', async () => {
    expect(await dryRun(pod(undefined, { env: [fromSecret(SECRET)] }))).toContain('the Pod runs as default');
  });

  it('is left alone in a namespace that did not opt in', async () => {
    const other = await world.issued();
    await world.serviceAccount(other.namespace, 'other');
    expect(await dryRun(pod('other', { env: [fromSecret(SECRET)] }, {}, other.namespace))).toBe('0');
  });

  it('by an ephemeral container is refused', async () => {
    await kubectl(['create', '-f', '-'], JSON.stringify(pod('other')));
    const ref = { kind: 'Pod', namespace, name: 'p' } as const;
    const { metadata, spec } = (await world.cluster.get(ref)) as { metadata: object; spec?: object };
    const debug = { ...CONTAINER, name: 'debug', env: [fromSecret(SECRET)] };
    const body = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...spec, ephemeralContainers: [debug] } };
    const url = `/api/v1/namespaces/${namespace}/pods/p/ephemeralcontainers`;
    const said = await tryKubectl(['replace', '--raw', url, '-f', '-'], JSON.stringify(body));
    expect(said.stderr).toContain('spec.ephemeralContainers[0].env[0].valueFrom.secretKeyRef.name');
    await world.cluster.delete(ref);
  });
});

const template = { metadata: { labels: { app: 'x' } }, spec: podSpec('other', { env: [fromSecret(SECRET)] }) };
const selector = { matchLabels: { app: 'x' } };
const jobTemplate = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };
const TEMPLATES: readonly (readonly [apiVersion: string, kind: string, spec: object, path: string])[] = [
  ['apps/v1', 'Deployment', { selector, template }, 'spec.template.spec'],
  ['apps/v1', 'StatefulSet', { selector, template, serviceName: 'x' }, 'spec.template.spec'],
  ['apps/v1', 'DaemonSet', { selector, template }, 'spec.template.spec'],
  ['batch/v1', 'Job', { template: jobTemplate }, 'spec.template.spec'],
  [
    'batch/v1',
    'CronJob',
    { schedule: '* * * * *', jobTemplate: { spec: { template: jobTemplate } } },
    'spec.jobTemplate.spec.template.spec',
  ],
];

describe('a template', () => {
  it.each(TEMPLATES)('(%s %s) is admitted with a warning', async (apiVersion, kind, spec, path) => {
    const said = await dryRun({ apiVersion, kind, metadata: { name: 'x', namespace }, spec });
    expect(said).toMatch(/^0 Warning: its Pods will be refused: /);
    expect(said).toContain(`${path}.containers[0].env[0].valueFrom.secretKeyRef.name "${SECRET}"`);
  });
});

describe('a pod of nearly 3 MiB', () => {
  const filler = Array.from({ length: 29 }, (_, index) => ({ name: `FILL_${index}`, value: 'x'.repeat(100_000) }));

  it('is admitted', async () => {
    expect(await dryRun(pod('other', { env: filler }))).toBe('0');
  });

  it('is refused for what is at its end', async () => {
    expect(await dryRun(pod('other', { env: [...filler, fromSecret(SECRET)] }))).toContain(
      'spec.containers[0].env[29].valueFrom.secretKeyRef.name',
    );
  });
});
