// SPDX-License-Identifier: Apache-2.0
/**
 * The request body that stores an SVID: which files the Secret has.
 * @module
 */
import type { OwnerReference } from '../../api/object-meta.ts';
import type { SecretFormatType } from '../../api/service-identity.ts';
import { COMBINED_PEM_KEY, TLS_CERT_KEY, TLS_PRIVATE_KEY_KEY, TLS_SECRET_TYPE } from '../../api/well-known.ts';
import { secretBody } from '../../kube/secret-body.ts';

export interface SVIDSecret {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly OwnerReference[];
    readonly finalizers?: readonly string[];
  };
  readonly chainPEM: Buffer;
  readonly privateKeyPEM: Buffer;
  readonly formats: readonly SecretFormatType[];
  /** Files of further formats. */
  readonly stores?: ReadonlyMap<string, Buffer>;
  /** Further files; null: must not exist. */
  readonly files: Readonly<Record<string, string | null>>;
}

/** The JSON of the Secret. The caller zeroes it, and `privateKeyPEM`, once the write has returned. */
export function svidSecretBody({ metadata, chainPEM, privateKeyPEM, formats, stores, files }: SVIDSecret): Buffer {
  const combined = formats.includes('CombinedPEM') ? Buffer.concat([privateKeyPEM, chainPEM]) : undefined;
  const data = new Map([
    [TLS_CERT_KEY, chainPEM],
    [TLS_PRIVATE_KEY_KEY, privateKeyPEM],
  ]);
  if (combined !== undefined) data.set(COMBINED_PEM_KEY, combined);
  for (const [key, file] of stores ?? []) data.set(key, file);
  for (const [key, text] of Object.entries(files)) if (text !== null) data.set(key, Buffer.from(text));
  const body = secretBody({ metadata, type: TLS_SECRET_TYPE, data });
  combined?.fill(0);
  return body;
}
