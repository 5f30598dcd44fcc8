// SPDX-License-Identifier: Apache-2.0
/**
 * The serving certificate before a real API server: ten rotations under requests without a failed admission, a caBundle
 * that comes back, and who owns it.
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import { kubectl, sharedControlPlane } from '../../support/control-plane.ts';
import { NAME } from '../stories/world.ts';
import { webhookWorld } from './webhook-world.ts';

const place = webhookWorld({ ttl: '10s' });
const { world } = place;
const CONFIGURATION = { kind: 'ValidatingWebhookConfiguration', name: 'signet-webhook' } as const;

async function bundles(): Promise<string[]> {
  const { webhooks = [] } = (await world.cluster.get(CONFIGURATION)) ?? {};
  return webhooks.map(({ clientConfig }) => clientConfig.caBundle ?? '');
}

/** A handshake as an API server makes it that trusts this caBundle; resolves to the authority's issuer name. */
function handshake(caBundle: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: place.installation.port,
      servername: 'localhost',
      ca: Buffer.from(caBundle, 'base64'),
      minVersion: 'TLSv1.3',
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const issuer = socket.getPeerX509Certificate()?.issuer ?? '';
      socket.destroy();
      resolve(issuer);
    });
  });
}

async function taken(): Promise<number> {
  return (await place.webhook.log()).filter(({ msg }) => msg === 'Took up a serving certificate').length;
}

describe('ten rotations under requests', () => {
  it('fail not one admission and not one handshake, and say no to everything invalid meanwhile', async () => {
    const namespace = await world.namespace();
    const failures: unknown[] = [];
    const issuers = new Set<string>();
    const until = (await taken()) + 10;
    const over = new AbortController();
    const counts = { admitted: 0, refused: 0, handshakes: 0 };
    const valid = { kind: 'ServiceIdentity', metadata: { name: NAME, namespace } } as const;
    const loops = [
      async () => {
        await world.cluster.tryCreate({ ...valid, spec: { serviceAccountName: NAME } });
        counts.admitted += 1;
      },
      async () => {
        const wrong = { serviceAccountName: NAME, dnsNames: ['www.google.com'] };
        const said = await world.cluster.tryCreate({ ...valid, spec: wrong }).then(
          () => 'admitted',
          (error: Error) => error.message,
        );
        if (!said.includes('cannot be accepted')) throw new Error(said);
        counts.refused += 1;
      },
      async () => {
        const [bundle = ''] = await bundles();
        issuers.add(await handshake(bundle));
        counts.handshakes += 1;
      },
    ].map(async (step) => {
      while (!over.signal.aborted) await step().catch((error: unknown) => failures.push(error));
    });
    try {
      await vi.waitFor(async () => expect(await taken()).toBeGreaterThanOrEqual(until), {
        timeout: 150_000,
        interval: 500,
      });
    } finally {
      over.abort();
      await Promise.all(loops);
    }
    expect(failures).toEqual([]);
    expect(issuers.size).toBeGreaterThanOrEqual(10);
    expect(Math.min(counts.admitted, counts.refused, counts.handshakes)).toBeGreaterThan(100);
  });
});

describe('the caBundle', () => {
  it('that somebody edits by hand comes back', async () => {
    const wrong = (await readFile(sharedControlPlane().caFile ?? '')).toString('base64');
    const edit = [{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: wrong }];
    await kubectl([
      'patch',
      'validatingwebhookconfiguration',
      'signet-webhook',
      '--type=json',
      '-p',
      JSON.stringify(edit),
    ]);
    await vi.waitFor(async () => {
      const [first = '', second] = await bundles();
      expect(first).toBe(second);
      expect(first).not.toBe(wrong);
      await handshake(first);
    }, 30_000);
    const remove = [{ op: 'remove', path: '/webhooks/1/clientConfig/caBundle' }];
    await kubectl([
      'patch',
      'validatingwebhookconfiguration',
      'signet-webhook',
      '--type=json',
      '-p',
      JSON.stringify(remove),
    ]);
    await vi.waitFor(async () => expect((await bundles())[1]).toMatch(/^.{100}/), 30_000);
  });

  it('holds the authorities of what is served and what was, and each has signed nothing else', async () => {
    const [bundle = ''] = await bundles();
    const pems = Buffer.from(bundle, 'base64')
      .toString()
      .split(/(?<=-----END CERTIFICATE-----\n)/);
    expect(pems.length).toBeLessThanOrEqual(10);
    const secret = await world.secret(world.installation.namespace, 'signet-webhook-serving');
    expect(secret.type).toBe('signet.dev/serving');
    expect(Object.keys(secret.data ?? {}).filter((key) => key.endsWith('.key'))).not.toContain('ca.key');
    const leaf = new X509Certificate(Buffer.from(secret.data?.['tls.crt'] ?? '', 'base64'));
    expect(leaf.checkHost(`signet-webhook.${world.installation.namespace}.svc`)).toBeDefined();
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });
});

describe('a tool that applies the chart again and again', () => {
  it('changes nothing, and owns everything but caBundle, which the controller alone owns', async () => {
    const applied = place.installation.configurations.find(({ metadata }) => metadata.name === 'signet-webhook');
    const apply = ['apply', '--server-side', '--force-conflicts', '--field-manager=argocd', '-f', '-'];
    await kubectl(apply, JSON.stringify(applied));
    for (let time = 0; time < 5; time += 1) {
      const before = await bundles();
      await kubectl(apply, JSON.stringify(applied));
      const after = await bundles();
      expect(after.every((bundle) => bundle.length > 100)).toBe(true);
      if (before[0] !== after[0]) time -= 1;
    }
    const said = await kubectl([
      'get',
      'validatingwebhookconfiguration',
      'signet-webhook',
      '--show-managed-fields',
      '-o',
      'json',
    ]);
    const { metadata } = JSON.parse(said) as {
      metadata: { managedFields: { manager: string; operation: string; fieldsV1: Record<string, unknown> }[] };
    };
    const owners = metadata.managedFields.filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes('f:caBundle'));
    expect(owners.map(({ manager, operation }) => `${manager} ${operation}`)).toEqual(['signet-ca-bundle Apply']);
    const entry = { '.': {}, 'f:name': {}, 'f:clientConfig': { 'f:caBundle': {} } };
    expect(owners[0]?.fieldsV1).toEqual({
      'f:webhooks': {
        'k:{"name":"identitypolicies.signet.dev"}': entry,
        'k:{"name":"serviceidentities.signet.dev"}': entry,
        'k:{"name":"trustdomains.signet.dev"}': entry,
      },
    });
    const tool = metadata.managedFields.find(({ manager }) => manager === 'argocd');
    expect(JSON.stringify(tool?.fieldsV1)).not.toContain('caBundle');
  });

  it('can take a configuration away and bring it back', async () => {
    await kubectl(['delete', 'validatingwebhookconfiguration', 'signet-webhook']);
    await place.installation.applyConfigurations();
    await vi.waitFor(async () => expect((await bundles())[0]).toMatch(/^.{100}/), 30_000);
    const namespace = await world.namespace();
    const spec = { serviceAccountName: NAME, dnsNames: ['www.google.com'] };
    const draft = { kind: 'ServiceIdentity', metadata: { name: NAME, namespace }, spec } as const;
    await vi.waitFor(() => expect(world.cluster.tryCreate(draft)).rejects.toThrow(/cannot be accepted/), 30_000);
  });
});

describe('the Secret', () => {
  it('that somebody deletes is made anew, and admission works again', async () => {
    const { namespace } = world.installation;
    const before = await world.secret(namespace, 'signet-webhook-serving');
    const loads = await taken();
    await kubectl(['delete', 'secret', 'signet-webhook-serving', '-n', namespace]);
    await vi.waitFor(async () => {
      const after = await world.secret(namespace, 'signet-webhook-serving');
      expect(after.metadata.uid).not.toBe(before.metadata.uid);
      expect(await taken()).toBeGreaterThan(loads);
      const [bundle = ''] = await bundles();
      await handshake(bundle);
      await place.webhook.untilReady();
    }, 60_000);
  });
});
