// SPDX-License-Identifier: Apache-2.0
/**
 * Mints X.509-SVIDs: fresh key, template, signature, and then the path check of the finished certificate against the
 * published anchors. What fails the check never leaves this file.
 * @module
 */
import { SignetError } from '../errors.ts';
import { parseSPIFFEID } from '../spiffe/id.ts';
import { BACKDATE, type KeyAlgorithm, MAX_COMMON_NAME_LENGTH } from '../spiffe/svid.ts';
import type { TrustDomainName } from '../spiffe/trust-domain.ts';
import { type Duration, type Instant, SECOND } from '../time.ts';
import { type Certificate, fingerprint, parseCertificate, serialNumberHex } from './certificate.ts';
import { isDNSName } from './dns-name.ts';
import { generateKeyPair, type KeyPair, subjectKeyID } from './key-pair.ts';
import { commonName, emptyName } from './names.ts';
import { pathProblem } from './path.ts';
import { encodePEM } from './pem.ts';
import { randomSerialNumber } from './serial.ts';
import { type VerifiedSignatures, verifiedSignatures } from './signatures.ts';
import type { Signer } from './signer.ts';
import { certificateDER, leafTBS } from './template.ts';

/** An authority that signs leaves. Keep the object: what was learned about its chain is remembered by it. */
export interface Issuer {
  readonly id: string;
  readonly certificate: Certificate;
  readonly signer: Signer;
  /** What follows the leaf in tls.crt: the issuer first, no root. */
  readonly chain: readonly Certificate[];
  /** The published bundle. */
  readonly anchors: readonly Certificate[];
  readonly trustDomain: TrustDomainName;
  /** Where an authority above the issuer ends before it: that end. No leaf outlives it. */
  readonly notAfter?: Instant;
}

export interface SVIDRequest {
  readonly spiffeID: string;
  readonly dnsNames: readonly string[];
  /** `SPIFFEPath`: the ID's path without its first slash as common name. */
  readonly subject: 'Empty' | 'SPIFFEPath';
  readonly algorithm: KeyAlgorithm;
  /** Whole seconds. */
  readonly ttl: Duration;
}

export interface SVID {
  readonly certificate: Certificate;
  /** Leaf first, then the issuer's chain. */
  readonly chainPEM: Buffer;
  /** PKCS#8. The holder zeroes it. */
  readonly privateKeyPEM: Buffer;
  /** Lowercase hexadecimal. */
  readonly serialNumber: string;
  /** Lowercase hexadecimal SHA-256 of the certificate. */
  readonly fingerprint: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Whether the issuer's end cut the lifetime short. */
  readonly clamped: boolean;
}

/** How the two halves of minting are done: whoever traces makes a span of each. */
export interface MintingHalves {
  readonly sign: <T>(half: () => Promise<T>) => Promise<T>;
  readonly check: <T>(half: () => Promise<T>) => Promise<T>;
}

const AS_THEY_ARE: MintingHalves = { sign: (half) => half(), check: (half) => half() };

/** A signed leaf that nobody has checked yet. */
interface SignedLeaf {
  readonly der: Uint8Array;
  readonly key: KeyPair;
  readonly clamped: boolean;
}

/**
 * Mints one SVID. Throws ERR_ISSUANCE with the problem when the request cannot be met or the product fails its own
 * path check; whatever the signer throws passes through.
 */
export async function mintSVID(
  issuer: Issuer,
  request: SVIDRequest,
  now: Instant,
  { sign, check }: MintingHalves = AS_THEY_ARE,
): Promise<SVID> {
  const leaf = await sign(() => signLeaf(issuer, request, now));
  return check(async () => checkedSVID(issuer, leaf, now));
}

/** The second half: the path check. Zeroes the leaf's own copy of the key, whatever comes of it. */
function checkedSVID(issuer: Issuer, { der, key, clamped }: SignedLeaf, now: Instant): SVID {
  try {
    const certificate = parseCertificate(der);
    const { verified, chainPEM } = knowledgeOf(issuer);
    const { anchors, trustDomain } = issuer;
    const problem = pathProblem({ chain: [certificate, ...issuer.chain], anchors, trustDomain, now }, verified);
    if (problem !== undefined) throw refusal(problem);
    return {
      certificate,
      chainPEM: Buffer.concat([encodePEM('CERTIFICATE', certificate.der), chainPEM]),
      privateKeyPEM: encodePEM('PRIVATE KEY', key.privateKey),
      serialNumber: serialNumberHex(certificate),
      fingerprint: fingerprint(certificate.der),
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      clamped,
    };
  } finally {
    key.privateKey.fill(0);
  }
}

/** The first half of minting: key, template, signature. The holder zeroes the key. Throws as `mintSVID` does. */
export async function signLeaf(issuer: Issuer, request: SVIDRequest, now: Instant): Promise<SignedLeaf> {
  const problem = requestProblem(issuer, request, now);
  if (problem !== undefined) throw refusal(problem);
  const { certificate: authority, signer } = issuer;
  const second = Math.floor(now / SECOND) * SECOND;
  const wanted = second + request.ttl;
  const end = endOf(issuer);
  const key = await generateKeyPair(request.algorithm);
  try {
    const tbs = leafTBS({
      serialNumber: randomSerialNumber(),
      issuer: authority.subject,
      issuerKeyID: authority.subjectKeyID ?? subjectKeyID(authority.publicKey),
      signatureAlgorithm: signer.algorithm,
      notBefore: Math.max(second - BACKDATE, authority.notBefore),
      notAfter: Math.min(wanted, end),
      subject: request.subject === 'Empty' ? emptyName() : commonName(commonNameOf(request.spiffeID)),
      publicKey: key.publicKey,
      spiffeID: request.spiffeID,
      dnsNames: request.dnsNames,
    });
    const der = certificateDER(tbs, signer.algorithm, await signer.sign(tbs));
    return { der, key, clamped: wanted > end };
  } catch (error) {
    key.privateKey.fill(0);
    throw error;
  }
}

/** What keeps a request from being minted by this issuer now, or undefined. */
export function requestProblem(issuer: Issuer, request: SVIDRequest, now: Instant): string | undefined {
  const id = parseSPIFFEID(request.spiffeID);
  if ('problem' in id) return id.problem;
  if (id.value.trustDomain !== issuer.trustDomain) return 'the SPIFFE ID is of another trust domain than the issuer';
  if (id.value.path === '') return 'the SPIFFE ID has no path';
  if (request.subject === 'SPIFFEPath' && id.value.path.length - 1 > MAX_COMMON_NAME_LENGTH) {
    return `the SPIFFE ID's path is longer than the ${MAX_COMMON_NAME_LENGTH} characters a subject can hold`;
  }
  const badName = request.dnsNames.find((name) => !isDNSName(name));
  if (badName !== undefined) return `${JSON.stringify(badName)} is not a lowercase DNS name`;
  if (!(request.ttl >= SECOND) || request.ttl % SECOND !== 0) return 'the lifetime is not a number of whole seconds';
  if (now < issuer.certificate.notBefore) return 'the issuer is not valid yet';
  return now >= endOf(issuer) ? 'the issuer has expired' : undefined;
}

function endOf({ certificate, notAfter = certificate.notAfter }: Issuer): Instant {
  return Math.min(certificate.notAfter, notAfter);
}

/** `ns/shop/sa/checkout`: its slashes keep it from being taken for a host name. */
function commonNameOf(spiffeID: string): string {
  return spiffeID.slice(spiffeID.indexOf('/', 'spiffe://'.length) + 1);
}

interface Knowledge {
  readonly verified: VerifiedSignatures;
  readonly chainPEM: Buffer;
}

const KNOWLEDGE = new WeakMap<Issuer, Knowledge>();

function knowledgeOf(issuer: Issuer): Knowledge {
  const known = KNOWLEDGE.get(issuer);
  if (known !== undefined) return known;
  const chainPEM = Buffer.concat(issuer.chain.map(({ der }) => encodePEM('CERTIFICATE', der)));
  const knowledge = { verified: verifiedSignatures(), chainPEM };
  KNOWLEDGE.set(issuer, knowledge);
  return knowledge;
}

function refusal(problem: string): SignetError {
  return new SignetError('ERR_ISSUANCE', `cannot issue an SVID: ${problem}`);
}
