// SPDX-License-Identifier: Apache-2.0
/**
 * The calls of the authority reconciler over the API transport: two named Secrets in the controller's own namespace,
 * and TrustDomain status.
 * @module
 */
import type { TrustDomain, TrustDomainStatus } from '../../api/trust-domain.ts';
import { API_VERSION } from '../../api/well-known.ts';
import { isSignetError } from '../../errors.ts';
import {
  createObject,
  getObject,
  type KubeObject,
  SECRETS,
  TRUST_DOMAINS,
  updateObject,
} from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import { encodeBase64 } from '../../pki/base64.ts';
import type { AuthoritySecret, AuthoritySecrets, SecretVersion, StoredSecret } from './secrets.ts';

/** The authority's Secrets in the given namespace. */
export function authoritySecrets(transport: Transport, namespace: string): AuthoritySecrets {
  const write = async (secret: AuthoritySecret, precondition: SecretVersion | undefined): Promise<SecretVersion> => {
    const body = bodyOf(secret, namespace, precondition);
    const call = { namespace, name: secret.name, body, metadataOnly: true };
    try {
      const stored =
        precondition === undefined
          ? await createObject<KubeObject>(transport, SECRETS, call)
          : await updateObject<KubeObject>(transport, SECRETS, call);
      return { uid: stored.metadata.uid, resourceVersion: stored.metadata.resourceVersion };
    } finally {
      body.fill(0);
    }
  };
  return {
    get: (name) =>
      absentAs('ERR_KUBE_NOT_FOUND', getObject<RawSecret>(transport, SECRETS, { namespace, name }).then(stored)),
    head: (name) =>
      absentAs(
        'ERR_KUBE_NOT_FOUND',
        getObject<KubeObject>(transport, SECRETS, { namespace, name, metadataOnly: true }).then(({ metadata }) => ({
          uid: metadata.uid,
          resourceVersion: metadata.resourceVersion,
        })),
      ),
    create: (secret) => absentAs('ERR_KUBE_ALREADY_EXISTS', write(secret, undefined)),
    replace: write,
  };
}

/** Writes the status of a TrustDomain, decided on the version given. */
export async function writeTrustDomainStatus(
  transport: Transport,
  trustDomain: TrustDomain,
  status: TrustDomainStatus,
): Promise<void> {
  const { name, uid, resourceVersion } = trustDomain.metadata;
  const metadata = { name, uid, resourceVersion };
  const body = { apiVersion: API_VERSION, kind: 'TrustDomain', metadata, spec: trustDomain.spec, status };
  await updateObject(transport, TRUST_DOMAINS, { name, subresource: 'status', body, metadataOnly: true });
}

interface RawSecret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

function stored({ metadata, data = {} }: RawSecret): StoredSecret {
  const decoded = Object.entries(data).map(([key, value]): [string, Buffer] => [key, Buffer.from(value, 'base64')]);
  return { uid: metadata.uid, resourceVersion: metadata.resourceVersion, data: new Map(decoded) };
}

/** As JSON bytes: key material never becomes a string. */
function bodyOf(secret: AuthoritySecret, namespace: string, precondition: SecretVersion | undefined): Buffer {
  const metadata = { name: secret.name, namespace, labels: secret.labels, ...precondition };
  const head = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, type: secret.type });
  const entries = [...secret.data].map(([key, value]) => {
    const encoded = encodeBase64(value);
    const entry = Buffer.concat([Buffer.from(`${JSON.stringify(key)}:"`), encoded, Buffer.from('"')]);
    encoded.fill(0);
    return entry;
  });
  const separated = entries.flatMap((entry, index) => (index === 0 ? [entry] : [Buffer.from(','), entry]));
  const body = Buffer.concat([Buffer.from(`${head.slice(0, -1)},"data":{`), ...separated, Buffer.from('}}')]);
  for (const entry of entries) entry.fill(0);
  return body;
}

async function absentAs<T>(
  code: 'ERR_KUBE_NOT_FOUND' | 'ERR_KUBE_ALREADY_EXISTS',
  call: Promise<T>,
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isSignetError(error, code)) return undefined;
    throw error;
  }
}
