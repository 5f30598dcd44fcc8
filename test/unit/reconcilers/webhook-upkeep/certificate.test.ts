// SPDX-License-Identifier: Apache-2.0
/**
 * The serving certificate over a small API server in memory: the order of the writes, what is never written, and what
 * happens when somebody else writes.
 * @module
 */

import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectVersion } from '../../../../src/api/object-version.ts';
import { encodePEM } from '../../../../src/pki/pem.ts';
import type { OwnSecret, StoredSecret } from '../../../../src/reconcilers/own-secrets.ts';
import {
  type CertificateDeps,
  reconcileCertificate,
  TrustMemory,
} from '../../../../src/reconcilers/webhook-upkeep/certificate.ts';
import { hasBundle, type WebhookConfiguration } from '../../../../src/reconcilers/webhook-upkeep/configurations.ts';
import { HOUR, MINUTE, SECOND } from '../../../../src/time.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { aTestAuthority } from '../../../support/test-authority.ts';

const NAME = 'signet-webhook-serving';

class Server {
  readonly clock = new ManualClock();
  readonly log: string[] = [];
  readonly blocked: string[] = [];
  secret: (OwnSecret & ObjectVersion) | undefined;
  configuration: WebhookConfiguration | undefined = {
    metadata: { name: 'signet-webhook', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    webhooks: [{ name: 'a.signet.dev' }, { name: 'b.signet.dev', clientConfig: { caBundle: 'Zm9yZWlnbg==' } }],
  };
  refusal: string | undefined;
  memory = new TrustMemory();
  lifetime = 24 * HOUR;
  version = 1;

  get deps(): CertificateDeps {
    return {
      secretName: NAME,
      configurations: ['signet-webhook'],
      settings: {
        lifetime: this.lifetime,
        uptake: Math.min(15 * SECOND, this.lifetime / 10),
        dnsNames: ['signet-webhook.signet-system.svc'],
      },
      gate: { refusal: () => this.refusal },
      clock: this.clock,
      memory: this.memory,
      observer: {
        step: ({ kind }) => this.log.push(kind),
        bundleWritten: () => this.log.push('Publish'),
        blocked: (problem) => this.blocked.push(problem),
        looked: () => undefined,
      },
      secrets: {
        get: async () => (this.secret === undefined ? undefined : stored(this.secret)),
        create: async (secret) => this.write(secret, 'new'),
        replace: async (secret, precondition) => {
          expect(precondition.resourceVersion).toBe(this.secret?.resourceVersion);
          return this.write(secret, this.secret?.uid ?? 'new');
        },
      },
      calls: {
        get: async () => this.configuration,
        apply: async (read, caBundle) => {
          expect(read.metadata.resourceVersion).toBe(this.configuration?.metadata.resourceVersion);
          this.publish(caBundle);
        },
      },
    };
  }

  write(secret: OwnSecret, uid: string): ObjectVersion {
    const data = new Map([...secret.data].map(([key, file]) => [key, Buffer.from(file)]));
    this.version += 1;
    this.secret = { ...secret, data, uid, resourceVersion: String(this.version) };
    return { uid, resourceVersion: String(this.version) };
  }

  publish(caBundle: string): void {
    if (this.configuration === undefined) return;
    this.version += 1;
    const webhooks = this.configuration.webhooks?.map(({ name }) => ({ name, clientConfig: { caBundle } })) ?? [];
    const metadata = { ...this.configuration.metadata, resourceVersion: String(this.version) };
    this.configuration = { metadata, webhooks };
  }

  /** Runs until it asks for more than a moment. */
  async settle(): Promise<number> {
    for (let run = 0; run < 20; run += 1) {
      const { requeueAfter = 0 } = await reconcileCertificate(this.deps);
      if (requeueAfter > SECOND / 10) return requeueAfter;
      await this.clock.advance(requeueAfter);
    }
    throw new Error('It never comes to rest');
  }

  keys(): string[] {
    return [...(this.secret?.data.keys() ?? [])].toSorted();
  }

  bundleText(): string {
    return Buffer.from(this.configuration?.webhooks?.[0]?.clientConfig?.caBundle ?? '', 'base64').toString();
  }

  bundle(): number {
    return this.bundleText().split('BEGIN CERTIFICATE').length - 1;
  }
}

/** A copy, as a read makes one. */
function stored({ uid, resourceVersion, data, labels }: OwnSecret & ObjectVersion): StoredSecret {
  const copy = new Map([...data].map(([key, file]) => [key, Buffer.from(file)]));
  return { uid, resourceVersion, data: copy, ...('signet.dev/managed' in labels ? { managed: true } : {}) };
}

let server: Server;

beforeEach(() => {
  server = new Server();
});

/** A certificate is served. */
async function begun(): Promise<void> {
  await server.settle();
  await server.clock.advance(15 * SECOND);
  await server.settle();
  server.log.length = 0;
}

describe('the first certificate', () => {
  it('is stored, published and served at once: API servers trust no other that it could be too early for', async () => {
    await server.settle();
    expect(server.log).toEqual(['Prepare', 'Publish', 'Promote']);
    expect(server.keys()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    expect(server.secret).toMatchObject({ type: 'signet.dev/serving', labels: { 'signet.dev/managed': 'serving' } });
  });

  it('is not made by a replica that may not act', async () => {
    server.refusal = 'this replica does not hold the Lease';
    await reconcileCertificate(server.deps);
    expect(server.secret).toBeUndefined();
    expect(server.log).toEqual([]);
  });

  it("does not replace a Secret that is somebody else's", async () => {
    const data = new Map([['password', Buffer.from('theirs')]]);
    server.write({ name: NAME, type: 'Opaque', labels: {}, data }, 'theirs');
    const { secret } = server;
    expect(await server.settle()).toBe(30 * SECOND);
    expect(server.secret).toBe(secret);
    expect(server.log).toEqual([]);
    expect(server.blocked).toEqual([expect.stringContaining(`Secret ${NAME} is somebody else's`)]);
  });

  it('does not replace what another maker of certificates stored', async () => {
    const { root } = await aTestAuthority();
    const data = new Map([['ca.crt', encodePEM('CERTIFICATE', root.der)]]);
    server.write({ name: NAME, type: 'kubernetes.io/tls', labels: {}, data }, 'theirs');
    const { secret } = server;
    await server.settle();
    expect(server.secret).toBe(secret);
    expect(server.blocked).toHaveLength(1);
  });

  it('waits for no configuration that is not there', async () => {
    server.configuration = undefined;
    await begun();
    expect(server.keys()).toContain('tls.crt');
  });
});

describe('afterwards', () => {
  beforeEach(begun);

  it('nothing is written', async () => {
    const { secret, configuration } = server;
    for (let minute = 0; minute < 60; minute += 1) {
      await server.clock.advance(MINUTE);
      await server.settle();
    }
    expect(server.log).toEqual([]);
    expect(server.secret).toBe(secret);
    expect(server.configuration).toBe(configuration);
  });

  it('both authorities are trusted from before the change until the old certificate has ended', async () => {
    const old = server.secret?.data.get('tls.crt')?.toString();
    const authority = server.bundleText();
    await server.clock.advance(12 * HOUR);
    await server.settle();
    expect(server.log).toEqual(['Prepare', 'Publish']);
    expect(server.bundle()).toBe(2);
    expect(server.secret?.data.get('tls.crt')?.toString()).toBe(old);
    await server.clock.advance(15 * SECOND);
    await server.settle();
    expect(server.secret?.data.get('tls.crt')?.toString()).not.toBe(old);
    expect(server.bundle()).toBe(2);
    await server.clock.advance(11 * HOUR + 59 * MINUTE);
    await server.settle();
    expect(server.bundleText()).toContain(authority);
    await server.clock.advance(3 * MINUTE);
    await server.settle();
    expect(server.bundleText()).not.toContain(authority);
  });

  it('a caBundle edited by hand is written again, and a promotion waits anew', async () => {
    await server.clock.advance(12 * HOUR);
    await server.settle();
    await server.clock.advance(14 * SECOND);
    server.publish('Zm9yZWlnbg==');
    await server.settle();
    expect(server.log).toEqual(['Prepare', 'Publish', 'Publish']);
    await server.clock.advance(14 * SECOND);
    await server.settle();
    expect(server.log).not.toContain('Promote');
    await server.clock.advance(SECOND);
    await server.settle();
    expect(server.log.at(-1)).toBe('Promote');
  });

  it('a caBundle that somebody else writes again and again is mended now and then', async () => {
    await server.clock.advance(MINUTE);
    for (let written = 0; written < 50; written += 1) {
      server.publish('Zm9yZWlnbg==');
      await reconcileCertificate(server.deps);
    }
    expect(server.log).toEqual(Array.from({ length: 5 }, () => 'Publish'));
    expect(server.blocked).toEqual([expect.stringContaining('somebody else writes the caBundle')]);
    await server.clock.advance(30 * SECOND);
    await server.settle();
    expect(server.log).toHaveLength(6);
    expect(server.bundle()).toBe(1);
  });

  it("rotations of our own are nobody else's writing, however many there are", async () => {
    server.lifetime = 10 * SECOND;
    for (let second = 0; second < 120; second += 1) {
      await server.settle();
      await server.clock.advance(SECOND);
    }
    expect(server.blocked).toEqual([]);
    expect(server.log.filter((step) => step === 'Promote').length).toBeGreaterThan(12);
  });

  it('a controller that was started anew waits again before it promotes', async () => {
    await server.clock.advance(12 * HOUR);
    await server.settle();
    await server.clock.advance(14 * SECOND);
    server.memory = new TrustMemory();
    await server.settle();
    await server.clock.advance(2 * SECOND);
    await server.settle();
    expect(server.log).toEqual(['Prepare', 'Publish']);
  });

  it('a damaged key is replaced, and what is served meanwhile stays trusted', async () => {
    const authority = server.secret?.data.get('ca.crt')?.toString() ?? 'none';
    server.secret?.data.get('tls.key')?.fill(0x41);
    await server.settle();
    expect(server.log).toEqual(['Prepare', 'Publish']);
    expect(server.keys()).toEqual(['ca.crt', 'next.crt', 'next.key']);
    expect(server.secret?.data.get('ca.crt')?.toString()).toContain(authority);
  });

  it('a Secret without its label gets it back', async () => {
    const { secret } = server;
    if (secret !== undefined) server.secret = { ...secret, labels: {} };
    await server.settle();
    expect(server.secret?.labels).toEqual({ 'signet.dev/managed': 'serving' });
  });

  it('no key of an authority is ever stored', () => {
    const text = [...(server.secret?.data.values() ?? [])].map(String).join('');
    expect(text.match(/PRIVATE KEY-----\n/g)).toHaveLength(2);
    expect(new X509Certificate(server.secret?.data.get('tls.crt') ?? '').ca).toBe(false);
  });
});

it('a configuration without webhooks has any caBundle', () => {
  const metadata = { name: 'x', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  expect(hasBundle({ metadata }, 'x')).toBe(true);
  expect(hasBundle({ metadata, webhooks: [{ name: 'a' }] }, 'x')).toBe(false);
});
