// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { contextConstructed, contextPrimitive, element, sequence } from '../../../src/pki/der.ts';
import { cursorOver } from '../../../src/pki/der-reader.ts';
import {
  constraintViolation,
  formProblem,
  type NameConstraints,
  permitsOnlyHost,
  readNameConstraints,
  type Subtree,
} from '../../../src/pki/name-constraints.ts';
import { dns, uri } from '../../support/craft-certificate.ts';

function of(permitted: readonly string[], excluded: readonly string[] = []): NameConstraints {
  return { permitted: permitted.map(subtree), excluded: excluded.map(subtree) };
}

/** `URI:example.org` */
function subtree(text: string): Subtree {
  const colon = text.indexOf(':');
  return { kind: text.slice(0, colon) as Subtree['kind'], base: text.slice(colon + 1) };
}

function read(value: Uint8Array): NameConstraints {
  return readNameConstraints(cursorOver(value));
}

function id(host: string): string {
  return `spiffe://${host}/ns/shop/sa/checkout`;
}

describe('reading', () => {
  it('knows the kinds of names, and folds their case', () => {
    const permitted = element(contextConstructed(0), sequence(uri('Example.ORG')), sequence(dns('svc')));
    const address = element(contextPrimitive(7), Buffer.from('0a000000ff000000', 'hex'));
    const excluded = element(
      contextConstructed(1),
      sequence(address),
      sequence(element(contextPrimitive(1), Buffer.from('a@b.c'))),
      sequence(element(contextConstructed(4), sequence())),
    );
    expect(read(sequence(permitted, excluded))).toEqual(
      of(['URI:example.org', 'DNS:svc'], ['IP:0a000000ff000000', 'email:a@b.c', 'other:']),
    );
  });

  it.each<[string, Uint8Array]>([
    ['nothing', sequence()],
    ['an empty list', sequence(element(contextConstructed(0)))],
    ['an empty subtree', sequence(element(contextConstructed(0), sequence()))],
    [
      'a minimum',
      sequence(element(contextConstructed(0), sequence(dns('a'), element(contextPrimitive(0), Buffer.of(1))))),
    ],
    [
      'a maximum',
      sequence(element(contextConstructed(0), sequence(dns('a'), element(contextPrimitive(1), Buffer.of(1))))),
    ],
    [
      'the lists in the wrong order',
      sequence(element(contextConstructed(1), sequence(dns('a'))), element(contextConstructed(0), sequence(dns('a')))),
    ],
    [
      'a name that is not ASCII',
      sequence(element(contextConstructed(0), sequence(element(contextPrimitive(2), Buffer.of(0xc3))))),
    ],
  ])('refuses %s', (_name, value) => {
    expect(() => read(value)).toThrow(expect.objectContaining({ code: 'ERR_DER' }));
  });
});

describe('forms that all verifiers read alike', () => {
  it.each(['URI:example.org', 'URI:.example.org', 'DNS:svc', 'email:example.org', 'email:a@example.org', 'email:.org'])(
    '%s',
    (text) => {
      expect(formProblem(of([text]))).toBeUndefined();
      expect(formProblem(of([], [text]))).toBeUndefined();
    },
  );
  it.each([
    '0a000000ff000000',
    '0000000000000000',
    'ffffffffffffffff',
    `${'20'.repeat(16)}${'ff'.repeat(8)}${'00'.repeat(8)}`,
  ])('the range %s', (base) => {
    expect(formProblem(of([], [`IP:${base}`]))).toBeUndefined();
  });
  it.each([
    'URI:',
    'URI:spiffe://example.org',
    'URI:10.0.0.1',
    'URI:a_b',
    'URI:a..b',
    'URI:*.org',
    'DNS:',
    'DNS:.svc',
    'DNS:*.svc',
    'email:',
    'email:a b@c',
    'IP:0a000000',
    'IP:0a000000ff00ff00',
    'other:',
  ])('not %s', (text) => {
    expect(formProblem(of([text]))).toMatch(/name constraint/u);
    expect(formProblem(of(['DNS:svc'], [text]))).toMatch(/name constraint/u);
  });
});

describe('applied to names', () => {
  it.each<[string, readonly string[], readonly string[], boolean]>([
    ['example.org', [], [], true],
    ['example.org', ['DNS:other.org', 'email:other.org'], ['IP:0000000000000000'], true],
    ['example.org', ['URI:example.org'], [], true],
    ['example.org', ['URI:other.org', 'URI:example.org'], [], true],
    ['a.example.org', ['URI:.example.org'], [], true],
    ['example.org', ['URI:.example.org'], [], false],
    // Go takes it, RFC 5280 and OpenSSL do not.
    ['a.example.org', ['URI:example.org'], [], false],
    ['myexample.org', ['URI:example.org'], [], false],
    ['myexample.org', ['URI:.example.org'], [], false],
    ['example.org', [], ['URI:other.org'], true],
    ['example.org', [], ['URI:example.org'], false],
    ['example.org', [], ['URI:org'], false],
    ['example.org', [], ['URI:.example.org'], false],
    ['example.org', ['URI:example.org'], ['URI:example.org'], false],
    // No verifier applies constraints on hosts to these.
    ['10.0.0.1', ['URI:example.org'], [], false],
    ['10.0.0.1', [], ['URI:example.org'], false],
    ['a_b', [], ['URI:example.org'], false],
    ['a.', [], ['URI:example.org'], false],
    ['10.0.0.1', ['DNS:svc'], [], true],
  ])('URI host %s under permitted %j, excluded %j', (host, permitted, excluded, accepted) => {
    const violation = constraintViolation(of(permitted, excluded), { uris: [id(host)], dnsNames: [] });
    expect(violation === undefined).toBe(accepted);
    if (!accepted) expect(violation).toContain(id(host));
  });

  it.each<[string, readonly string[], readonly string[], boolean]>([
    ['checkout.shop.svc', ['URI:example.org'], [], true],
    ['checkout.shop.svc', ['DNS:svc'], [], true],
    ['svc', ['DNS:svc'], [], true],
    ['checkout.shop', ['DNS:svc'], [], false],
    ['checkout.shop', ['DNS:svc', 'DNS:shop'], [], true],
    ['xsvc', ['DNS:svc'], [], false],
    ['checkout.shop.svc', [], ['DNS:shop.svc'], false],
    ['checkout.shop.svc', [], ['DNS:other.svc'], true],
    ['*.shop.svc', ['DNS:svc'], [], true],
    ['*.shop.svc', [], ['DNS:checkout.shop.svc'], false],
    ['*.shop.svc', [], ['DNS:a.other.svc'], true],
  ])('DNS name %s under permitted %j, excluded %j', (name, permitted, excluded, accepted) => {
    const violation = constraintViolation(of(permitted, excluded), { uris: [], dnsNames: [name] });
    expect(violation === undefined).toBe(accepted);
  });

  it.each<[readonly string[], boolean]>([
    [[], false],
    [['DNS:example.org'], false],
    [['URI:example.org'], true],
    [['URI:example.org', 'DNS:svc', 'URI:example.org'], true],
    [['URI:example.org', 'URI:other.org'], false],
    [['URI:.example.org'], false],
    [['URI:.org'], false],
  ])('permitted %j tie an authority to example.org alone: %s', (permitted, only) => {
    expect(permitsOnlyHost(of(permitted, ['URI:x.org']), 'example.org')).toBe(only);
  });
});
