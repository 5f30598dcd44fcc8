// SPDX-License-Identifier: Apache-2.0
/**
 * The story of an operator who gives Signet some namespaces and no rights anywhere else.
 * @module
 */
import { expect, it } from 'vitest';
import { CHART, helmProgram, runHelm } from '../../../hack/chart/helm.ts';
import { createProgress } from '../../../hack/progress.ts';
import { getJSON, kubectl, serviceAccountKubeconfig } from '../../support/control-plane.ts';
import { requestsOf } from './requests.ts';
import { storyWorld } from './world.ts';

const world = storyWorld({ running: false });
const NAME = 'narrow';

/** Puts the rules of the chart for these namespaces into force; gives back the login of the account that has them. */
async function narrowRules(namespaces: readonly string[]): Promise<string> {
  const helm = await helmProgram(createProgress());
  const { namespace } = world.installation;
  const values = [
    'trustDomain=example.org',
    'image.repository=localhost/signet',
    `fullnameOverride=${NAME}`,
    `watchNamespaces={${namespaces.join(',')}}`,
  ];
  const show = ['--show-only=templates/rbac/controller.yaml', '--show-only=templates/controller/service-account.yaml'];
  const sets = values.map((value) => `--set=${value}`);
  const rendered = await runHelm(helm, ['template', 'signet', CHART, `--namespace=${namespace}`, ...sets, ...show]);
  await kubectl(['apply', '-f', '-'], rendered);
  return serviceAccountKubeconfig({ namespace, name: `${NAME}-controller` });
}

it('serves the namespaces it was given, and asks for nothing outside of them', async () => {
  const [given, also, foreign] = [await world.namespace(), await world.namespace(), await world.namespace()];
  // The first in line: what follows shows that there was time for it.
  await world.identity(foreign);
  const kubeconfig = await narrowRules([given, also]);
  const flags = [...world.flags, `--watch-namespaces=${given},${also}`, '--lease-name=narrow-controller'];
  const signet = await world.startAs({ kubeconfig, flags });
  await signet.untilSigning();
  for (const namespace of [given, also]) {
    await world.identity(namespace, { ttl: '20s' });
    const first = await world.ready(namespace);
    await world.reissued(first);
    await kubectl([
      'wait',
      '--for=create',
      '--timeout=30s',
      'configmap/default-trust-bundle',
      `--namespace=${namespace}`,
    ]);
  }
  await signet.untilReady();

  const untouched = await getJSON<{ status?: unknown }>(['serviceidentity', 'checkout', `--namespace=${foreign}`]);
  expect(untouched.status).toBeUndefined();
  const names = await kubectl(['get', 'configmaps,secrets', '-o', 'name', `--namespace=${foreign}`]);
  expect(names.trim()).toBe('configmap/kube-root-ca.crt');
  const requests = await requestsOf(`system:serviceaccount:${world.installation.namespace}:${NAME}-controller`);
  expect(requests.filter(({ code }) => code === 403 || code === 401)).toEqual([]);
  const own: readonly (string | undefined)[] = [given, also, world.installation.namespace, 'default', undefined];
  expect(requests.filter(({ namespace }) => !own.includes(namespace))).toEqual([]);

  // A tenant deletes a namespace, and with it the Role: nobody else may suffer, also not after a restart.
  await kubectl(['delete', 'namespace', also, '--wait']);
  await signet.stop();
  const next = await world.startAs({ kubeconfig, flags });
  await next.untilReady();
  const before = await world.ready(given);
  await world.reissued(before);
}, 180_000);
