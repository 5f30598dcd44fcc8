// SPDX-License-Identifier: Apache-2.0
/**
 * Certificates with keys that nobody has yet, for targets that need a key: none is in the tree.
 * @module
 */
import { createServingFiles, type ServingFiles } from '../../../src/pki/serving-certificate.ts';
import type { Instant } from '../../../src/time.ts';

/** An authority and a certificate under it for `localhost`, as PEM. */
export function freshFiles(valid: { readonly notBefore: Instant; readonly notAfter: Instant }): Promise<ServingFiles> {
  return createServingFiles({ dnsNames: ['localhost', 'signet-webhook.signet-system.svc'], ...valid });
}
