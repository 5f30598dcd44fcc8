// SPDX-License-Identifier: Apache-2.0
/** Whom the script of the nginx example lets through; the language of njs is a part of JavaScript. @module */
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { craftLeaf, dns, subjectAltName, uri } from '../../support/craft-certificate.ts';
import { aTestAuthority, testKey } from '../../support/test-authority.ts';

interface Request {
  readonly variables: { readonly ssl_client_raw_cert: string };
  warn(text: string): void;
  error(text: string): void;
}

interface Peers {
  id(request: Request): string;
  verdict(request: Request): string;
}

const FRONTEND = 'spiffe://example.org/ns/web/sa/frontend';
const authority = await aTestAuthority();
const issuer = { certificate: authority.intermediate, signer: authority.signer };
const { publicKey } = await testKey('ECDSA-P256', 'peer');

let directory: string;
let list: string;
let peers: Peers;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'signet-test-'));
  list = path.join(directory, 'allowed-clients');
  const script = await readFile(new URL('../../../examples/nginx/peers.js', import.meta.url), 'utf8');
  const copy = path.join(directory, 'peers.mjs');
  await writeFile(copy, script.replace('/var/run/secrets/signet/allowed-clients', list));
  ({ default: peers } = (await import(pathToFileURL(copy).href)) as { default: Peers });
});

afterAll(() => rm(directory, { recursive: true }));

async function request(...names: readonly Uint8Array[]): Promise<Request> {
  const extensions = { subjectAltName: names.length === 0 ? undefined : subjectAltName(true, ...names) };
  const certificate = new X509Certificate(await craftLeaf(issuer, { publicKey, extensions }));
  return { variables: { ssl_client_raw_cert: certificate.toString() }, warn: () => undefined, error: () => undefined };
}

describe('a client with one SPIFFE ID', () => {
  it.each([
    ['itself', `${FRONTEND}\n`, 'allowed'],
    ['itself among others', `spiffe://example.org/ns/a/sa/b\n${FRONTEND}\n`, 'allowed'],
    ['a segment', 'spiffe://example.org/ns/web/sa/*\n', 'allowed'],
    ['an empty list', '', 'refused'],
    ['a longer name', `${FRONTEND}-evil\n`, 'refused'],
    ['a shorter name', 'spiffe://example.org/ns/web/sa/front\n', 'refused'],
    ['part of a segment', 'spiffe://example.org/ns/web/sa/front*\n', 'refused'],
    ['the trust domain', 'spiffe://*/ns/web/sa/frontend\n', 'refused'],
    ['another trust domain', 'spiffe://example.net/ns/web/sa/frontend\n', 'refused'],
  ])('against %s', async (_, text, verdict) => {
    await writeFile(list, text);
    expect(peers.verdict(await request(dns('frontend.web.svc'), uri(FRONTEND)))).toBe(verdict);
  });

  it('without a list is refused', async () => {
    await rm(list, { force: true });
    expect(peers.verdict(await request(uri(FRONTEND)))).toBe('refused');
  });
});

it.each([
  ['no name', []],
  ['a DNS name only', [dns('frontend.web.svc')]],
  ['two IDs', [uri(FRONTEND), uri(FRONTEND)]],
  ['an ID in a DNS name', [dns(FRONTEND)]],
  ['another scheme', [uri('https://example.org/ns/web/sa/frontend')]],
])('a client with %s has no ID', async (_, names) => {
  expect(peers.id(await request(...names))).toBe('');
});

it('a client without a certificate has no ID', async () => {
  const none = { ...(await request()), variables: { ssl_client_raw_cert: '' } };
  expect(peers.id(none)).toBe('');
});
