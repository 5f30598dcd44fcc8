// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of PKCS#12 files on a real API server: written beside the others, following their password, and what becomes
 * of them without one.
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import { openStore } from '../../../src/pki/pkcs12-reader.ts';
import type { SecretObject } from '../../support/kinds.ts';
import { requestsOf, writesIn } from './requests.ts';
import { disagreement } from './svid-files.ts';
import { isReady, NAME, storyWorld } from './world.ts';

const world = storyWorld();
const PASSWORD = 'keystore-password';
const LABELS = { 'signet.dev/password': 'true' };
const formats = [
  { type: 'PEM' as const },
  { type: 'PKCS12' as const, pkcs12: { passwordSecretRef: { name: PASSWORD } } },
];

async function password(namespace: string, text: string, labels: Record<string, string> = LABELS): Promise<void> {
  const data = { password: Buffer.from(text).toString('base64') };
  await world.cluster.create({ kind: 'Secret', metadata: { name: PASSWORD, namespace, labels }, data });
}

async function opens({ data }: SecretObject, text: string): Promise<boolean> {
  const files = ['keystore.p12', 'truststore.p12'].map((name) => Buffer.from(data?.[name] ?? '', 'base64'));
  const opened = await Promise.all(files.map((file) => openStore(file, Buffer.from(text))));
  return opened[0]?.privateKey !== undefined && opened[1] !== undefined;
}

function reasonOf({ status }: ServiceIdentity): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'FormatBlocked')?.reason;
}

describe.concurrent('PKCS#12 files', () => {
  it('are written beside the others, and again for another password', async () => {
    const namespace = await world.namespace();
    await password(namespace, 'first');
    await world.identity(namespace, { secret: { formats } });
    const identity = await world.ready(namespace);
    const secret = await world.secret(namespace);
    expect(disagreement(secret)).toBeUndefined();
    expect(await opens(secret, 'first')).toBe(true);
    await world.cluster.patch(
      { kind: 'Secret', namespace, name: PASSWORD },
      { data: { password: Buffer.from('second').toString('base64') } },
    );
    await world.reissued(identity);
    expect(await opens(await world.secret(namespace), 'second')).toBe(true);
    // A touch that changes no password writes nothing: the request after it is the next write.
    await world.cluster.patch({ kind: 'Secret', namespace, name: PASSWORD }, { metadata: { labels: { a: 'b' } } });
    const before = await world.ready(namespace);
    await world.patch(namespace, { renewRequest: 'now' });
    await world.reissued(before);
    const pair = ['update secrets', 'update serviceidentities/status'];
    const writes = writesIn(await requestsOf(world.installation.user), namespace);
    expect(writes).toEqual(['create secrets', 'update serviceidentities/status', ...pair, ...pair]);
  });

  it('are left out without a password, and come with it; all else goes on', async () => {
    const namespace = await world.namespace();
    await password(namespace, 'first', {});
    await world.identity(namespace, { secret: { formats } });
    const identity = await world.until(namespace, (now) => isReady(now) && reasonOf(now) === 'PasswordNotFound');
    expect(disagreement(await world.secret(namespace))).toBeUndefined();
    expect(await opens(await world.secret(namespace), 'first')).toBe(false);
    await world.cluster.patch({ kind: 'Secret', namespace, name: PASSWORD }, { metadata: { labels: LABELS } });
    const whole = await world.reissued(identity);
    expect(reasonOf(whole)).toBeUndefined();
    expect(await opens(await world.secret(namespace), 'first')).toBe(true);
    await world.cluster.delete({ kind: 'Secret', namespace, name: PASSWORD });
    await world.until(namespace, (now) => isReady(now) && reasonOf(now) === 'PasswordNotFound');
    expect(await opens(await world.secret(namespace), 'first')).toBe(true);
  });

  it('say what is wrong with a password', async () => {
    const namespace = await world.namespace();
    await password(namespace, 'first\n');
    await world.identity(namespace, { secret: { formats } });
    const identity = await world.until(namespace, (now) => isReady(now) && reasonOf(now) === 'PasswordInvalid');
    const told = identity.status?.conditions?.find(({ type }) => type === 'FormatBlocked')?.message;
    expect(told).toMatch(/newline/);
    expect(told).not.toContain('first');
    expect(identity.metadata.name).toBe(NAME);
  });
});
