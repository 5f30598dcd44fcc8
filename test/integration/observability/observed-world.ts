// SPDX-License-Identifier: Apache-2.0
/**
 * Two controllers and a webhook at work, with a prober, per-identity metrics and a policy that is only audited, and a
 * real Prometheus that scrapes them: what every panel and every rule needs to have data.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { type Prometheus, startPrometheus } from '../../../hack/observability/prometheus.ts';
import { rulesFile } from '../../../hack/observability/rules/rules.ts';
import { addressesOf } from '../../drill/drill.ts';
import { installPolicies, removePolicies } from '../../support/admission-policies.ts';
import { kubectl, RUN_LABEL, sharedControlPlane } from '../../support/control-plane.ts';
import type { SignetProcess } from '../../support/signet-process.ts';
import { NAME, present, type World } from '../stories/world.ts';
import { type WebhookWorld, webhookWorld } from '../webhook/webhook-world.ts';

/** What Grafana would put in for `$__rate_interval`: what four scrapes take, and room for a busy machine. */
export const RATE_INTERVAL = '20s';
/** A building of Prometheus from its sources would be waited for. */
const LONG = 1_800_000;
const POLICY = 'dashboards';

export interface ObservedWorld {
  readonly world: World;
  readonly webhooks: WebhookWorld;
  readonly signer: SignetProcess;
  readonly prometheus: Prometheus;
  /** After a webhook was started anew. */
  rescrape(): Promise<void>;
}

/** `scale` divides the times of the rules. */
export function observedWorld(scale: number): ObservedWorld {
  const id = randomBytes(4).toString('hex');
  const probes = `probes-${id}`;
  const scraper = `scraper-${id}`;
  const flags = [
    '--identity-metrics-limit=5',
    `--prober-identities=${probes}/server,${probes}/client`,
    '--prober-interval=1s',
  ];
  const webhooks = webhookWorld({ ttl: '24h', flags });
  const { world } = webhooks;
  let prometheus: Prometheus | undefined;
  let signer: SignetProcess | undefined;
  let standby: SignetProcess | undefined;
  const targets = () =>
    addressesOf({
      signer: present(signer, 'signer'),
      standby: present(standby, 'standby'),
      webhook: webhooks.webhook,
    });

  beforeAll(async () => {
    signer = world.signet;
    standby = await world.start([...world.flags, ...webhooks.installation.controllerFlags, ...flags]);
    await standby.untilReady();
    const namespace = await world.namespace();
    await world.cluster.create({
      kind: 'IdentityPolicy',
      metadata: { name: POLICY },
      spec: {
        match: { namespaces: { names: [namespace] } },
        enforcement: 'Audit',
        issue: { keyAlgorithms: ['Ed25519'] },
      },
    });
    await startProbes(world, probes);
    await world.identity(namespace, { ttl: '20s' });
    await world.ready(namespace, NAME);
    const own = world.installation.namespace;
    // It tries whether they are in force, which is the first refusal that the API server counts.
    await installPolicies(own);
    const { server, caFile } = sharedControlPlane();
    const apiServer = { server, caFile, token: await scraperToken(own, scraper) };
    prometheus = await startPrometheus({ targets: await targets(), rules: rulesFile(scale), apiServer });
    // By now the webhook knows the policy that this one does not keep.
    await world.identity(namespace, {}, 'audited');
  }, LONG);

  afterAll(async () => {
    await prometheus?.stop();
    // Before the world ends, which deletes a TrustDomain.
    await removePolicies();
    await kubectl(['delete', 'clusterrolebinding,clusterrole', scraper, '--ignore-not-found']);
    await world.cluster.deleteAll('ServiceIdentity', probes);
    await world.cluster.delete({ kind: 'Namespace', name: probes });
    await world.cluster.delete({ kind: 'IdentityPolicy', name: POLICY });
  });

  return {
    world,
    webhooks,
    get signer() {
      return present(signer, 'signer');
    },
    get prometheus() {
      return present(prometheus, 'Prometheus');
    },
    rescrape: async () => present(prometheus, 'Prometheus').retarget(await targets()),
  };
}

/** Of an account that may read the metrics of the API server and nothing else. */
async function scraperToken(namespace: string, name: string): Promise<string> {
  await kubectl(['create', 'serviceaccount', name, '-n', namespace]);
  await kubectl(['create', 'clusterrole', name, '--verb=get', '--non-resource-url=/metrics']);
  await kubectl([
    'create',
    'clusterrolebinding',
    name,
    `--clusterrole=${name}`,
    `--serviceaccount=${namespace}:${name}`,
  ]);
  return (await kubectl(['create', 'token', name, '-n', namespace])).trim();
}

/** The two identities of a prober, in a namespace of theirs. */
export async function startProbes(world: World, namespace: string): Promise<void> {
  const labels = { ...world.selector.matchLabels, [RUN_LABEL]: sharedControlPlane().run };
  await world.cluster.create({ kind: 'Namespace', metadata: { name: namespace, labels } });
  for (const name of ['server', 'client']) {
    await world.serviceAccount(namespace, name);
    await world.identity(namespace, { serviceAccountName: name }, name);
  }
}
