// SPDX-License-Identifier: Apache-2.0
/**
 * Rotations of the webhook's serving certificate, with 200 requests a second through the real API server and a GitOps tool
 * that applies the configurations over and over: not one admission fails, and nobody fights. SIGNET_ROTATIONS says how
 * many; a hundred are watched by hand.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { webhookWorld } from '../../integration/webhook/webhook-world.ts';
import { startAdmissionLoad } from '../../support/admission-load.ts';
import { getJSON, kubectl } from '../../support/control-plane.ts';

const ROTATIONS = Number(process.env['SIGNET_ROTATIONS'] ?? 10);
const RATE = 200;
const APPLY_EVERY_MS = 2_000;
const CONNECT_EVERY_MS = 50;
/** The shortest there is: a rotation every five seconds. */
const place = webhookWorld({ ttl: '10s' });
const { world } = place;

interface Managed {
  readonly metadata: {
    readonly generation: number;
    readonly managedFields: readonly { readonly manager: string; readonly fieldsV1: object }[];
  };
}

/** Serving certificates that the webhook has taken up. */
async function takenUp(metrics: string): Promise<number> {
  const text = await (await fetch(metrics)).text();
  return Number(/^signet_webhook_certificate_loads_total\{result="success"\} (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

/** What ArgoCD or Flux do: the same again and again, by server-side apply. */
async function applyOverAndOver(signal: AbortSignal): Promise<number> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: place.installation.configurations });
  const args = ['apply', '--server-side', '--force-conflicts', '--field-manager=gitops', '-f', '-'];
  let applied = 0;
  while (!signal.aborted) {
    await kubectl(args, list);
    applied += 1;
    await pause(APPLY_EVERY_MS);
  }
  return applied;
}

/** API servers keep connections open, so what a new one would meet is asked for by handshakes with the caBundle there is. */
async function connectOverAndOver(
  signal: AbortSignal,
): Promise<{ readonly failures: string[]; readonly made: number }> {
  const failures: string[] = [];
  const ref = { kind: 'ValidatingWebhookConfiguration', name: 'signet-webhook' } as const;
  let made = 0;
  while (!signal.aborted) {
    const { webhooks = [] } = (await world.cluster.get(ref)) ?? {};
    const ca = Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64');
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const socket = connect({ host: '127.0.0.1', port: place.installation.port, servername: 'localhost', ca });
    socket.once('error', (error) => resolve(error.message));
    socket.once('secureConnect', () => resolve(undefined));
    const failure = await promise;
    socket.destroy();
    if (failure !== undefined) failures.push(failure);
    made += 1;
    await pause(CONNECT_EVERY_MS);
  }
  return { failures, made };
}

it(`${ROTATIONS} rotations under up to ${RATE} requests a second fail no admission`, async () => {
  const namespace = await world.namespace();
  // Every question to the process would read its log, which grows by a line for each refusal.
  const { port } = await place.webhook.untilLogged('Serving probes and metrics');
  const metrics = `http://127.0.0.1:${String(port)}/metrics`;
  const before = await takenUp(metrics);
  const told = (await world.signet.log()).length;
  const over = new AbortController();
  const tool = applyOverAndOver(over.signal);
  const handshakes = connectOverAndOver(over.signal);
  const load = startAdmissionLoad(world.cluster, namespace, RATE);
  try {
    await expect
      .poll(() => takenUp(metrics), { timeout: 1_500_000, interval: 1_000 })
      .toBeGreaterThanOrEqual(before + ROTATIONS);
  } finally {
    over.abort();
    console.log(`${load.rate().toFixed(0)} requests/s: ${JSON.stringify(load.counts)}, ${load.failures.length} failed`);
    await load.stop();
  }
  const { asked, admitted, refused } = load.counts;
  expect(load.failures).toEqual([]);
  expect(admitted + refused).toBe(asked);
  const { failures, made } = await handshakes;
  expect(failures).toEqual([]);
  expect(made).toBeGreaterThan(ROTATIONS);
  expect(await tool).toBeGreaterThan(ROTATIONS);

  const { metadata } = await getJSON<Managed>([
    'validatingwebhookconfiguration',
    'signet-webhook',
    '--show-managed-fields',
  ]);
  const owners = metadata.managedFields.filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes('f:caBundle'));
  expect(owners.map(({ manager }) => manager)).toEqual(['signet-ca-bundle']);
  // Nobody was told that somebody else writes what is ours.
  const log = (await world.signet.log()).slice(told);
  expect(log.filter(({ level }) => level === 'warn' || level === 'error').map(({ msg }) => msg)).toEqual([]);
}, 1_800_000);
