// SPDX-License-Identifier: Apache-2.0
/**
 * Judges an authority that somebody else made, whole and before it signs anything: one reason with its remedy, or an
 * issuer ready to mint. Whether its root is shared with others is a fact it reports; the operator answers for it.
 * @module
 */
import { formatSPIFFEID } from '../spiffe/id.ts';
import type { TrustDomainName } from '../spiffe/trust-domain.ts';
import { DAY, type Instant } from '../time.ts';
import { type Certificate, fingerprint } from './certificate.ts';
import { type ImportedChain, type PEMText, type PlacedCertificate, readImportedChain } from './imported-chain.ts';
import { importedSigner } from './imported-key.ts';
import { constraintViolation, permitsOnlyHost } from './name-constraints.ts';
import { authorityPathProblem } from './path.ts';
import { authorityProblem, rootProblem, validityProblem } from './profile.ts';
import type { Signer } from './signer.ts';

export interface ImportedAuthorityInput {
  /** `tls.crt`: the issuing CA first, then up; the root may be the last. */
  readonly certificatePEM: PEMText;
  /** `ca.crt`: the root, where it is not in `tls.crt`. */
  readonly rootsPEM?: PEMText;
  /** `tls.key`. The caller zeroes it. */
  readonly keyPEM: Buffer;
  readonly trustDomain: TrustDomainName;
  /** Forms of DNS names that leaves will carry; name constraints must permit all of them. */
  readonly dnsNames?: readonly string[];
  readonly now: Instant;
}

export interface ImportedAuthority {
  readonly issuer: Certificate;
  /** What follows a leaf in its tls.crt: the issuer first, then the authorities above it, no root. */
  readonly chain: readonly Certificate[];
  readonly root: Certificate;
  /** Lowercase hexadecimal SHA-256: what an operator acknowledges a shared root by. */
  readonly rootFingerprint: string;
  readonly signer: Signer;
  /** Whether critical name constraints permit URIs of this trust domain and of no other, somewhere on the path. */
  readonly constrained: boolean;
  /** Whether the root is neither dedicated to the trust domain nor the path constrained to it. */
  readonly shared: boolean;
  /** When the first certificate from the issuer to the root ends; no leaf outlives it. */
  readonly notAfter: Instant;
  /** When operators should begin to hear about that end. */
  readonly warnFrom: Instant;
  readonly warnings: readonly string[];
}

type Judged = { readonly value: ImportedAuthority } | { readonly problem: string };

/** Never throws for what the files hold. A problem is one sentence that names the certificate and what to do. */
export async function validateImportedAuthority(input: ImportedAuthorityInput): Promise<Judged> {
  const read = await readImportedChain(input.certificatePEM, input.rootsPEM);
  if ('problem' in read) return read;
  const problem = chainProblem(read, input);
  if (problem !== undefined) return { problem };
  const issuer = read.chain[0].certificate;
  const signer = importedSigner(input.keyPEM, issuer);
  if ('problem' in signer) return signer;
  return { value: describe(read, signer.value, input.trustDomain) };
}

function chainProblem({ chain, root }: ImportedChain, input: ImportedAuthorityInput): string | undefined {
  const { trustDomain, now } = input;
  const all = [...chain, root];
  for (const [below, placed] of all.entries()) {
    const problem = certificateProblem(placed, placed === root, below, input);
    if (problem !== undefined) return `${placed.place} ${problem}`;
  }
  const path = {
    chain: chain.map(({ certificate }) => certificate),
    anchors: [root.certificate],
    trustDomain,
    now,
  };
  const problem = authorityPathProblem(path);
  if (problem === undefined) return undefined;
  return `the certificates do not make a valid path to their root: ${problem}; have the one that is named issued again`;
}

/** `below`: how many authorities the certificate has under itself. */
function certificateProblem(
  { certificate }: PlacedCertificate,
  isRoot: boolean,
  below: number,
  input: ImportedAuthorityInput,
): string | undefined {
  const { trustDomain, now } = input;
  return (
    withRemedy(validityProblem(certificate, now), 'renew it and store the new chain in the Secret') ??
    algorithmProblem(certificate) ??
    withRemedy((isRoot ? rootProblem : authorityProblem)(certificate, trustDomain), isRoot ? ROOT_PROFILE : PROFILE) ??
    pathLengthProblem(certificate, below) ??
    constraintsProblem(certificate, input)
  );
}

const ROOT_PROFILE =
  'a root needs critical basic constraints, the key usage keyCertSign, a subject key identifier and no extended key usage';
const PROFILE =
  'have it issued again with critical basic constraints (CA), the critical key usages keyCertSign and cRLSign alone, key identifiers, no extended key usage, and no URI names but that of the trust domain';

function withRemedy(problem: string | undefined, remedy: string): string | undefined {
  return problem === undefined ? undefined : `${problem}; ${remedy}`;
}

function algorithmProblem({ authorityKeyAlgorithm, signatureAlgorithm }: Certificate): string | undefined {
  if (authorityKeyAlgorithm === undefined) {
    return 'has a key of an unsupported kind; use ECDSA P-256 or P-384, RSA of 2048 to 8192 bits with exponent 65537, or Ed25519';
  }
  if (signatureAlgorithm !== undefined) return undefined;
  return 'is signed in an unsupported way; have it signed by ECDSA or RSA (PKCS#1 v1.5) with SHA-256, SHA-384 or SHA-512, or by Ed25519';
}

function pathLengthProblem({ pathLength }: Certificate, below: number): string | undefined {
  if (pathLength === undefined || pathLength >= below) return undefined;
  const found = `has the path length ${pathLength}, but authorities under it: ${below}`;
  return `${found}; have it issued again with at least that path length, or a chain made that is shorter`;
}

function constraintsProblem(
  { nameConstraints }: Certificate,
  { trustDomain, dnsNames = [] }: ImportedAuthorityInput,
): string | undefined {
  if (nameConstraints === undefined) return undefined;
  const uris = [formatSPIFFEID({ trustDomain, path: '/ns/NAMESPACE/sa/NAME' })];
  const identities = constraintViolation(nameConstraints, { uris, dnsNames: [] });
  if (identities !== undefined) {
    return `has name constraints that forbid the identities of this trust domain, such as ${identities}; have it issued again with the permitted URI ${trustDomain}`;
  }
  const names = constraintViolation(nameConstraints, { uris: [], dnsNames });
  if (names === undefined) return undefined;
  return `has name constraints that forbid names which certificates of services carry, such as ${names}; have it issued again with constraints on URIs only`;
}

function describe({ chain, root }: ImportedChain, signer: Signer, trustDomain: TrustDomainName): ImportedAuthority {
  const certificates = chain.map(({ certificate }) => certificate);
  const all = [...certificates, root.certificate];
  const issuer = chain[0].certificate;
  const notAfter = Math.min(...all.map((certificate) => certificate.notAfter));
  const dedicated = root.certificate.uris.includes(formatSPIFFEID({ trustDomain, path: '' }));
  const constrained = all.some((certificate) => isConstrained(certificate, trustDomain));
  const rootConstrained = isConstrained(root.certificate, trustDomain);
  return {
    issuer,
    chain: certificates,
    root: root.certificate,
    rootFingerprint: fingerprint(root.certificate.der),
    signer,
    constrained,
    shared: !dedicated && !constrained,
    notAfter,
    warnFrom: warnFrom(issuer.notBefore, notAfter),
    warnings: [
      ...chain.flatMap((placed) => certificateWarnings(placed, trustDomain)),
      ...(issuer.pathLength === 0 ? [] : [`${chain[0].place} ${FURTHER}`]),
      ...(notAfter < issuer.notAfter ? [`${chain[0].place} ${outlives(notAfter)}`] : []),
      ...(constrained && !dedicated && !rootConstrained ? [`${root.place} ${SIBLINGS}`] : []),
    ],
  };
}

function isConstrained({ nameConstraints, critical }: Certificate, trustDomain: TrustDomainName): boolean {
  if (nameConstraints === undefined || !critical.has('nameConstraints')) return false;
  return permitsOnlyHost(nameConstraints, trustDomain);
}

const FURTHER =
  'is not limited to path length 0, which is all Signet needs: whoever takes its key can make further authorities';
const SIBLINGS =
  'carries no name constraints itself: other authorities under it that are not constrained could mint identities of this trust domain';

function outlives(notAfter: Instant): string {
  return `expires later than an authority above it; no certificate will outlive ${new Date(notAfter).toISOString()}`;
}

function certificateWarnings(
  { certificate, place }: PlacedCertificate,
  trustDomain: TrustDomainName,
): readonly string[] {
  const { authorityKeyAlgorithm, nameConstraints, critical } = certificate;
  const ignored = nameConstraints !== undefined && !critical.has('nameConstraints');
  return [
    ...(authorityKeyAlgorithm === 'Ed25519' ? [`${place} has an Ed25519 key, which Envoy and browsers refuse`] : []),
    ...(ignored && permitsOnlyHost(nameConstraints, trustDomain)
      ? [`${place} does not mark its name constraints critical, so they do not count`]
      : []),
  ];
}

const LONGEST_NOTICE = 90 * DAY;

/** 90 days ahead, or a third of a shorter life. */
function warnFrom(notBefore: Instant, notAfter: Instant): Instant {
  return notAfter - Math.min(LONGEST_NOTICE, Math.floor((notAfter - notBefore) / 3));
}
