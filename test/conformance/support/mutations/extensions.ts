// SPDX-License-Identifier: Apache-2.0
/**
 * Mutations of extensions: constraints, usages, key identifiers, criticality.
 * @module
 */
import { contextConstructed, element } from '../../../../src/pki/der.ts';
import * as x from '../extensions.ts';
import { commonName, KEYS, NAMES } from '../scene.ts';
import {
  type Change,
  harmless,
  type Mutation,
  onAnchors,
  onAny,
  onIssuing,
  onLeaf,
  onLeafOrIssuing,
  stricter,
  withCriticality,
  withExtension,
  withoutExtension,
  wrong,
} from './mutation.ts';

const PROFILE = 'the profile says exactly what its own certificates carry';
const { OID } = x;

const CONSTRAINTS: readonly Mutation[] = [
  wrong('issuing authority is no CA', onIssuing(withExtension(x.basicConstraints(false)))),
  wrong('issuing authority without basic constraints', onIssuing(withoutExtension(OID.basicConstraints))),
  wrong('anchor is no CA', onAnchors(withExtension(x.basicConstraints(false)))),
  wrong('anchor without basic constraints', onAnchors(withoutExtension(OID.basicConstraints))),
  wrong('anchor with path length 0', onAnchors(withExtension(x.basicConstraints(true, 0)))),
  harmless('anchor with path length 7', onAnchors(withExtension(x.basicConstraints(true, 7)))),
  harmless('issuing authority without path length', onIssuing(withExtension(x.basicConstraints(true)))),
  wrong('basic constraints of an authority not critical', onIssuing(withCriticality(OID.basicConstraints, false))),
  harmless('basic constraints of the leaf not critical', onLeaf(withCriticality(OID.basicConstraints, false))),
  harmless('leaf without basic constraints', onLeaf(withoutExtension(OID.basicConstraints))),
  wrong('leaf is a CA', onLeaf(withExtension(x.basicConstraints(true)))),
  wrong('leaf with a path length', onLeaf(withExtension(x.basicConstraints(false, 0)))),
];

const KEY_USAGES: readonly Mutation[] = [
  wrong('issuing authority with cRLSign only', onIssuing(withExtension(x.keyUsage(['cRLSign'])))),
  wrong('anchor with cRLSign only', onAnchors(withExtension(x.keyUsage(['cRLSign'])))),
  wrong('issuing authority without key usage', onIssuing(withoutExtension(OID.keyUsage))),
  harmless('issuing authority with keyCertSign only', onIssuing(withExtension(x.keyUsage(['keyCertSign'])))),
  stricter(
    'issuing authority with digitalSignature besides',
    'X509-SVID appendix A: digitalSignature is for leaves',
    onIssuing(withExtension(x.keyUsage(['digitalSignature', 'keyCertSign']))),
  ),
  stricter(
    'key usage not critical',
    'X509-SVID 4.3: key usage is critical',
    onLeafOrIssuing(withCriticality(OID.keyUsage, false)),
  ),
  harmless('key usage of the anchor not critical', onAnchors(withCriticality(OID.keyUsage, false))),
  harmless(
    'anchor with digitalSignature besides',
    onAnchors(withExtension(x.keyUsage(['digitalSignature', 'keyCertSign', 'cRLSign']))),
  ),
  stricter('leaf without key usage', 'X509-SVID 4.3: key usage is present', onLeaf(withoutExtension(OID.keyUsage))),
  wrong('leaf with keyEncipherment only', onLeaf(withExtension(x.keyUsage(['keyEncipherment'])))),
  stricter(
    'leaf with keyEncipherment besides',
    PROFILE,
    onLeaf(withExtension(x.keyUsage(['digitalSignature', 'keyEncipherment']))),
  ),
  wrong('leaf with keyCertSign', onLeaf(withExtension(x.keyUsage(['digitalSignature', 'keyCertSign'])))),
  stricter(
    'leaf with cRLSign',
    'X509-SVID 4.3: a leaf never has cRLSign',
    // With a subject, because OpenSSL minds an issuer of CRLs that has none.
    onLeaf((draft, dice) => ({
      ...withExtension(x.keyUsage(['digitalSignature', 'cRLSign']))(draft, dice),
      subject: commonName('ns/shop/sa/checkout'),
    })),
  ),
  wrong('key usage without a bit', onLeafOrIssuing(withExtension(x.keyUsage([])))),
  wrong('leaf with serverAuth only', onLeaf(withExtension(x.extendedKeyUsage([OID.serverAuth])))),
  wrong('leaf with clientAuth only', onLeaf(withExtension(x.extendedKeyUsage([OID.clientAuth])))),
  wrong('leaf with codeSigning only', onLeaf(withExtension(x.extendedKeyUsage([OID.codeSigning])))),
  wrong('leaf for any purpose', onLeaf(withExtension(x.extendedKeyUsage([OID.anyPurpose])))),
  stricter(
    'leaf with codeSigning besides',
    PROFILE,
    onLeaf(withExtension(x.extendedKeyUsage([OID.serverAuth, OID.clientAuth, OID.codeSigning]))),
  ),
  stricter('leaf without extended key usage', PROFILE, onLeaf(withoutExtension(OID.extendedKeyUsage))),
  harmless(
    'extended key usage of the leaf critical and in another order',
    onLeaf(withExtension(x.extendedKeyUsage([OID.clientAuth, OID.serverAuth], true))),
  ),
  wrong('issuing authority for serverAuth only', onIssuing(withExtension(x.extendedKeyUsage([OID.serverAuth])))),
  stricter(
    'issuing authority with both purposes',
    'design rule 2: an authority has no extended key usage',
    onIssuing(withExtension(x.extendedKeyUsage([OID.serverAuth, OID.clientAuth]))),
  ),
];

const IDENTIFIERS: readonly Mutation[] = [
  wrong('no authority key identifier', onLeafOrIssuing(withoutExtension(OID.authorityKeyID))),
  harmless('anchor without authority key identifier', onAnchors(withoutExtension(OID.authorityKeyID))),
  wrong('authority key identifier of another key', onLeafOrIssuing(withExtension(x.authorityKeyID(KEYS.spare.keyID)))),
  stricter(
    'authority key identifier with issuer and serial number',
    'design rule 2: keyIdentifier only, or a cross-certificate no longer fits',
    (scene, dice) => {
      const [, issuing] = scene.chain;
      if (issuing === undefined) return scene;
      const more = x.issuerAndSerial(issuing.issuer, issuing.serialNumber.subarray(2));
      return onLeaf(withExtension(x.authorityKeyID(KEYS.issuing.keyID, more)))(scene, dice);
    },
  ),
  wrong('issuing authority without subject key identifier', onIssuing(withoutExtension(OID.subjectKeyID))),
  wrong('anchor without subject key identifier', onAnchors(withoutExtension(OID.subjectKeyID))),
  harmless('leaf without subject key identifier', onLeaf(withoutExtension(OID.subjectKeyID))),
  wrong('subject key identifier critical', onLeafOrIssuing(withCriticality(OID.subjectKeyID, true))),
  wrong('authority key identifier critical', onLeafOrIssuing(withCriticality(OID.authorityKeyID, true))),
];

const OTHERS: readonly Mutation[] = [
  wrong(
    'unknown critical extension',
    onAny(withExtension({ oid: OID.unknown, critical: true, value: Uint8Array.of(5, 0) })),
  ),
  harmless(
    'unknown extension',
    onAny(withExtension({ oid: OID.unknown, critical: false, value: Uint8Array.of(5, 0) })),
  ),
  wrong(
    'an extension twice',
    onAny(({ extensions }, dice) => ({
      extensions: [...extensions, ...extensions.slice(dice(extensions.length)).slice(0, 1)],
    })),
  ),
  harmless(
    'extensions in another order',
    onAny(({ extensions }) => ({ extensions: extensions.toReversed() })),
  ),
  wrong(
    'name constraints that exclude the leaf',
    onIssuing(withExtension(x.nameConstraints([], [x.uriName('example.org')]))),
  ),
  wrong(
    'name constraints that do not permit the leaf',
    onIssuing(withExtension(x.nameConstraints([x.dnsName('example.com')], []))),
  ),
  harmless(
    'name constraints that permit the leaf',
    onIssuing(withExtension(x.nameConstraints([x.dnsName('svc'), x.uriName('example.org')], []))),
  ),
  stricter(
    'name constraints that permit the leaf in a form verifiers do not agree on',
    'Java and RFC 5280 know no empty DNS constraint and no period before one',
    onIssuing((draft, dice) =>
      withExtension(x.nameConstraints([x.dnsName(['', '.shop.svc'][dice(2)] ?? ''), x.uriName('example.org')], []))(
        draft,
        dice,
      ),
    ),
  ),
  wrong(
    'name constraints on a kind of name that Go does not process',
    onIssuing(withExtension(x.nameConstraints([element(contextConstructed(4), NAMES.issuing)], []))),
  ),
];

function foreign(oid: string, ...value: number[]): Change {
  return withExtension({ oid, critical: false, value: Uint8Array.from(value) });
}

/** Not critical, and yet Go or OpenSSL reads them, minds their form, or draws consequences. */
const FOREIGN: readonly Mutation[] = [
  wrong('policy constraints that demand a policy', onLeafOrIssuing(foreign('2.5.29.36', 0x30, 3, 0x80, 1, 0))),
  wrong('malformed policy constraints', onAny(foreign('2.5.29.36', 5, 0))),
  wrong('malformed policy mappings', onAny(foreign('2.5.29.33', 5, 0))),
  wrong('malformed inhibition of any policy', onAny(foreign('2.5.29.54', 5, 0))),
  wrong('malformed address blocks', onLeafOrIssuing(foreign('1.3.6.1.5.5.7.1.7', 5, 0))),
  wrong('malformed system numbers', onLeafOrIssuing(foreign('1.3.6.1.5.5.7.1.8', 5, 0))),
  wrong('proxy certificate information', onLeafOrIssuing(foreign('1.3.6.1.5.5.7.1.14', 0x30, 0))),
  wrong('malformed Netscape certificate type', onLeafOrIssuing(foreign('2.16.840.1.113730.1.1', 5, 0))),
  wrong('leaf with malformed distribution points', onLeaf(foreign('2.5.29.31', 5, 0))),
  wrong('leaf with malformed policies', onLeaf(foreign('2.5.29.32', 5, 0))),
  wrong('leaf with malformed access to its authority', onLeaf(foreign('1.3.6.1.5.5.7.1.1', 5, 0))),
];

export const EXTENSION_MUTATIONS: readonly Mutation[] = [
  ...CONSTRAINTS,
  ...KEY_USAGES,
  ...IDENTIFIERS,
  ...OTHERS,
  ...FOREIGN,
];
