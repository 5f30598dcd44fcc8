// SPDX-License-Identifier: Apache-2.0
/**
 * A namespace in which every pod must carry an identity: by a policy that says Strict, judged by the webhook as the chart
 * installs it for this namespace alone, with rights in no other.
 * @module
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { identityMount, restrictedPod } from './support/pods.ts';
import { expectEveryRuleUsed, expectNothingRefused } from './support/rights.ts';
import { enforcedNamespaces, openScene, type Scene, SYSTEM, until } from './support/scene.ts';
import { identity, type Service, untilAdmitted, untilReady } from './support/services.ts';

const VALUES = ['defaultTrustDomain.allowedNamespaces=all', 'watchNamespaces={bank}'];
const TELLER: Service = { namespace: 'bank', name: 'teller' };
const PATIENCE_MS = 60_000;
const POLICY = {
  apiVersion: 'signet.dev/v1alpha1',
  kind: 'IdentityPolicy',
  metadata: { name: 'bank-is-strict' },
  spec: { match: { namespaces: { names: [TELLER.namespace] } }, mtls: { mode: 'Strict' } },
};

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
  await scene.apply(...enforcedNamespaces('strict', TELLER.namespace, ['teller', 'passer-by']));
  await scene.release('install', ...VALUES);
  await untilAdmitted(scene, ['apply', '-f', '-'], POLICY, identity(TELLER));
  await untilReady(scene, TELLER);
});
afterAll(async () => {
  await scene.close();
});

function pod(name: string, account: string, secret?: string): object {
  const mounts = secret === undefined ? [] : [identityMount(secret)];
  return restrictedPod(scene, { name, namespace: TELLER.namespace, account, mounts });
}

it('refuses a pod whose account has no identity, and one that does not mount it, and says what to do', async () => {
  const create = ['create', '-f', '-'];
  // The webhook hears of a policy a moment after it was stored.
  await until('the policy in force', PATIENCE_MS, async () =>
    (await scene.complaint([...create, '--dry-run=server'], pod('probe', 'passer-by'))) === undefined
      ? undefined
      : true,
  );
  expect(await scene.complaint(create, pod('bare', 'passer-by'))).toMatch(
    /"passer-by": no ServiceIdentity exists for this service account.*create a ServiceIdentity.*bank-is-strict/su,
  );
  expect(await scene.complaint(create, pod('careless', 'teller'))).toMatch(
    /mounts the SVID of service account teller/u,
  );
});

it('runs a pod that carries its identity', async () => {
  await scene.apply(pod('teller', 'teller', 'teller-svid'));
  await scene.kubectl(['wait', '--for=condition=Ready', 'pod/teller', '-n', TELLER.namespace, '--timeout=60s']);
});

it('only warns about a Deployment, whose pods are then refused', async () => {
  const { spec } = pod('x', 'passer-by') as { spec: object };
  const labels = { app: 'early' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'early', namespace: TELLER.namespace },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
  await scene.apply(deployment);
  await until('the refusal of its pods', PATIENCE_MS, async () => {
    const said = await scene.kubectl(['get', 'events', '-n', TELLER.namespace, '-o', 'jsonpath={.items[*].message}']);
    return said.includes('no ServiceIdentity exists') ? true : undefined;
  });
  // Its identity comes after it, and the pods follow by themselves.
  await scene.apply(identity({ namespace: TELLER.namespace, name: 'passer-by' }));
  await until('an answer for passer-by', PATIENCE_MS, async () =>
    (await scene.complaint(['create', '--dry-run=server', '-f', '-'], pod('probe', 'passer-by')))?.includes(
      'no ServiceIdentity exists',
    )
      ? undefined
      : true,
  );
});

it('was refused nothing, with Roles in one namespace, and made use of each of their rules', async (context) => {
  if (scene.node === undefined) context.skip('only with the audit log of an API server of our own');
  const rotation = { id: 'story', action: 'RotateIntermediate' };
  const patch = ['patch', 'trustdomain/default', '--type=merge', '-p', JSON.stringify({ spec: { rotation } })];
  await scene.kubectl(patch);
  await until('an event about the TrustDomain', PATIENCE_MS, async () => {
    const said = await scene.kubectl([
      'get',
      'events',
      '-n',
      'default',
      '-o',
      'jsonpath={.items[*].involvedObject.kind}',
    ]);
    return said.includes('TrustDomain') ? true : undefined;
  });
  // A watch is on the record when it is over.
  await scene.kubectl(['scale', 'deployment', '--all', '--replicas=0', `--namespace=${SYSTEM}`]);
  await until('the end of every pod', PATIENCE_MS, async () =>
    (await scene.kubectl(['get', 'pods', '-o', 'name', `--namespace=${SYSTEM}`])) === '' ? true : undefined,
  );
  for (const role of ['controller', 'webhook'] as const) {
    await expectNothingRefused(scene, role);
    await expectEveryRuleUsed(scene, role);
  }
});
