// SPDX-License-Identifier: Apache-2.0
/**
 * The certificates of an authority as its Secrets and its document hold them: each one a PEM text, under the hash of its
 * key.
 * @module
 */
import type { ImportedCertificate } from '../../authority/imported.ts';
import { SignetError } from '../../errors.ts';
import { type Certificate, parseCertificate } from '../../pki/certificate.ts';
import { authorityID } from '../../pki/key-pair.ts';
import { encodePEM, parseCertificatesPEM } from '../../pki/pem.ts';

/** What is kept of a certificate. */
export function certificateFacts({ der, publicKey, notBefore, notAfter }: Certificate): ImportedCertificate {
  return { id: authorityID(publicKey), certificate: certificateText(der), notBefore, notAfter };
}

export function certificateText(der: Uint8Array): string {
  return encodePEM('CERTIFICATE', der).toString('utf8');
}

/** The one certificate of a PEM text; more would slip into ca.crt unseen. */
export function certificateOf(pem: string): Certificate {
  const [der, ...more] = parseCertificatesPEM(pem);
  if (der === undefined || more.length > 0)
    throw new SignetError('ERR_PEM', 'a slot holds not exactly one certificate');
  return parseCertificate(der);
}
