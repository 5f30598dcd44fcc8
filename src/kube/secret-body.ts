// SPDX-License-Identifier: Apache-2.0
/**
 * The request body that writes a Secret. Key bytes go from Buffer to Buffer and never through a string, which could not
 * be zeroed (design rule 10).
 * @module
 */
import { encodeBase64 } from '../base64.ts';

export interface SecretToWrite {
  /** metav1.ObjectMeta, as far as the writer sets it. */
  readonly metadata: object;
  /** Absent in a merge patch. */
  readonly type?: string;
  /** Each name once. Null, in a merge patch: it goes. */
  readonly data: Iterable<readonly [string, Uint8Array | null]>;
}

/** The JSON of the Secret, the only copy of its data that is made here. The caller zeroes it when it has been sent. */
export function secretBody({ metadata, type, data }: SecretToWrite): Buffer {
  const head = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, type });
  const parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"data":{`)];
  for (const [key, value] of data) {
    const separator = parts.length > 1 ? ',' : '';
    parts.push(Buffer.from(`${separator}${JSON.stringify(key)}:`));
    if (value === null) parts.push(Buffer.from('null'));
    else parts.push(Buffer.from('"'), encodeBase64(value), Buffer.from('"'));
  }
  const body = Buffer.concat([...parts, Buffer.from('}}')]);
  for (const part of parts) part.fill(0);
  return body;
}
