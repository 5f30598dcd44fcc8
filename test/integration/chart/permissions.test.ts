// SPDX-License-Identifier: Apache-2.0
/**
 * What the accounts of the chart may do, as the API server tells it, held against golden files; and what users may do
 * through the cluster's own roles. `UPDATE_GOLDEN=1` writes the files again.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { CHART, helmProgram, runHelm } from '../../../hack/chart/helm.ts';
import { createProgress } from '../../../hack/progress.ts';
import { apply, kubectl, tryKubectl } from '../../support/control-plane.ts';

const OWN = 'signet-permissions';
const SHOP = 'signet-permissions-shop';
const ELSEWHERE = 'signet-permissions-elsewhere';
const ACCOUNTS = ['controller/service-account', 'webhook/service-account', 'tests/check-install'];
const RBAC = ['rbac/controller', 'rbac/webhook', 'rbac/users', ...ACCOUNTS];
const MODES = {
  cluster: { release: 'everywhere', values: [] },
  namespaced: { release: 'somewhere', values: [`--set=watchNamespaces={${SHOP}}`] },
} as const;

beforeAll(async () => {
  const helm = await helmProgram(createProgress());
  await apply(...[OWN, SHOP, ELSEWHERE].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
  for (const { release, values } of Object.values(MODES)) {
    const show = RBAC.map((name) => `--show-only=templates/${name}.yaml`);
    const args = [
      'template',
      release,
      CHART,
      `--namespace=${OWN}`,
      '--set=trustDomain=example.org,image.repository=localhost/signet',
      ...values,
      ...show,
    ];
    const objects = parseAllDocuments(await runHelm(helm, args)).map((document) => document.toJS() as Rendered);
    await apply(...objects.filter(({ kind }) => kind !== 'Pod'));
  }
});
afterAll(async () => {
  for (const { release } of Object.values(MODES)) {
    const selector = `--selector=app.kubernetes.io/instance=${release}`;
    await kubectl(['delete', 'clusterroles,clusterrolebindings', selector]);
    await kubectl(['delete', 'roles,rolebindings', '--namespace=default', selector]);
  }
  await kubectl(['delete', 'namespace', OWN, SHOP, ELSEWHERE, '--wait=false']);
});

interface Rendered {
  readonly kind: string;
}

async function may(user: string, verb: string, resource: string, subresource = ''): Promise<string> {
  const what = [`${resource}.signet.dev`, `--subresource=${subresource}`];
  const args = ['auth', 'can-i', verb, ...what, `--as=${user}`, `--namespace=${SHOP}`];
  return (await tryKubectl(args)).stdout.trim();
}

/** What it takes to create an identity of a service account. */
async function mayUse(user: string): Promise<string> {
  const args = ['auth', 'can-i', 'use', 'serviceaccounts/checkout', `--as=${user}`, `--namespace=${SHOP}`];
  return (await tryKubectl(args)).stdout.trim();
}

/** What a user may do in a namespace beyond what every service account may. */
async function rights(user: string, namespace: string): Promise<string> {
  const list = async (who: string): Promise<string[]> => {
    const said = await kubectl(['auth', 'can-i', '--list', '--no-headers', `--as=${who}`, `--namespace=${namespace}`]);
    return said
      .split('\n')
      .map((line) => line.trim().replaceAll(/\s{2,}/gu, '  '))
      .filter((line) => line !== '');
  };
  const everybodys = new Set(await list(`system:serviceaccount:${ELSEWHERE}:nobody`));
  return (await list(user))
    .filter((line) => !everybodys.has(line))
    .sort()
    .join('\n');
}

describe.each(Object.entries(MODES))('the chart, %s mode', (mode, { release }) => {
  it.each([
    ['controller', 'its own namespace', OWN],
    ['controller', 'a watched namespace', SHOP],
    ['controller', 'another namespace', ELSEWHERE],
    ['controller', 'namespace default', 'default'],
    ['webhook', 'its own namespace', OWN],
    ['webhook', 'another namespace', ELSEWHERE],
    ['check-install', 'its own namespace', OWN],
  ])('lets the %s do in %s what the golden file says', async (role, where, namespace) => {
    const user = `system:serviceaccount:${OWN}:${release}-signet-${role}`;
    // The authorizer hears of roles by a watch.
    const text = await vi.waitUntil(async () => (await rights(user, namespace)) || undefined, { timeout: 10_000 });
    const file = path.join(import.meta.dirname, 'golden', `${role}-${mode}-${where.replaceAll(' ', '-')}.txt`);
    if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(file, `${text}\n`);
    expect(`${text}\n`).toBe(await readFile(file, 'utf8'));
    expect(text).not.toContain('*');
  });
});

it('reads no Secret outside of the namespaces that it was given', async () => {
  const user = `--as=system:serviceaccount:${OWN}:somewhere-signet-controller`;
  const reads = async (namespace: string) =>
    (await tryKubectl(['auth', 'can-i', 'get', 'secrets', user, `--namespace=${namespace}`])).stdout.trim();
  expect([await reads(SHOP), await reads(OWN), await reads(ELSEWHERE), await reads('kube-system')]).toEqual([
    'yes',
    'yes',
    'no',
    'no',
  ]);
});

it('lets users of view and edit have identities, and nobody their status', async () => {
  for (const role of ['view', 'edit', 'admin']) {
    await kubectl(['create', 'rolebinding', role, `--clusterrole=${role}`, `--user=${role}`, `--namespace=${SHOP}`]);
  }
  // Aggregation is the work of a controller.
  await vi.waitUntil(async () => (await may('edit', 'create', 'serviceidentities')) === 'yes', { timeout: 20_000 });
  await vi.waitUntil(async () => (await may('view', 'watch', 'serviceidentities')) === 'yes', { timeout: 20_000 });
  expect(await may('admin', 'delete', 'serviceidentities')).toBe('yes');
  expect([await mayUse('edit'), await mayUse('admin'), await mayUse('view')]).toEqual(['yes', 'yes', 'no']);
  expect(await may('view', 'create', 'serviceidentities')).toBe('no');
  for (const user of ['view', 'edit', 'admin']) {
    expect(await may(user, 'update', 'serviceidentities', 'status')).toBe('no');
    expect(await may(user, 'update', 'serviceidentities', 'finalizers')).toBe('no');
    expect(await may(user, 'create', 'trustdomains')).toBe('no');
  }
});
