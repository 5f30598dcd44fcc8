// SPDX-License-Identifier: Apache-2.0
/**
 * What the other integration tests build on: the control plane of the run, with our CRDs, namespaces, and accounts
 * that have the rules of a manifest and no others.
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { auditedRequests } from '../support/audit-log.ts';
import {
  apply,
  applyFile,
  createNamespace,
  deleteNamespace,
  getJSON,
  kubectl,
  serviceAccountKubeconfig,
  sharedControlPlane,
  tryKubectl,
} from '../support/control-plane.ts';

const READER = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader', namespace: 'NAMESPACE' } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader', namespace: 'NAMESPACE' },
      rules: [{ apiGroups: ['signet.dev'], resources: ['serviceidentities'], verbs: ['list'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'reader', namespace: 'NAMESPACE' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'NAMESPACE' }],
    },
  ],
};

it('serves our CRDs to whoever has the rules, and records what was asked', async () => {
  const namespace = await createNamespace('shared', { team: 'a' });
  onTestFinished(() => deleteNamespace(namespace));
  const folder = await mkdtemp(path.join(tmpdir(), 'shared-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'reader.json');
  await writeFile(file, JSON.stringify(READER));
  await applyFile(file, { NAMESPACE: namespace });

  const kubeconfig = await serviceAccountKubeconfig({ namespace, name: 'reader' });
  const shared = sharedControlPlane();
  const asReader = [`--kubeconfig=${kubeconfig}`, 'get'];
  expect(await tryKubectl([...asReader, 'serviceidentities'])).toMatchObject({ code: 0 });
  expect((await tryKubectl([...asReader, 'secrets'])).stderr).toContain('Forbidden');

  if (shared.auditLog === undefined) return;
  const requests = await auditedRequests(shared.auditLog, `system:serviceaccount:${namespace}:reader`);
  expect(requests).toContainEqual(
    expect.objectContaining({ verb: 'list', group: 'signet.dev', resource: 'serviceidentities', namespace, code: 200 }),
  );
  expect(requests).toContainEqual(expect.objectContaining({ verb: 'list', resource: 'secrets', code: 403 }));
});

it('gives each test a namespace of its own', async () => {
  const names = [await createNamespace('twin'), await createNamespace('twin')];
  onTestFinished(async () => void (await Promise.all(names.map(deleteNamespace))));
  expect(new Set(names).size).toBe(2);
  await apply(
    ...names.map((namespace) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace } })),
  );
  for (const namespace of names) {
    const found = await getJSON<{ metadata: { namespace: string } }>(['configmap', 'x', '-n', namespace]);
    expect(found.metadata.namespace).toBe(namespace);
  }
  await expect(kubectl(['get', 'configmap', 'y', '-n', names[0] ?? ''])).rejects.toThrow('NotFound');
});
