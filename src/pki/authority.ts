// SPDX-License-Identifier: Apache-2.0
/**
 * Issues the certificates of authorities: roots, intermediates, and the new root signed by the old. Each is checked as
 * a path before anybody sees it.
 * @module
 */
import { SignetError } from '../errors.ts';
import { formatSPIFFEID } from '../spiffe/id.ts';
import type { TrustDomainName } from '../spiffe/trust-domain.ts';
import type { Instant } from '../time.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { authorityID, subjectKeyID } from './key-pair.ts';
import { authorityName } from './names.ts';
import { anchorProblem, authorityPathProblem } from './path.ts';
import { outlivesProblem } from './profile.ts';
import { randomSerialNumber } from './serial.ts';
import type { Signer } from './signer.ts';
import { type AuthorityTemplate, authorityTBS, certificateDER } from './template.ts';

/** Times are cut to whole seconds. */
interface Validity {
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

/** A self-signed root with the key to sign for it. */
export interface RootAuthority {
  readonly certificate: Certificate;
  readonly signer: Signer;
}

export interface RootRequest extends Validity {
  readonly trustDomain: TrustDomainName;
  readonly signer: Signer;
}

export interface IntermediateRequest extends Validity {
  readonly trustDomain: TrustDomainName;
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  readonly issuer: RootAuthority;
}

export interface CrossCertificateRequest extends Validity {
  readonly trustDomain: TrustDomainName;
  /** The new root. */
  readonly root: Certificate;
  /** The old root. */
  readonly issuer: RootAuthority;
}

/** A self-signed root without path length, subject `O=Signet, CN=root <id>`. Throws ERR_AUTHORITY. */
export async function createRoot(request: RootRequest): Promise<Certificate> {
  const { signer, trustDomain } = request;
  const name = authorityName('root', authorityID(signer.publicKey));
  const keyID = subjectKeyID(signer.publicKey);
  const root = await issue(signer, {
    ...commonFields(request),
    issuer: name,
    issuerKeyID: keyID,
    subject: name,
    subjectKeyID: keyID,
    publicKey: signer.publicKey,
    pathLength: undefined,
  });
  assertSound(anchorProblem(root, trustDomain, root.notBefore));
  return root;
}

/** An intermediate that signs leaves and nothing else (path length 0). Throws ERR_AUTHORITY, also where it would outlive the root. */
export async function createIntermediate(request: IntermediateRequest): Promise<Certificate> {
  const { publicKey, issuer } = request;
  return issueUnder(request, issuer, {
    subject: authorityName('intermediate', authorityID(publicKey)),
    subjectKeyID: subjectKeyID(publicKey),
    publicKey,
    pathLength: 0,
  });
}

/** The new root's name and key under the old root's signature. Throws ERR_AUTHORITY, also where it would outlive the old root. */
export async function createCrossCertificate(request: CrossCertificateRequest): Promise<Certificate> {
  const { root, issuer } = request;
  return issueUnder(request, issuer, {
    subject: root.subject,
    subjectKeyID: root.subjectKeyID ?? subjectKeyID(root.publicKey),
    publicKey: root.publicKey,
    pathLength: undefined,
  });
}

type Subject = Pick<AuthorityTemplate, 'subject' | 'subjectKeyID' | 'publicKey' | 'pathLength'>;

async function issueUnder(
  request: Validity & { readonly trustDomain: TrustDomainName },
  { certificate: root, signer }: RootAuthority,
  subject: Subject,
): Promise<Certificate> {
  const { trustDomain } = request;
  const certificate = await issue(signer, {
    ...commonFields(request),
    ...subject,
    issuer: root.subject,
    issuerKeyID: root.subjectKeyID ?? subjectKeyID(root.publicKey),
  });
  const now = certificate.notBefore;
  const input = { chain: [certificate], anchors: [root], trustDomain, now };
  assertSound(outlivesProblem(certificate, root) ?? authorityPathProblem(input));
  return certificate;
}

function commonFields({
  trustDomain,
  notBefore,
  notAfter,
}: Validity & { readonly trustDomain: TrustDomainName }): Pick<
  AuthorityTemplate,
  'serialNumber' | 'spiffeID' | 'notBefore' | 'notAfter'
> {
  const spiffeID = formatSPIFFEID({ trustDomain, path: '' });
  return { serialNumber: randomSerialNumber(), spiffeID, notBefore, notAfter };
}

async function issue(signer: Signer, template: Omit<AuthorityTemplate, 'signatureAlgorithm'>): Promise<Certificate> {
  const tbs = authorityTBS({ ...template, signatureAlgorithm: signer.algorithm });
  return parseCertificate(certificateDER(tbs, signer.algorithm, await signer.sign(tbs)));
}

function assertSound(problem: string | undefined): void {
  if (problem !== undefined) throw new SignetError('ERR_AUTHORITY', `refused a new authority certificate: ${problem}`);
}
