// SPDX-License-Identifier: Apache-2.0
/**
 * What must not stop the webhook: a thousand policies, expressions that cost too much together, one that would run for
 * years, a clock that is wrong.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { kubectl } from '../../support/control-plane.ts';
import type { SignetProcess } from '../../support/signet-process.ts';
import { isReady, NAME } from '../stories/world.ts';
import { webhookWorld } from './webhook-world.ts';

const POLICIES = 1000;
const SKEWED = fileURLToPath(new URL('../../support/skewed-signet.ts', import.meta.url));
const OF_THIS_FILE = randomBytes(4).toString('hex');
const HOUR_MS = 3_600_000;
const place = webhookWorld({ ttl: '24h' });
const { world } = place;

const draft = (namespace: string, spec: object = {}) => ({
  kind: 'ServiceIdentity' as const,
  metadata: { name: 'another', namespace },
  spec: { serviceAccountName: NAME, ...spec },
});

/** Everything is as before it: admission works, and what is invalid is refused as advice. */
async function judges(): Promise<void> {
  const namespace = await world.namespace();
  await vi.waitFor(() => world.cluster.tryCreate(draft(namespace)), { timeout: 30_000, interval: 200 });
  const wrong = draft(namespace, { dnsNames: ['www.google.com'] });
  await expect(world.cluster.tryCreate(wrong)).rejects.toThrow(/cannot be accepted/);
}

function policy(name: string, spec: object) {
  return { kind: 'IdentityPolicy' as const, metadata: { name, labels: { 'example.org/of': OF_THIS_FILE } }, spec };
}

async function removePolicies(): Promise<void> {
  // kubectl would delete them one by one.
  const selector = encodeURIComponent(`example.org/of=${OF_THIS_FILE}`);
  await kubectl(['delete', '--raw', `/apis/signet.dev/v1alpha1/identitypolicies?labelSelector=${selector}`]);
}

describe(`with ${POLICIES} policies`, () => {
  afterEach(removePolicies);

  it('admits, refuses, issues and starts again', async () => {
    let next = 0;
    const creator = async (): Promise<void> => {
      while (next < POLICIES) {
        const spec = { issue: { keyAlgorithms: ['ECDSA-P256', 'Ed25519'] }, mtls: { clients: {} } };
        next += 1;
        await world.cluster.create(policy(`many-${next}`, spec));
      }
    };
    await Promise.all(Array.from({ length: 16 }, creator));
    await judges();
    await world.issued();
    await place.webhook.kill();
    await (await place.start()).untilReady();
    await judges();
  });
});

function peers(count: number): string[] {
  return Array.from({ length: count }, (_, peer) => `spiffe://example.org/ns/web/sa/a${peer}`);
}

describe('policies that cost too much together', () => {
  afterEach(removePolicies);

  it('refuse what they could not judge and say so, and hold up nobody else', async () => {
    const namespace = await world.namespace();
    const expression =
      "identity.spec.mtls.allowedClients.all(peer, peer.startsWith('spiffe://') && peer.endsWith(peer) && peer.contains('/sa/'))";
    const validations = Array.from({ length: 16 }, (_, rule) => ({ name: `r${rule}`, expression, message: 'unused' }));
    for (let next = 1; next <= 12; next += 1) {
      await world.cluster.create(
        policy(`costly-${next}`, { match: { namespaces: { names: [namespace] } }, validations }),
      );
    }
    const costly = { mtls: { allowedClients: peers(64) } };
    await expect
      .poll(() => world.cluster.tryCreate(draft(namespace, costly)).then(() => 'admitted', String), { timeout: 30_000 })
      .toContain('the expressions of all policies together take too much work for one object');
    await world.cluster.tryCreate(draft(namespace, { mtls: { allowedClients: peers(2) } }));
    await world.cluster.tryCreate(draft(await world.namespace(), costly));
    await judges();
  });
});

describe('an expression that would run for years', () => {
  afterEach(async () => {
    await removePolicies();
    await place.installation.applyConfigurations();
  });

  it('that slipped in is applied by nobody and holds up nobody', async () => {
    await place.installation.applyConfigurations('Ignore');
    await place.webhook.kill();
    const list = `[${Array.from({ length: 60 }, (_, index) => index).join(', ')}]`;
    const expression = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].reduce(
      (inner, name) => `${list}.all(${name}, ${inner})`,
      'true',
    );
    const spec = { validations: [{ name: 'endless', expression, message: 'unused' }], onViolation: 'Revoke' };
    const { namespace } = await world.issued();
    await vi.waitFor(() => world.cluster.create(policy('endless', spec)), { timeout: 30_000, interval: 200 });
    const refused = await world.cluster.until({ kind: 'IdentityPolicy', name: 'endless' }, (now) =>
      isRefused(now?.status?.conditions),
    );
    expect(refused?.status?.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'False', reason: 'InvalidSpec' });
    await world.issued();
    expect(isReady(await world.ready(namespace))).toBe(true);
    await (await place.start()).untilReady();
    await place.installation.applyConfigurations();
    await judges();
  });
});

function isRefused(conditions: readonly { readonly reason: string }[] = []): boolean {
  return conditions.some(({ reason }) => reason === 'InvalidSpec');
}

async function readiness(process: SignetProcess): Promise<string> {
  return (await process.ask('/readyz?verbose')).text;
}

describe('a clock that is wrong', () => {
  let skewed: SignetProcess | undefined;

  afterEach(async () => {
    if (skewed === undefined) return;
    await skewed.kill();
    skewed = undefined;
    await (await place.start()).untilReady();
  });

  async function replaceWebhook(skew: number): Promise<SignetProcess> {
    await place.webhook.kill();
    skewed = await place.installation.start([String(skew)], SKEWED);
    return skewed;
  }

  it('by less than a certificate lives changes nothing', async () => {
    await (await replaceWebhook(HOUR_MS)).untilReady();
    await judges();
  });

  it.each([-HOUR_MS, 48 * HOUR_MS])(
    'by %i ms, where no certificate is valid, keeps a replica from traffic',
    async (skew) => {
      const webhook = await replaceWebhook(skew);
      await vi.waitFor(async () => expect(await readiness(webhook)).toContain('not valid now'), 30_000);
      // Nobody waits for it: what it would answer is right all the same.
      await judges();
    },
  );

  it('by ten minutes keeps a controller from acting, and admission goes on without it', async () => {
    const controllerFlags = [...world.flags, ...place.installation.controllerFlags];
    await world.signet.stop();
    const wrong = await world.startAs({ script: SKEWED, flags: [...controllerFlags, String(HOUR_MS / 6)] });
    await vi.waitFor(async () => expect(await readiness(wrong)).toContain('s ahead of the API server'), 30_000);
    await judges();
    const honest = await world.start(controllerFlags);
    await honest.untilSigning();
    expect((await wrong.log()).map(({ msg }) => msg)).not.toContain('Lease won, signing');
    await wrong.kill();
  });
});
