// SPDX-License-Identifier: Apache-2.0
/**
 * A real Prometheus scrapes two controllers and a webhook at work: no panel of any dashboard is empty, and every rule can
 * be evaluated.
 * @module
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { DASHBOARDS } from '../../../hack/observability/dashboards/dashboards.ts';
import type { Sample } from '../../../hack/observability/prometheus.ts';
import { ruleGroups } from '../../../hack/observability/rules/rules.ts';
import type { SignetProcess } from '../../support/signet-process.ts';
import { NAME } from '../stories/world.ts';
import { observedWorld, RATE_INTERVAL } from './observed-world.ts';

/** The rules of an hour within two minutes. */
const SCALE = 30;
const PATIENCE = { timeout: 90_000, interval: 1000 };

const observed = observedWorld(SCALE);
const { world } = observed;

/** Some panels tell of what happens once in years. */
beforeAll(async () => {
  const rotation = { id: 'dashboards-1', action: 'Compromise', reason: 'a test' };
  await world.cluster.patch({ kind: 'TrustDomain', name: 'default' }, { spec: { rotation } });
  await world.untilTrustDomain('default', ({ status }) => status?.rotation?.state === 'Completed');
});

async function query(expr: string): Promise<readonly Sample[]> {
  return observed.prometheus.query(expr.replaceAll('$__rate_interval', RATE_INTERVAL));
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

it('is scraped in less than 100 kB, everything that a controller may have included', async () => {
  const { code, text } = await observed.signer.ask('/metrics');
  expect(code).toBe(200);
  expect(Buffer.byteLength(text)).toBeLessThan(100_000);
});

async function told(of: SignetProcess, code: string, namespace: string) {
  const find = async () => (await of.log()).find((line) => line['code'] === code && line['namespace'] === namespace);
  await expect.poll(find, PATIENCE).toBeDefined();
  return find();
}

it('shakes hands with what is stored', async () => {
  const succeeded = 'sum(signet_probe_handshakes_total{result="success"})';
  await expect.poll(async () => (await query(succeeded))[0]?.value, PATIENCE).toBeGreaterThan(1);
  await observed.signer.untilLogged('Stored SVIDs work');
});

describe('the audit stream', () => {
  it('tells who was refused at admission, with the object that it would have been', async () => {
    const namespace = await world.namespace();
    await expect(world.identity(namespace, { dnsNames: ['www.google.com'] })).rejects.toThrow('spec.dnsNames[0]');
    expect(await told(observed.webhooks.webhook, 'ADMISSION_DENIED', namespace)).toMatchObject({
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
    expect(await told(observed.signer, 'SVID_ISSUED', namespace)).toMatchObject({
      reason: 'FirstIssuance',
      correlationID: `${metadata.uid}:${metadata.generation}`,
      spiffeID: status?.spiffeID,
      serialNumber: status?.serialNumber,
      authorityID: status?.authorityID,
    });
  });
});
