// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/controller/clock.ts';
import { NO_TRACER } from '../../../src/controller/tracer.ts';
import type { Party } from '../../../src/prober/handshake.ts';
import { createProber, type Probed, probe } from '../../../src/prober/prober.ts';
import { DAY, HOUR, type Instant, SECOND } from '../../../src/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { aMintedSecret, anchorsPEM } from '../../support/minted-secret.ts';
import { aTestAuthority, type TestAuthority } from '../../support/test-authority.ts';

/** Signs for as long as a probe takes otherwise. */
const LARGE_KEY = Buffer.from(
  generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
);

const SERVER = 'probes/server';
const CLIENT = 'probes/client';

function idOf(key: string): string {
  return `spiffe://example.org/ns/probes/sa/${key.split('/')[1] ?? ''}`;
}

async function aParty(authority: TestAuthority, key: string, at: Instant = Date.now()): Promise<Party> {
  const { svid } = await aMintedSecret(authority, { request: { spiffeID: idOf(key), ttl: HOUR }, at });
  return { spiffeID: idOf(key), chainPEM: svid.chainPEM, privateKeyPEM: svid.privateKeyPEM };
}

const NOW = Date.now();
const LIFE = { notBefore: NOW - DAY, notAfter: NOW + 7 * DAY };
const authority = await aTestAuthority(LIFE);
const stranger = await aTestAuthority({ ...LIFE, generation: 2 });

async function probed(
  parties: Readonly<Record<string, Party | undefined>>,
  anchors: string | undefined = anchorsPEM(authority),
) {
  return probe({
    identities: [SERVER, CLIENT],
    reads: { party: (key) => Promise.resolve(parties[key]), anchors: () => Promise.resolve(anchors) },
    tracer: NO_TRACER,
    clock: systemClock,
  });
}

describe('a handshake with what is stored', () => {
  it('succeeds where both SVIDs are good, and wipes their keys', async () => {
    const [server, client] = [await aParty(authority, SERVER), await aParty(authority, CLIENT)];
    expect(await probed({ [SERVER]: server, [CLIENT]: client })).toEqual({ result: 'success' });
    for (const { privateKeyPEM } of [server, client]) expect(privateKeyPEM.every((octet) => octet === 0)).toBe(true);
  });

  it('is refused by the server to a client of another root', async () => {
    const parties = { [SERVER]: await aParty(authority, SERVER), [CLIENT]: await aParty(stranger, CLIENT) };
    expect(await probed(parties)).toMatchObject({ result: 'refused' });
  });

  it('is refused where the published bundle lacks the root', async () => {
    const parties = { [SERVER]: await aParty(authority, SERVER), [CLIENT]: await aParty(authority, CLIENT) };
    expect(await probed(parties, anchorsPEM(stranger))).toMatchObject({ result: 'refused' });
  });

  it('is refused with an expired SVID', async () => {
    const late = await aParty(authority, SERVER, NOW - 2 * HOUR);
    const { result, detail } = await probed({ [SERVER]: late, [CLIENT]: await aParty(authority, CLIENT) });
    expect([result, detail]).toEqual(['refused', expect.stringContaining('expired')]);
  });

  it('is refused with the SVID of somebody else', async () => {
    const other = { ...(await aParty(authority, 'probes/other')), spiffeID: idOf(SERVER) };
    const { result, detail } = await probed({ [SERVER]: other, [CLIENT]: await aParty(authority, CLIENT) });
    expect([result, detail]).toEqual(['refused', expect.stringContaining(`not that of ${idOf(SERVER)}`)]);
  });

  it('is refused where key and certificate do not belong together', async () => {
    const [a, b] = [await aParty(authority, SERVER), await aParty(authority, SERVER)];
    const torn = { ...a, privateKeyPEM: b.privateKeyPEM };
    expect(await probed({ [SERVER]: torn, [CLIENT]: await aParty(authority, CLIENT) })).toMatchObject({
      result: 'refused',
    });
  });

  it.each<[string, (party: Party) => Partial<Party>]>([
    ['a key of no kind of ours', () => ({ privateKeyPEM: LARGE_KEY })],
    ['more certificates than a chain has', ({ chainPEM }) => ({ chainPEM: Buffer.concat(Array(3).fill(chainPEM)) })],
    [
      'a chain of more than 64 KiB',
      ({ chainPEM }) => ({ chainPEM: Buffer.concat([chainPEM, Buffer.alloc(65_536, 10)]) }),
    ],
    ['files that are none', () => ({ chainPEM: Buffer.from('x') })],
  ])('is refused before anything is loaded where somebody stored %s', async (_, forged) => {
    const [server, client] = [await aParty(authority, SERVER), await aParty(authority, CLIENT)];
    const hostile = { ...client, ...forged(client) };
    const { result, detail } = await probed({ [SERVER]: server, [CLIENT]: hostile });
    expect([result, detail]).toEqual([
      'refused',
      expect.stringMatching(/^what is stored of probes\/client: .*tls\.(key|crt)/),
    ]);
  });

  it('is refused with a bundle that is larger than any of ours', async () => {
    const parties = { [SERVER]: await aParty(authority, SERVER), [CLIENT]: await aParty(authority, CLIENT) };
    const { result, detail } = await probed(parties, anchorsPEM(authority).repeat(400));
    expect([result, detail]).toEqual(['refused', expect.stringContaining('bundle')]);
  });

  it('says what is missing', async () => {
    expect(await probed({})).toEqual({ result: 'missing', detail: `ServiceIdentity ${SERVER} has no SVID stored` });
  });
});

it('probes at its interval while it may, and not after it was stopped', async () => {
  const clock = new ManualClock();
  const told: Probed[] = [];
  let may = true;
  const prober = createProber({
    clock,
    interval: 30 * SECOND,
    identities: [SERVER, CLIENT],
    reads: { party: () => Promise.reject(new Error('no answer')), anchors: () => Promise.resolve(undefined) },
    mayProbe: () => may,
    tracer: NO_TRACER,
    onProbed: (each) => told.push(each),
  });
  await prober.start(() => undefined);
  await clock.advance(61 * SECOND);
  expect(told.map(({ result, detail }) => [result, detail])).toEqual([
    ['error', 'no answer'],
    ['error', 'no answer'],
  ]);
  may = false;
  await clock.advance(61 * SECOND);
  expect(told).toHaveLength(2);
  await prober.stop();
  expect(clock.timers).toBe(0);
});
