// SPDX-License-Identifier: Apache-2.0
/**
 * Secrets with real keys and certificates in them, as the controller stores them and as a GET returns them.
 * @module
 */
import type { SecretFormatType } from '../../src/api/service-identity.ts';
import { mintSVID, type SVID, type SVIDRequest } from '../../src/pki/mint.ts';
import { encodePEM } from '../../src/pki/pem.ts';
import type { FullSecret } from '../../src/reconcilers/service-identity/inspect.ts';
import { svidSecretBody } from '../../src/reconcilers/service-identity/secret-body.ts';
import type { Instant } from '../../src/time.ts';
import { anSVIDRequest, NOW, type TestAuthority } from './test-authority.ts';

/** A Secret as a GET returns it: the data in base64. */
export interface SecretJSON {
  readonly type?: string;
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, string>>;
}

export interface MintedSecret {
  readonly secret: SecretJSON & { readonly data: Readonly<Record<string, string>> };
  readonly svid: SVID;
}

export interface MintOptions {
  readonly request?: Partial<SVIDRequest>;
  readonly formats?: readonly SecretFormatType[];
  readonly files?: Readonly<Record<string, string | null>>;
  readonly at?: Instant;
}

/** PEM of the authority's root, as it goes into ca.crt. */
export function anchorsPEM({ root }: TestAuthority): string {
  return encodePEM('CERTIFICATE', root.der).toString('utf8');
}

/** Mints an SVID and wraps it as the controller does. */
export async function aMintedSecret(authority: TestAuthority, options: MintOptions = {}): Promise<MintedSecret> {
  const { request, formats = ['PEM'], files, at = NOW } = options;
  const svid = await mintSVID(authority.issuer, anSVIDRequest(request), at);
  const body = svidSecretBody({
    metadata: { name: 'checkout-svid', namespace: 'shop', labels: {}, annotations: {}, ownerReferences: [] },
    chainPEM: svid.chainPEM,
    privateKeyPEM: svid.privateKeyPEM,
    formats,
    files: { 'ca.crt': anchorsPEM(authority), ...files },
  });
  return { secret: JSON.parse(body.toString('utf8')) as MintedSecret['secret'], svid };
}

/** The Secret as it is read: the data in Buffers of its own. */
export function asRead({ type, immutable, data = {} }: SecretJSON): FullSecret {
  const files = Object.entries(data).map(([name, content]) => [name, Buffer.from(content, 'base64')] as const);
  return { type, immutable, data: new Map(files) };
}

/** The Secret with other files; undefined takes one away. */
export function withFiles(
  secret: SecretJSON,
  files: Readonly<Record<string, string | Buffer | undefined>>,
): SecretJSON {
  const data: Record<string, string> = { ...secret.data };
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined) delete data[name];
    else data[name] = Buffer.from(content).toString('base64');
  }
  return { ...secret, data };
}

/** The text of a file. */
export function fileOf(secret: SecretJSON, name: string): string {
  return Buffer.from(secret.data?.[name] ?? '', 'base64').toString('utf8');
}
