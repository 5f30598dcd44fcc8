// SPDX-License-Identifier: Apache-2.0
/**
 * The request body that stores an SVID. Key bytes go from Buffer to Buffer and never through a string, which could not
 * be zeroed (design rule 10).
 * @module
 */
import type { OwnerReference } from '../../api/object-meta.ts';
import type { SecretFormatType } from '../../api/service-identity.ts';
import { COMBINED_PEM_KEY, TLS_CERT_KEY, TLS_PRIVATE_KEY_KEY, TLS_SECRET_TYPE } from '../../api/well-known.ts';
import { encodeBase64 } from '../../pki/base64.ts';

export interface SecretContents {
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
  /** Further files; null: must not exist. */
  readonly files: Readonly<Record<string, string | null>>;
}

/** The JSON of the Secret. The caller zeroes it, and `privateKeyPEM`, once the write has returned. */
export function secretBody(contents: SecretContents): Buffer {
  const { metadata, chainPEM, privateKeyPEM, formats, files } = contents;
  const head = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, type: TLS_SECRET_TYPE });
  const parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"data":{`)];
  const secrets: Buffer[] = [];
  const add = (key: string, value: Buffer) => {
    const encoded = encodeBase64(value);
    secrets.push(encoded);
    parts.push(Buffer.from(`${parts.length > 1 ? ',' : ''}${JSON.stringify(key)}:"`), encoded, Buffer.from('"'));
  };
  add(TLS_CERT_KEY, chainPEM);
  add(TLS_PRIVATE_KEY_KEY, privateKeyPEM);
  if (formats.includes('CombinedPEM')) {
    const combined = Buffer.concat([privateKeyPEM, chainPEM]);
    secrets.push(combined);
    add(COMBINED_PEM_KEY, combined);
  }
  for (const [key, text] of Object.entries(files)) if (text !== null) add(key, Buffer.from(text));
  const body = Buffer.concat([...parts, Buffer.from('}}')]);
  for (const secret of secrets) secret.fill(0);
  return body;
}
