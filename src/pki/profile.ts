// SPDX-License-Identifier: Apache-2.0
/**
 * The fixed profile of Signet's certificates, each judged by itself: what a leaf and what an authority must and must
 * not say (RFC 5280, X509-SVID). Stricter than the standards where our own certificates never use what they allow.
 * @module
 */
import { formatSPIFFEID, parseSPIFFEID } from '../spiffe/id.ts';
import type { TrustDomainName } from '../spiffe/trust-domain.ts';
import type { Instant } from '../time.ts';
import { type Certificate, hasEmptySubject } from './certificate.ts';
import { isDNSName } from './dns-name.ts';
import { formProblem } from './name-constraints.ts';

/** What is wrong with a certificate as an X.509-SVID of the trust domain, or undefined. */
export function leafProblem(leaf: Certificate, trustDomain: TrustDomainName): string | undefined {
  if (leaf.ca) return 'is a certificate authority';
  if (leaf.pathLength !== undefined) return 'has a path length';
  if (leaf.publicKeyAlgorithm === undefined) return NO_KEY;
  if (leaf.nameConstraints !== undefined) return 'has name constraints, which belong in authorities only';
  return (
    commonProblem(leaf) ??
    leafKeyUsageProblem(leaf) ??
    subjectAltNameProblem(leaf) ??
    spiffeIDProblem(leaf, trustDomain)
  );
}

/** What is wrong with a certificate as an authority of the trust domain below its root, or undefined. */
export function authorityProblem(authority: Certificate, trustDomain: TrustDomainName): string | undefined {
  return rootProblem(authority, trustDomain) ?? authorityKeyUsageProblem(authority);
}

/**
 * The same for a root. It is no SVID, so what X509-SVID 4.3 asks of key usages beyond RFC 5280 is not asked of it: roots
 * from outside often have more usages than they need, not marked critical, and cannot be made anew.
 */
export function rootProblem(root: Certificate, trustDomain: TrustDomainName): string | undefined {
  if (!root.ca) return 'is not a certificate authority';
  if (!root.critical.has('basicConstraints')) return 'does not mark its basic constraints critical';
  return (
    commonProblem(root) ??
    signingUsageProblem(root) ??
    authorityNameProblem(root, trustDomain) ??
    (root.nameConstraints === undefined ? undefined : formProblem(root.nameConstraints))
  );
}

/** What is wrong with the validity of a certificate at a point in time; both ends belong to it (RFC 5280 4.1.2.5). */
export function validityProblem({ notBefore, notAfter }: Certificate, now: Instant): string | undefined {
  if (notBefore >= notAfter) return 'expires no later than it begins';
  if (now < notBefore) return `is not valid before ${new Date(notBefore).toISOString()}`;
  if (now > notAfter) return `expired at ${new Date(notAfter).toISOString()}`;
  return undefined;
}

/** What keeps the validity of a certificate from lying within its issuer's, or undefined. */
export function outlivesProblem(certificate: Certificate, issuer: Certificate): string | undefined {
  if (certificate.notAfter > issuer.notAfter) return 'outlives its issuer';
  return certificate.notBefore < issuer.notBefore ? 'is older than its issuer' : undefined;
}

/**
 * Extensions that count even where they are not critical: policy mappings, policy constraints, inhibitAnyPolicy, address
 * blocks, system numbers, proxy certificates, the Netscape certificate type. Go, OpenSSL or Java refuse paths over them.
 */
const OTHERS_ACT_ON = /^(2\.5\.29\.(33|36|54)|1\.3\.6\.1\.5\.5\.7\.1\.(7|8|14)|2\.16\.840\.1\.113730\.1\.1)$/u;
/** Distribution points, policies and authority access: usual in imported authorities, foreign to our leaves. */
const AUTHORITIES_ONLY = /^(2\.5\.29\.(31|32)|1\.3\.6\.1\.5\.5\.7\.1\.1)$/u;

/** URIs every verifier can read: Go refuses a certificate over what it can't. */
const PLAIN_URI = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9-]+(\.[a-z0-9-]+)*(\/[A-Za-z0-9._~/-]*)?$/u;

const NO_KEY = 'has a public key that is unsupported or none of its kind';

function commonProblem(certificate: Certificate): string | undefined {
  const [unknown] = certificate.unknownCritical;
  if (unknown !== undefined) return `has the unknown critical extension ${unknown}`;
  const foreign = certificate.unknown.find((oid) => OTHERS_ACT_ON.test(oid));
  if (foreign !== undefined) return `has the extension ${foreign}, which other verifiers act on and Signet does not`;
  if (certificate.authorityKeyAlgorithm === undefined) return NO_KEY;
  if (certificate.signatureAlgorithm === undefined) return 'has a signature of an unsupported kind';
  return serialNumberProblem(certificate.serialNumber) ?? keyIdentifierProblem(certificate);
}

function serialNumberProblem(serialNumber: Uint8Array): string | undefined {
  if (serialNumber.length > 20) return 'has a serial number longer than 20 bytes';
  const positive = (serialNumber[0] ?? 0) < 0x80 && serialNumber.some((octet) => octet !== 0);
  return positive ? undefined : 'has a serial number that is not positive';
}

function keyIdentifierProblem(certificate: Certificate): string | undefined {
  if (certificate.critical.has('subjectKeyIdentifier')) return 'marks its subject key identifier critical';
  if (certificate.critical.has('authorityKeyIdentifier')) return 'marks its authority key identifier critical';
  if (certificate.authorityKeyIDHasIssuer) return 'has an authority key identifier with issuer and serial number';
  return undefined;
}

function leafKeyUsageProblem({ keyUsage, critical, extendedKeyUsage }: Certificate): string | undefined {
  if (keyUsage === undefined) return 'has no key usage';
  if (!critical.has('keyUsage')) return 'does not mark its key usage critical';
  if (keyUsage.length !== 1 || keyUsage[0] !== 'digitalSignature')
    return `has the key usage ${keyUsage.join(', ')}, not digitalSignature alone`;
  if (extendedKeyUsage === undefined) return 'has no extended key usage';
  const both = extendedKeyUsage.includes('serverAuth') && extendedKeyUsage.includes('clientAuth');
  if (!both || extendedKeyUsage.length !== 2) {
    return `has the extended key usage ${extendedKeyUsage.join(', ')}, not serverAuth and clientAuth`;
  }
  return undefined;
}

function signingUsageProblem({ keyUsage, extendedKeyUsage }: Certificate): string | undefined {
  if (keyUsage === undefined) return 'has no key usage';
  if (!keyUsage.includes('keyCertSign')) return 'has no key usage keyCertSign';
  return extendedKeyUsage === undefined ? undefined : 'has an extended key usage, which an authority must not have';
}

function authorityKeyUsageProblem({ keyUsage = [], critical }: Certificate): string | undefined {
  if (!critical.has('keyUsage')) return 'does not mark its key usage critical';
  const other = keyUsage.find((usage) => usage !== 'keyCertSign' && usage !== 'cRLSign');
  return other === undefined ? undefined : `has the key usage ${other}, which an authority must not have`;
}

function subjectAltNameProblem(leaf: Certificate): string | undefined {
  const foreign = leaf.unknown.find((oid) => AUTHORITIES_ONLY.test(oid));
  if (foreign !== undefined) return `has the extension ${foreign}, which no SVID of ours has`;
  if (leaf.uris.length !== 1) return `has ${leaf.uris.length} URI subject alternative names, not exactly one`;
  if (leaf.otherNames) return 'has subject alternative names other than URI and DNS';
  if (!leaf.dnsNames.every(isDNSName)) return 'has a DNS subject alternative name that is none';
  if (hasEmptySubject(leaf) && !leaf.critical.has('subjectAltName')) {
    return 'has an empty subject but does not mark its subject alternative name critical';
  }
  return undefined;
}

function spiffeIDProblem({ uris: [uri = ''] }: Certificate, trustDomain: TrustDomainName): string | undefined {
  const id = parseSPIFFEID(uri);
  if ('problem' in id) return `has an invalid SPIFFE ID: ${id.problem}`;
  if (id.value.trustDomain !== trustDomain) {
    return `has a SPIFFE ID of the trust domain ${id.value.trustDomain}, not ${trustDomain}`;
  }
  return id.value.path === '' ? 'has a SPIFFE ID without a path' : undefined;
}

/** An authority may go without a SPIFFE ID, but one it has is its trust domain's own (X509-SVID 3.2). */
function authorityNameProblem(authority: Certificate, trustDomain: TrustDomainName): string | undefined {
  if (hasEmptySubject(authority)) return 'has an empty subject';
  if (authority.subjectKeyID === undefined) return 'has no subject key identifier';
  const own = formatSPIFFEID({ trustDomain, path: '' });
  const foreign = authority.uris.find((uri) => uri !== own && /^spiffe:/iu.test(uri));
  if (foreign !== undefined) return `has the SPIFFE ID ${foreign}, not ${own}`;
  const others = authority.otherNames || authority.dnsNames.length > 0;
  if (others) return 'has subject alternative names other than URIs';
  const odd = authority.uris.find((uri) => uri !== own && !PLAIN_URI.test(uri));
  return odd === undefined ? undefined : `has the URI ${JSON.stringify(odd)}, which other verifiers may not read`;
}
