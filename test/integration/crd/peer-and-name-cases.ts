// SPDX-License-Identifier: Apache-2.0
/**
 * Valid and invalid ServiceIdentities: DNS names and peers.
 * @module
 */
import { type Case, invalid, many, valid } from './case.ts';

const label63 = 'a'.repeat(63);
const longName = `${label63}.${label63}.${label63}.${'b'.repeat(61)}`;
const peer = 'spiffe://example.org/ns/web/sa/frontend';

/** Peers of 2048 characters each. */
function longPeers(count: number): readonly string[] {
  return many(count, (index) => `${peer}-${index}/`.padEnd(2048, 'x'));
}

const dns: readonly Case[] = [
  valid('services', { services: ['checkout', 'checkout-v2', 'x', label63] }),
  valid('a service that begins with a digit', { services: ['1st'] }),
  valid('no services, written out', { services: [], dnsNames: [] }),
  invalid('a service with capitals', { services: ['Checkout'] }, 'spec.services[0]: one DNS label'),
  invalid('a service with a dot', { services: ['ok', 'checkout.shop'] }, 'spec.services[1]: belong in dnsNames'),
  invalid('a service that ends with a hyphen', { services: ['checkout-'] }, 'spec.services[0]: one DNS label'),
  invalid('a service that is a wildcard', { services: ['*'] }, 'spec.services[0]: one DNS label'),
  invalid('a service that is too long', { services: [`${label63}a`] }, 'spec.services[0]: 63'),
  invalid('an empty service', { services: [''] }, 'spec.services[0]: '),
  invalid('a service twice', { services: ['a', 'b', 'a'] }, 'spec.services[2]: '),
  valid('DNS names', {
    dnsNames: ['api.example.org', 'localhost', 'xn--bcher-kva.example', '1.example.org', 'a-b.c-d.e0'],
  }),
  valid('a wildcard as the leftmost label', { dnsNames: ['*.example.org', '*.shop.svc.cluster.local'] }),
  valid('a DNS name of 253 characters', { dnsNames: [longName] }),
  invalid('a DNS name of 254 characters', { dnsNames: [`${longName}c`] }, 'spec.dnsNames[0]: 253'),
  invalid('a DNS label of 64 characters', { dnsNames: [`${label63}a.org`] }, 'spec.dnsNames[0]: lowercase DNS name'),
  invalid('a DNS name with capitals', { dnsNames: ['Api.example.org'] }, 'spec.dnsNames[0]: lowercase DNS name'),
  invalid('a DNS name with an underscore', { dnsNames: ['_grpc.example.org'] }, 'spec.dnsNames[0]: lowercase DNS name'),
  invalid('a DNS name with a final dot', { dnsNames: ['example.org.'] }, 'spec.dnsNames[0]: lowercase DNS name'),
  invalid('a DNS name with an empty label', { dnsNames: ['a..org'] }, 'spec.dnsNames[0]: lowercase DNS name'),
  invalid('a DNS label that begins with a hyphen', { dnsNames: ['a.-b.org'] }, 'spec.dnsNames[0]: lowercase DNS name'),
  invalid('a DNS name that is not ASCII', { dnsNames: ['bücher.example'] }, 'spec.dnsNames[0]: lowercase DNS name'),
  invalid('a URL', { dnsNames: ['https://example.org'] }, 'spec.dnsNames[0]: lowercase DNS name'),
  invalid('a name with a port', { dnsNames: ['example.org:443'] }, 'spec.dnsNames[0]: lowercase DNS name'),
  invalid('a wildcard alone', { dnsNames: ['*'] }, 'spec.dnsNames[0]: whole leftmost label'),
  invalid('a wildcard inside', { dnsNames: ['a.*.org'] }, 'spec.dnsNames[0]: whole leftmost label'),
  invalid(
    'a wildcard that is part of a label',
    { dnsNames: ['a*.example.org'] },
    'spec.dnsNames[0]: whole leftmost label',
  ),
  invalid('two wildcards', { dnsNames: ['*.*.example.org'] }, 'spec.dnsNames[0]: whole leftmost label'),
  invalid('an IPv4 address', { dnsNames: ['10.0.0.1'] }, 'spec.dnsNames[0]: IP addresses are not supported'),
  invalid('an IPv6 address', { dnsNames: ['::1'] }, 'spec.dnsNames[0]: lowercase DNS name'),
  invalid('a DNS name twice', { dnsNames: ['a.org', 'a.org'] }, 'spec.dnsNames[1]: '),
  valid('32 DNS names', { dnsNames: many(32, (index) => `n${index}.example.org`) }),
  invalid('33 DNS names', { dnsNames: many(33, (index) => `n${index}.example.org`) }, 'spec.dnsNames: 32 items'),
  invalid('11 services', { services: many(11, (index) => `s${index}`) }, 'spec.services: 10 items'),
  valid('10 services and 2 DNS names', { services: many(10, (index) => `s${index}`), dnsNames: ['a.org', 'b.org'] }),
  invalid(
    '10 services and 3 DNS names',
    { services: many(10, (index) => `s${index}`), dnsNames: ['a.org', 'b.org', 'c.org'] },
    'spec: more than 32 DNS names',
  ),
  invalid(
    '1 service and 30 DNS names',
    { services: ['s'], dnsNames: many(30, (index) => `n${index}.org`) },
    'spec: counts as 3',
  ),
];

const peers: readonly Case[] = [
  valid('peers', {
    mtls: { allowedClients: [peer, 'spiffe://example.org/ns/*/sa/*'], allowedServers: ['spiffe://partner_1/a.b'] },
  }),
  valid('no peer at all', { mtls: { allowedClients: [], allowedServers: [] } }),
  valid('peers that are not restricted', { mtls: {} }),
  valid('a segment of three dots', { mtls: { allowedClients: ['spiffe://example.org/...'] } }),
  valid('a peer of 2048 characters', { mtls: { allowedClients: [`${peer}/`.padEnd(2048, 'x')] } }),
  invalid(
    'a peer of 2049 characters',
    { mtls: { allowedClients: [`${peer}/`.padEnd(2049, 'x')] } },
    'spec.mtls.allowedClients[0]: 2048',
  ),
  valid('peers of 16384 characters in all', {
    mtls: { allowedClients: longPeers(4), allowedServers: longPeers(4) },
  }),
  invalid(
    'peers of more than 16384 characters in all',
    { mtls: { allowedClients: longPeers(4), allowedServers: [...longPeers(4), 'spiffe://example.org/a'] } },
    'spec.mtls: 16384 characters in all',
  ),
  invalid(
    'servers of more than 16384 characters in all',
    { mtls: { allowedServers: longPeers(9) } },
    'spec.mtls: 16384 characters in all',
  ),
  valid('64 peers', { mtls: { allowedServers: many(64, (index) => `${peer}-${index}`) } }),
  invalid(
    '65 servers',
    { mtls: { allowedServers: many(65, (index) => `${peer}-${index}`) } },
    'spec.mtls.allowedServers: 64 items',
  ),
  invalid(
    '65 clients',
    { mtls: { allowedClients: many(65, (index) => `${peer}-${index}`) } },
    'spec.mtls.allowedClients: 64 items',
  ),
  invalid('a server twice', { mtls: { allowedServers: [peer, peer] } }, 'spec.mtls.allowedServers[1]: '),
  invalid('a client twice', { mtls: { allowedClients: [peer, peer] } }, 'spec.mtls.allowedClients[1]: '),
  ...[
    ['without a scheme', 'example.org/ns/web/sa/frontend'],
    ['of another scheme', 'https://example.org/ns/web/sa/frontend'],
    ['with a scheme in capitals', 'SPIFFE://example.org/a'],
    ['without a trust domain', 'spiffe:///a'],
    ['without a path', 'spiffe://example.org'],
    ['with an empty path', 'spiffe://example.org/'],
    ['with a trust domain in capitals', 'spiffe://Example.org/a'],
    ['with a wildcard for its trust domain', 'spiffe://*/a'],
    ['with a port', 'spiffe://example.org:443/a'],
    ['with a user', 'spiffe://me@example.org/a'],
    ['with a wildcard in a segment', 'spiffe://example.org/ns/web-*'],
    ['with two wildcards in a segment', 'spiffe://example.org/**'],
    ['with an empty segment', 'spiffe://example.org/a//b'],
    ['with a segment of one dot', 'spiffe://example.org/./a'],
    ['with a segment of two dots', 'spiffe://example.org/a/..'],
    ['with a final slash', 'spiffe://example.org/a/'],
    ['with a query', 'spiffe://example.org/a?b'],
    ['with a fragment', 'spiffe://example.org/a#b'],
    ['with an escape', 'spiffe://example.org/%61'],
    ['with a line break', 'spiffe://example.org/a\nspiffe://example.org/b'],
    ['with a trust domain of 256 characters', `spiffe://${'a'.repeat(256)}/a`],
  ].flatMap(([what, id]) => [
    invalid(`a client ${what}`, { mtls: { allowedClients: [id] } }, 'spec.mtls.allowedClients[0]: '),
    invalid(`a server ${what}`, { mtls: { allowedServers: [peer, id] } }, 'spec.mtls.allowedServers[1]: '),
  ]),
];

export const PEER_AND_NAME_CASES: readonly Case[] = [...dns, ...peers];
