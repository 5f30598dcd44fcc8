// SPDX-License-Identifier: Apache-2.0
/**
 * Mutations of subject alternative names, SPIFFE IDs among them.
 * @module
 */
import * as x from '../extensions.ts';
import { commonName, SPIFFE_ID } from '../scene.ts';
import { type Change, harmless, type Mutation, onIssuing, onLeaf, stricter, withExtension, wrong } from './mutation.ts';

function names(...all: readonly Uint8Array[]): Change {
  return withExtension(x.subjectAltName(all, true));
}

const uri = x.uriName(SPIFFE_ID);

const NAME_SYNTAX = 'RFC 5280 4.2.1.6: a dNSName is in the preferred name syntax';

export const NAME_MUTATIONS: readonly Mutation[] = [
  stricter('two SPIFFE IDs', 'X509-SVID 2: exactly one URI', onLeaf(names(uri, x.uriName(`${SPIFFE_ID}2`)))),
  stricter('two URIs', 'X509-SVID 2: exactly one URI', onLeaf(names(uri, x.uriName('https://example.org/')))),
  stricter('no URI', 'X509-SVID 2: exactly one URI', onLeaf(names(x.dnsName('checkout.shop.svc')))),
  stricter('no SPIFFE ID', 'SPIFFE-ID 2: the scheme is spiffe', onLeaf(names(x.uriName('https://example.org/a')))),
  stricter(
    'a SPIFFE ID of another trust domain',
    'X509-SVID 5: a leaf is judged by the bundle of its own trust domain',
    onLeaf(names(x.uriName('spiffe://example.com/ns/shop/sa/checkout'))),
  ),
  stricter(
    'a SPIFFE ID without path',
    'X509-SVID 3.1: a leaf has a path',
    onLeaf(names(x.uriName('spiffe://example.org'))),
  ),
  stricter(
    'a SPIFFE ID with a query',
    'SPIFFE-ID 2: no query, no fragment',
    onLeaf(names(x.uriName(`${SPIFFE_ID}?a=b`))),
  ),
  stricter(
    'a SPIFFE ID with an empty segment',
    'SPIFFE-ID 2.2: no empty segment',
    onLeaf(names(x.uriName('spiffe://example.org/ns//sa/checkout'))),
  ),
  stricter(
    'an email address',
    'the profile has URI and DNS names only',
    onLeaf(names(uri, x.emailName('a@example.org'))),
  ),
  stricter('an IP address', 'the profile has URI and DNS names only', onLeaf(names(uri, x.ipName([10, 0, 0, 1])))),
  wrong('an IP address of five octets', onLeaf(names(uri, x.ipName([10, 0, 0, 1, 1])))),
  stricter('a DNS name with a trailing dot', NAME_SYNTAX, onLeaf(names(uri, x.dnsName('checkout.shop.svc.')))),
  stricter('a DNS name with a space', NAME_SYNTAX, onLeaf(names(uri, x.dnsName('checkout shop')))),
  stricter('a DNS name with a zero octet', NAME_SYNTAX, onLeaf(names(uri, x.dnsName('checkout\0.shop')))),
  wrong('a DNS name beyond ASCII', onLeaf(names(uri, x.dnsName('caf\u00e9.shop')))),
  wrong('no name at all', onLeaf(names())),
  harmless('more DNS names', onLeaf(names(uri, x.dnsName('a.example'), x.dnsName('*.b.example')))),
  wrong('empty subject, names not critical', onLeaf(withExtension(x.subjectAltName([uri], false)))),
  harmless(
    'subject, names not critical',
    onLeaf((draft, dice) => ({
      subject: commonName('ns/shop/sa/checkout'),
      ...withExtension(x.subjectAltName([uri], false))(draft, dice),
    })),
  ),
  stricter(
    'authority with the SPIFFE ID of another trust domain',
    'X509-SVID 3.2: an authority is of the trust domain it issues for',
    onIssuing(withExtension(x.subjectAltName([x.uriName('spiffe://example.com')], false))),
  ),
  stricter(
    'authority with a SPIFFE ID with a path',
    'X509-SVID 3.2: an authority has no path',
    onIssuing(withExtension(x.subjectAltName([x.uriName('spiffe://example.org/ca')], false))),
  ),
  wrong(
    'authority with an IP address of 20 octets',
    onIssuing(besidesOwn(x.ipName(Array.from({ length: 20 }, () => 1)))),
  ),
  wrong('authority with a control character in a URI', onIssuing(besidesOwn(x.uriName('https://a\u0007b/')))),
  wrong('authority with an email address beyond ASCII', onIssuing(besidesOwn(x.emailName('caf\u00e9@example.org')))),
  wrong('authority with a malformed other name', onIssuing(besidesOwn(Uint8Array.of(0xa0, 1, 0xef)))),
  wrong('authority with a malformed directory name', onIssuing(besidesOwn(Uint8Array.of(0xa4, 1, 0xff)))),
];

function besidesOwn(other: Uint8Array): Change {
  return withExtension(x.subjectAltName([x.uriName('spiffe://example.org'), other], false));
}
