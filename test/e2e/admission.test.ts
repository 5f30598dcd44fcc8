// SPDX-License-Identifier: Apache-2.0
/**
 * The webhook as the chart installs it, called by the API server through its Service: what it refuses with real pods,
 * what happens when its pods end or die, and that nothing of it is left when the release goes.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { identityMount, restrictedPod } from './support/pods.ts';
import { enforcedNamespaces, openScene, RELEASE, type Scene, SYSTEM, until } from './support/scene.ts';
import { identity, type Service, serialNumber, untilAdmitted, untilForgotten, untilReady } from './support/services.ts';

/** Certificates of a minute, renewed every 24 to 36 s. */
const VALUES = [
  'defaultTrustDomain.allowedNamespaces=all',
  'defaultTrustDomain.minTTL=1m',
  'defaultTrustDomain.defaultTTL=1m',
  'defaultTrustDomain.propagationMargin=20s',
];
const RENEWAL_MS = 90_000;
const PATIENCE_MS = 60_000;
const WEBHOOK = 'deployment/signet-webhook';
const OWN = `--namespace=${SYSTEM}`;
const LEDGER: Service = { namespace: 'vault', name: 'ledger' };
/** What cannot be accepted, for asking again and again. */
const WRONG = identity({ namespace: LEDGER.namespace, name: 'wrong' }, { dnsNames: ['www.example.com'] });
const DRY = ['create', '--dry-run=server', '-f', '-'];

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
  await scene.apply(...enforcedNamespaces('admission', LEDGER.namespace, ['ledger', 'intruder']));
  await scene.release('install', ...VALUES);
  await untilAdmitted(scene, ['apply', '-f', '-'], identity(LEDGER));
  await untilReady(scene, LEDGER);
  await rolledOut();
});
afterAll(async () => {
  await scene.close();
});

async function rolledOut(): Promise<void> {
  await scene.kubectl(['rollout', 'status', WEBHOOK, OWN, '--timeout=120s']);
}

/** A pod that takes in the SVID of ledger. */
function podOf(account: string): object {
  const mounts = [identityMount('ledger-svid')];
  return restrictedPod(scene, { name: account, namespace: LEDGER.namespace, account, mounts });
}

/** Asks for what must be refused, without a pause, while something happens; what was not refused as it must be. */
async function failuresDuring(happening: () => Promise<unknown>): Promise<readonly string[]> {
  const over = new AbortController();
  const failures: string[] = [];
  const asking = (async () => {
    while (!over.signal.aborted) {
      const complaint = (await scene.complaint(DRY, WRONG)) ?? 'admitted';
      if (!complaint.includes('allowedDNS of the TrustDomain does not cover it')) failures.push(complaint);
    }
  })();
  try {
    await happening();
  } finally {
    over.abort();
    await asking;
  }
  return failures;
}

async function webhookPods(): Promise<string[]> {
  const names = await scene.kubectl(['get', 'pods', OWN, '-l', 'app.kubernetes.io/component=webhook', '-o', 'name']);
  return names.split('\n').filter((name) => name !== '');
}

it('refuses an SVID Secret to a pod of another service account, and runs its own', async () => {
  expect(await scene.complaint(['create', '-f', '-'], podOf('intruder'))).toMatch(
    /spec\.volumes\[0\]\.secret\.secretName "ledger-svid": is the SVID of service account ledger, and th\w+ pod runs as intruder/iu,
  );
  await scene.apply(podOf('ledger'));
  await scene.kubectl(['wait', '--for=condition=Ready', 'pod/ledger', '-n', LEDGER.namespace, '--timeout=60s']);
});

it('refuses nothing that it should not, and misses nothing, while its pods are replaced one by one', async () => {
  const failures = await failuresDuring(async () => {
    await scene.kubectl(['rollout', 'restart', WEBHOOK, OWN]);
    await rolledOut();
  });
  expect(failures).toEqual([]);
});

it('answers again within seconds when one of its pods is killed', async () => {
  const [killed = ''] = await webhookPods();
  const failures = await failuresDuring(async () => {
    await scene.kubectl(['delete', killed, OWN, '--grace-period=0', '--force']);
    await rolledOut();
    // Another request after the last failure.
    await pause(1000);
  });
  // With failurePolicy Fail, what nobody judged is refused: never admitted.
  for (const failure of failures) expect(failure).toContain('failed calling webhook');
  expect(await failuresDuring(() => pause(3000))).toEqual([]);
});

it('is not needed for renewals, and what it would judge is refused while it is away', async () => {
  await scene.kubectl(['scale', WEBHOOK, OWN, '--replicas=0']);
  await until('the end of the webhook', PATIENCE_MS, async () =>
    (await webhookPods()).length === 0 ? true : undefined,
  );
  expect(await scene.complaint(DRY, identity({ ...LEDGER, name: 'another' }))).toContain('failed calling webhook');
  expect(await scene.complaint(['create', '-f', '-'], podOf('intruder'))).toContain('failed calling webhook');
  for (const _ of [1, 2]) {
    const before = await serialNumber(scene, LEDGER);
    await until('a renewal of ledger', RENEWAL_MS, async () =>
      (await serialNumber(scene, LEDGER)) === before ? undefined : true,
    );
  }
  await scene.kubectl(['scale', WEBHOOK, OWN, '--replicas=2']);
  await rolledOut();
  await untilAdmitted(scene, DRY, identity({ ...LEDGER, name: 'another' }));
});

it('lets nobody delete the TrustDomain or the keys by mistake', async () => {
  expect(await scene.complaint(['delete', 'trustdomain/default'])).toContain('signet.dev/confirm-delete');
  expect(await scene.complaint(['delete', 'secret/default-root-authority', OWN])).toContain('signet.dev:break-glass');
});

it('leaves a cluster behind in which everything can be created', async () => {
  await scene.helm(['uninstall', RELEASE, '--wait']);
  const left = 'validatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings';
  expect(await scene.kubectl(['get', left, '-l', 'app.kubernetes.io/part-of=signet', '-o', 'name'])).toBe('');
  await untilForgotten(scene, ['create', '-f', '-'], podOf('intruder'));
  await untilForgotten(scene, ['apply', '-f', '-'], WRONG);
  await untilForgotten(scene, ['label', 'namespace', LEDGER.namespace, 'signet.dev/enforce-']);
  await untilForgotten(scene, ['delete', 'serviceidentities', '--all', '-n', LEDGER.namespace]);
  await untilForgotten(scene, ['delete', 'trustdomain/default']);
});
