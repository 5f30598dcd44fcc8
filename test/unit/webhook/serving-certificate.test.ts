// SPDX-License-Identifier: Apache-2.0
/**
 * What the webhook takes up of its Secret, and when it says that it is ready.
 * @module
 */
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { statusError } from '../../../src/kube/kube-error.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import { createServingFiles, type ServingFiles } from '../../../src/pki/serving-certificate.ts';
import { HOUR } from '../../../src/time.ts';
import { ServingSource } from '../../../src/webhook/serving-certificate.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const START = Date.parse('2026-06-01T12:00:00Z');
let clock: ManualClock;
let files: ServingFiles;
let next: ServingFiles;
let taken: string[];
let source: ServingSource;
let version = 0;

beforeAll(async () => {
  const wanted = { dnsNames: ['localhost'], notBefore: START, notAfter: START + HOUR };
  [files, next] = await Promise.all([createServingFiles(wanted), createServingFiles(wanted)]);
});

beforeEach(() => {
  clock = new ManualClock(START);
  taken = [];
  source = new ServingSource({
    clock,
    namespace: 'signet-system',
    secretName: 'signet-webhook-serving',
    take: ({ certificate }) => taken.push(certificate.toString()),
    onTaken: () => undefined,
  });
});

/** The Secret holds these files. */
function load(data: Readonly<Record<string, Buffer>> | undefined, annotations: object = {}): Promise<void> {
  version += 1;
  const metadata = { name: 'x', uid: 'u', resourceVersion: String(version), creationTimestamp: '', annotations };
  const encoded = Object.entries(data ?? {}).map(([key, file]) => [key, file.toString('base64')]);
  const body = { kind: 'Secret', metadata, data: Object.fromEntries(encoded) as object };
  const label = { verb: 'get', resource: 'secrets', path: '/x' };
  const transport: Transport = {
    request: () => Promise.reject(new Error('unused')),
    requestBytes: async () => {
      if (data === undefined) throw statusError(label, 404, '{}');
      return Buffer.from(JSON.stringify(body));
    },
    stream: () => Promise.reject(new Error('unused')),
    close: () => Promise.resolve(),
  };
  return source.load(transport);
}

function served(which: ServingFiles, ...authorities: ServingFiles[]): Record<string, Buffer> {
  const bundle = Buffer.concat(authorities.map(({ authority }) => authority));
  return { 'tls.crt': which.certificate, 'tls.key': which.key, 'ca.crt': bundle };
}

describe('a replica is ready', () => {
  it('not before it has a certificate', async () => {
    expect(source.refusal()).toContain('no serving certificate yet');
    await load({ 'next.crt': files.certificate, 'next.key': files.key, 'ca.crt': files.authority });
    expect(source.refusal()).toContain('no serving certificate yet');
    await load(served(files, files));
    expect(source.refusal()).toBeUndefined();
    expect(taken).toEqual([files.certificate.toString()]);
  });

  it('not with a certificate that the caBundle does not vouch for any more', async () => {
    await load(served(files, files));
    await load({ 'next.crt': next.certificate, 'next.key': next.key, 'ca.crt': next.authority });
    expect(source.refusal()).toContain('caBundle');
    await load(served(next, next));
    expect(source.refusal()).toBeUndefined();
  });

  it('not after its certificate has ended', async () => {
    await load(served(files, files));
    await clock.advance(HOUR);
    expect(source.refusal()).toContain('not valid now');
  });

  it('also when the Secret is gone: the caBundle may well stand', async () => {
    await load(served(files, files));
    await load(undefined);
    expect(source.refusal()).toBeUndefined();
  });
});

describe('a change of the Secret', () => {
  it('is taken up once', async () => {
    await load(served(files, files));
    await load(served(files, files, next));
    await load(served(next, files, next));
    expect(taken).toEqual([files, next].map(({ certificate }) => certificate.toString()));
  });

  it('that is not sound is refused, and what is served stays', async () => {
    await load(served(files, files));
    await expect(load({ ...served(files, files, next), 'tls.crt': next.certificate })).rejects.toThrow(
      /cannot be served/,
    );
    await expect(load({ ...served(files, files), 'ca.crt': Buffer.from('x') })).rejects.toThrow(
      /ca.crt cannot be read/,
    );
    expect(taken).toHaveLength(1);
    expect(source.refusal()).toBeUndefined();
  });
});

it('a copy of the key that kubectl apply left becomes no string', async () => {
  const parse = vi.spyOn(JSON, 'parse');
  const copy = 'a copy of tls.key';
  await load(served(files, files), { 'kubectl.kubernetes.io/last-applied-configuration': copy });
  const texts = parse.mock.calls.map(([text]) => text);
  parse.mockRestore();
  expect(taken).toHaveLength(1);
  expect(texts.filter((text) => text.includes(copy))).toEqual([]);
});
