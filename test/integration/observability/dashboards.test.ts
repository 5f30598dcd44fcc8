// SPDX-License-Identifier: Apache-2.0
/**
 * A real Prometheus scrapes two controllers and a webhook at work: no panel of any dashboard is empty, and every rule can
 * be evaluated.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DASHBOARDS } from '../../../hack/observability/dashboards/dashboards.ts';
import { type Prometheus, type Sample, startPrometheus } from '../../../hack/observability/prometheus.ts';
import { ruleGroups, rulesFile } from '../../../hack/observability/rules/rules.ts';
import { RUN_LABEL, sharedControlPlane } from '../../support/control-plane.ts';
import type { SignetProcess } from '../../support/signet-process.ts';
import { NAME, present } from '../stories/world.ts';
import { webhookWorld } from '../webhook/webhook-world.ts';

const PROBES = `probes-${randomBytes(4).toString('hex')}`;
const FLAGS = [
  '--identity-metrics-limit=5',
  `--prober-identities=${PROBES}/server,${PROBES}/client`,
  '--prober-interval=1s',
];
/** The rules of an hour within two minutes. */
const SCALE = 30;
/** Grafana would put in what four scrapes take. */
const RATE_INTERVAL = '20s';
/** A building of Prometheus from its sources would be waited for. */
const LONG = 1_800_000;
const PATIENCE = { timeout: 90_000, interval: 1000 };
const POLICY = 'dashboards';

const { world, installation, webhook } = (() => {
  const made = webhookWorld({ ttl: '24h', flags: FLAGS });
  return { world: made.world, installation: () => made.installation, webhook: () => made.webhook };
})();
let prometheus: Prometheus | undefined;
let signer: SignetProcess | undefined;

beforeAll(async () => {
  signer = world.signet;
  const standby = await world.start([...world.flags, ...installation().controllerFlags, ...FLAGS]);
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
  await startProbes();
  await world.identity(namespace, { ttl: '20s' });
  await world.ready(namespace, NAME);
  prometheus = await startPrometheus({
    targets: {
      signer: await addressOf(signer),
      standby: await addressOf(standby),
      webhook: await addressOf(webhook()),
    },
    rules: rulesFile(SCALE),
  });
}, LONG);

async function startProbes(): Promise<void> {
  const labels = { ...world.selector.matchLabels, [RUN_LABEL]: sharedControlPlane().run };
  await world.cluster.create({ kind: 'Namespace', metadata: { name: PROBES, labels } });
  for (const name of ['server', 'client']) {
    await world.serviceAccount(PROBES, name);
    await world.identity(PROBES, { serviceAccountName: name }, name);
  }
}

afterAll(async () => {
  await prometheus?.stop();
  await world.cluster.deleteAll('ServiceIdentity', PROBES);
  await world.cluster.delete({ kind: 'Namespace', name: PROBES });
  await world.cluster.delete({ kind: 'IdentityPolicy', name: POLICY });
});

async function addressOf(signet: SignetProcess): Promise<string> {
  const { port } = await signet.untilLogged('Serving probes and metrics');
  return `127.0.0.1:${String(port)}`;
}

async function query(expr: string): Promise<readonly Sample[]> {
  if (prometheus === undefined) throw new Error('there is no Prometheus');
  return prometheus.query(expr.replaceAll('$__rate_interval', RATE_INTERVAL));
}

const PANELS = Object.entries(DASHBOARDS).flatMap(([name, { rows }]) =>
  rows.flatMap(({ panels }) =>
    panels.flatMap(({ title, queries }) => queries.map(({ expr }) => [`${name}: ${title}`, expr] as const)),
  ),
);

describe('panels', () => {
  it.each(PANELS)('%s has data', async (_, expr) => {
    await expect.poll(async () => (await query(expr)).some(({ value }) => !Number.isNaN(value)), PATIENCE).toBe(true);
  });
});

it('evaluates every recording rule', async () => {
  const recorded = ruleGroups(SCALE).flatMap(({ rules }) =>
    rules.flatMap((rule) => ('record' in rule ? [rule.record] : [])),
  );
  for (const record of recorded) {
    await expect.poll(async () => (await query(record)).length, PATIENCE).toBeGreaterThan(0);
  }
});

it('counts one signer and one warm standby, and no webhook among them', async () => {
  expect((await query('signet:signers:sum')).map(({ value }) => value)).toEqual([1]);
  expect((await query('signet:warm_standbys:count')).map(({ value }) => value)).toEqual([1]);
});

async function told(of: SignetProcess, code: string, namespace: string) {
  const find = async () => (await of.log()).find((line) => line['code'] === code && line['namespace'] === namespace);
  await expect.poll(find, PATIENCE).toBeDefined();
  return find();
}

it('shakes hands with what is stored', async () => {
  const succeeded = 'sum(signet_probe_handshakes_total{result="success"})';
  await expect.poll(async () => (await query(succeeded))[0]?.value, PATIENCE).toBeGreaterThan(1);
  await present(signer, 'signer').untilLogged('Stored SVIDs work');
});

describe('the audit stream', () => {
  it('tells who was refused at admission, with the object that it would have been', async () => {
    const namespace = await world.namespace();
    await expect(world.identity(namespace, { dnsNames: ['www.google.com'] })).rejects.toThrow('spec.dnsNames[0]');
    expect(await told(webhook(), 'ADMISSION_DENIED', namespace)).toMatchObject({
      channel: 'audit',
      outcome: 'refused',
      kind: 'ServiceIdentity.signet.dev',
      name: NAME,
      user: expect.any(String),
      correlationID: expect.stringMatching(/^[0-9a-f-]{36}:1$/u),
    });
  });

  it('tells of an issuance by the id that admission saw, and by the serial number in status', async () => {
    const { namespace, identity } = await world.issued();
    const { metadata, status } = identity;
    expect(await told(present(signer, 'signer'), 'SVID_ISSUED', namespace)).toMatchObject({
      reason: 'FirstIssuance',
      correlationID: `${metadata.uid}:${metadata.generation}`,
      spiffeID: status?.spiffeID,
      serialNumber: status?.serialNumber,
      authorityID: status?.authorityID,
    });
  });
});
