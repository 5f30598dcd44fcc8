// SPDX-License-Identifier: Apache-2.0
/**
 * What is published of a trust domain: its anchors as PEM and as a SPIFFE bundle document, the same text for the same
 * anchors in whatever order they are stored, and digests by which stored copies are recognized.
 * @module
 */
import { CA_CERT_KEY, GROUP, SPIFFE_BUNDLE_KEY } from '../../api/well-known.ts';
import { digest } from '../../digest/digest.ts';
import { parseCertificate } from '../../pki/certificate.ts';
import { publicKeyJWK } from '../../pki/jwk.ts';
import { encodePEM, parseCertificatesPEM } from '../../pki/pem.ts';
import { formatBundle } from '../../spiffe/bundle.ts';

export interface BundleContent {
  readonly sequence: number;
  /** ca.crt: self-signed roots, nothing else. */
  readonly anchorsPEM: string;
  /** bundle.spiffe.json. */
  readonly document: string;
}

/** The content for published roots. Throws ERR_PEM or ERR_DER for what is no certificate. */
export function bundleContent(anchorsPEM: string, sequence: number): BundleContent {
  const authorities = parseCertificatesPEM(anchorsPEM)
    .map((der) => ({ der, certificate: Buffer.from(der).toString('base64') }))
    .toSorted((a, b) => (a.certificate < b.certificate ? -1 : 1))
    .map(({ der, certificate }) => ({ der, certificate, publicKey: publicKeyJWK(parseCertificate(der).publicKey) }));
  return {
    sequence,
    anchorsPEM: authorities.map(({ der }) => encodePEM('CERTIFICATE', der).toString('latin1')).join(''),
    document: formatBundle({ authorities, sequence }),
  };
}

/** The part of an object that holds the content, as it is written. */
export type BundleBody =
  | { readonly data: Readonly<Record<string, string>> }
  | { readonly spec: { readonly signerName: string; readonly trustBundle: string } };

export function configMapBody({ anchorsPEM, document }: BundleContent): BundleBody {
  return { data: { [CA_CERT_KEY]: anchorsPEM, [SPIFFE_BUNDLE_KEY]: document } };
}

export function clusterTrustBundleBody({ anchorsPEM }: BundleContent, trustDomainObject: string): BundleBody {
  return { spec: { signerName: signerNameOf(trustDomainObject), trustBundle: anchorsPEM } };
}

/** By the object's name, which is unique and a DNS name; that of the trust domain need be neither. */
function signerNameOf(trustDomainObject: string): string {
  return `${GROUP}/${trustDomainObject}`;
}

/** The API server wants the signer name in front, with a colon for its slash. */
export function clusterTrustBundleName(trustDomainObject: string): string {
  return `${GROUP}:${trustDomainObject}:bundle`;
}

/** An object as it is stored, as far as its content is ours. */
export interface StoredBody {
  readonly data?: Readonly<Record<string, string>> | null;
  readonly spec?: { readonly signerName?: string; readonly trustBundle?: string };
}

/** Recognizes content that is as it should be. Further keys of a ConfigMap are somebody else's and stay. */
export function bodyDigest({ data, spec }: StoredBody): string {
  return digest([data?.[CA_CERT_KEY], data?.[SPIFFE_BUNDLE_KEY], spec?.signerName, spec?.trustBundle]);
}
