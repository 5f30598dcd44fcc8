// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from 'vitest';
import { getKeySecret, getSecret, headKeySecret, parseKeySecret, parseSecret } from '../../../src/kube/secret-data.ts';
import type { KubeRequest } from '../../../src/kube/transport.ts';
import { watchBuffers } from '../../support/buffer-watch.ts';
import { answer, status } from './scripted-server.ts';
import { bench, closeAll, codeOf } from './transport-bench.ts';

afterEach(closeAll);

const metadata = { name: 'tls', namespace: 'shop', uid: 'u', resourceVersion: '7', creationTimestamp: 'c' };
const KEY = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n';
const data = { 'tls.key': Buffer.from(KEY).toString('base64'), empty: '', none: null };

function parse(change: object = {}): ReturnType<typeof parseSecret> {
  return parseSecret(Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, data, ...change })));
}

function fileNames(name: string): string[] {
  return [...parse({ data: { k: '', [name]: '' } }).data.keys()];
}

describe('parseSecret', () => {
  it('tells data, metadata, type and immutability', () => {
    const secret = parse({ type: 'kubernetes.io/tls', immutable: true });
    expect(secret).toMatchObject({ metadata, type: 'kubernetes.io/tls', immutable: true });
    expect([...secret.data].map(([key, value]) => [key, value.toString()])).toEqual([
      ['tls.key', KEY],
      ['empty', ''],
      ['none', ''],
    ]);
  });

  it('reads names with escapes as they are, whatever names it read before', () => {
    const names = ['\\', '\\', '"', '\n', '\u2028'];
    expect(names.map(fileNames)).toEqual(names.map((name) => ['k', name]));
  });

  it.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['two values', `${JSON.stringify({ kind: 'Secret', metadata })} {}`],
    ['something cut off', JSON.stringify({ kind: 'Secret', metadata }).slice(0, -1)],
    ['a trailing comma', `{"kind":"Secret","metadata":${JSON.stringify(metadata)},}`],
    ['a missing comma', `{"kind":"Secret" "metadata":${JSON.stringify(metadata)}}`],
    ['a name without quotes', `{kind:"Secret","metadata":${JSON.stringify(metadata)}}`],
    ['a control character', `{"kind":"Secret","metadata":${JSON.stringify(metadata)},"x":"\n"}`],
    ['a bad escape', `{"kind":"Secret","metadata":${JSON.stringify(metadata)},"x":"\\x"}`],
    ['a bad number', `{"kind":"Secret","metadata":${JSON.stringify(metadata)},"x":01}`],
    ['another kind', JSON.stringify({ kind: 'Status', metadata })],
    ['no kind', JSON.stringify({ metadata })],
    ['no metadata', JSON.stringify({ kind: 'Secret' })],
    ['metadata that is a list', JSON.stringify({ kind: 'Secret', metadata: [metadata] })],
    ['no uid', JSON.stringify({ kind: 'Secret', metadata: { ...metadata, uid: '' } })],
    ['a type that is none', JSON.stringify({ kind: 'Secret', metadata, type: 3 })],
    ['an immutable that is none', JSON.stringify({ kind: 'Secret', metadata, immutable: 'yes' })],
    ['data that is a list', JSON.stringify({ kind: 'Secret', metadata, data: ['a'] })],
    ['a file that is a number', JSON.stringify({ kind: 'Secret', metadata, data: { a: 1 } })],
    ['a file that is an object', JSON.stringify({ kind: 'Secret', metadata, data: { a: {} } })],
    ['a file that is no base64', JSON.stringify({ kind: 'Secret', metadata, data: { a: 'a-_=' } })],
    ['a file without its padding', JSON.stringify({ kind: 'Secret', metadata, data: { a: 'YQ' } })],
    ['a file with an escape', `{"kind":"Secret","metadata":${JSON.stringify(metadata)},"data":{"a":"\\u0059Q=="}}`],
    ['one file twice', `{"kind":"Secret","metadata":${JSON.stringify(metadata)},"data":{"a":"","\\u0061":""}}`],
    ['data twice', `{"kind":"Secret","metadata":${JSON.stringify(metadata)},"data":{},"data":{}}`],
    ['metadata twice', JSON.stringify({ kind: 'Secret', metadata }).replace('{', '{"metadata":{},')],
  ])('refuses %s', (_, json) => {
    expect(() => parseSecret(Buffer.from(json))).toThrowError(
      expect.objectContaining({ code: 'ERR_KUBE_PROTOCOL' }) as Error,
    );
  });

  it('refuses what is nested too deep or too large without looking for its end', () => {
    const deep = `{"kind":"Secret","x":${'['.repeat(1_000_000)}`;
    expect(() => parseSecret(Buffer.from(deep))).toThrowError(/deep/);
    expect(() => parseSecret(Buffer.alloc(9 * 1024 * 1024, ' '))).toThrowError(/larger/);
  });

  it('says nothing of what it refuses', () => {
    const json = JSON.stringify({ kind: 'Secret', metadata, data: { 'tls.key': `${data['tls.key']}hunter2` } });
    expect(() => parseSecret(Buffer.from(json))).toThrowError(/^(?!.*(hunter2|LS0t)).*byte/);
  });

  it('makes no string of what the files hold', () => {
    const bytes = Buffer.from(JSON.stringify({ kind: 'Secret', metadata, data, stringData: { a: KEY } }));
    const spies = [vi.spyOn(Buffer.prototype, 'toString'), vi.spyOn(JSON, 'parse')];
    try {
      expect(parseSecret(bytes).data.get('tls.key')?.length).toBe(KEY.length);
      const made = spies.flatMap(({ mock }) => mock.results.map(({ value }) => JSON.stringify(value)));
      expect(made.length).toBeGreaterThan(4);
      expect(made.filter((text) => /LS0t|BEGIN/.test(text))).toEqual([]);
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  });

  it('wipes what it had decoded of a Secret that it refuses', () => {
    const whole = JSON.stringify({ kind: 'Secret', metadata, data });
    const marker = Buffer.from(KEY).subarray(30, 60);
    const watch = watchBuffers();
    try {
      expect(() => parseSecret(Buffer.from(`${whole.slice(0, -1)},!`))).toThrowError();
      expect(watch.count).toBeGreaterThan(1);
      expect(watch.holding(marker)).toBe(0);
    } finally {
      watch.stop();
    }
  });
});

const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const applied = {
  ...metadata,
  labels: { a: 'b' },
  annotations: { first: '1', [APPLIED]: JSON.stringify({ data }), last: '2' },
};
const { [APPLIED]: _, ...bare } = applied.annotations;

describe('a Secret that was written by kubectl apply', () => {
  const json = JSON.stringify({ kind: 'Secret', metadata: applied, data });

  it('is read without the copy of its data, and that there is one is told', () => {
    expect(parseKeySecret(Buffer.from(json))).toMatchObject({
      applied: true,
      metadata: { ...applied, annotations: bare },
    });
    expect(parseSecret(Buffer.from(json)).metadata).toEqual(applied);
    for (const annotations of [undefined, null, {}, { other: '' }]) {
      const plain = { kind: 'Secret', metadata: { ...metadata, annotations }, data };
      expect(parseKeySecret(Buffer.from(JSON.stringify(plain)))).toMatchObject({ applied: false, metadata });
    }
  });

  it('gives none of it to a string, nor does its metadata', async () => {
    const { transport } = await bench((request, response) => {
      const kind = request.headers.accept?.includes('PartialObjectMetadata') ? 'PartialObjectMetadata' : 'Secret';
      answer(response, 200, { kind, metadata: applied, data });
    });
    const call = { namespace: 'shop', name: 'tls' };
    const parse = vi.spyOn(JSON, 'parse');
    const text = vi.spyOn(Buffer.prototype, 'toString');
    try {
      expect((await getKeySecret(transport, call)).data.get('tls.key')?.length).toBe(KEY.length);
      expect(await headKeySecret(transport, call)).toEqual({ ...applied, annotations: bare });
      const made = [parse, text].flatMap(({ mock }) => mock.results.map(({ value }) => JSON.stringify(value)));
      expect(made.length).toBeGreaterThan(4);
      expect(made.filter((value) => /LS0t|BEGIN/.test(value))).toEqual([]);
    } finally {
      parse.mockRestore();
      text.mockRestore();
    }
  });

  it('has a head of the kind that was asked for', async () => {
    const { transport } = await bench((_request, response) => answer(response, 200, { kind: 'Secret', metadata }));
    expect(await codeOf(headKeySecret(transport, { namespace: 'shop', name: 'tls' }))).toBe('ERR_KUBE_PROTOCOL');
  });
});

describe('getSecret', () => {
  it('reads one Secret whole, and leaves no copy of its body', async () => {
    const { server, transport } = await bench((_request, response) =>
      answer(response, 200, { kind: 'Secret', metadata, data }),
    );
    const bodies: Buffer[] = [];
    const keeping = {
      requestBytes: async (request: KubeRequest) => {
        const body = await transport.requestBytes(request);
        bodies.push(body);
        return body;
      },
      request: () => Promise.reject(new Error('a string')),
      stream: () => Promise.reject(new Error('a string')),
      close: () => Promise.resolve(),
    };
    const secret = await getSecret(keeping, { namespace: 'shop', name: 'tls' });
    expect(secret.data.get('tls.key')?.toString()).toBe(KEY);
    expect(bodies).toHaveLength(1);
    for (const body of bodies) expect(body.every((octet) => octet === 0)).toBe(true);
    expect(server.requests[0]?.url.pathname).toBe('/api/v1/namespaces/shop/secrets/tls');
    expect(server.requests[0]?.headers.accept).toBe('application/json');
  });

  it('fails as other calls do', async () => {
    const { transport } = await bench((_request, response) => answer(response, 404, status(404, 'NotFound')));
    expect(await codeOf(getSecret(transport, { namespace: 'shop', name: 'tls' }))).toBe('ERR_KUBE_NOT_FOUND');
  });
});
