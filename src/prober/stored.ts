// SPDX-License-Identifier: Apache-2.0
/**
 * What the prober reads: Secrets and ConfigMaps, live, by what the caches say of their names.
 * @module
 */
import { trustDomainNameOf } from '../api/defaults.ts';
import type { ServiceIdentity } from '../api/service-identity.ts';
import { CA_CERT_KEY, TLS_CERT_KEY, TLS_PRIVATE_KEY_KEY } from '../api/well-known.ts';
import { getObject } from '../kube/resource-calls.ts';
import { CONFIG_MAPS } from '../kube/resources.ts';
import { getSecret, wipe } from '../kube/secret-data.ts';
import type { Transport } from '../kube/transport.ts';
import { undefinedOn } from '../kube/undefined-on.ts';
import type { Party } from './handshake.ts';
import type { ProberReads } from './prober.ts';

export interface StoredParts {
  readonly transport: Transport;
  readonly identity: (key: string) => ServiceIdentity | undefined;
  /** Name of the ConfigMap with the bundle of a TrustDomain. */
  readonly bundleName: (trustDomain: string) => string | undefined;
}

export function storedReads({ transport, identity, bundleName }: StoredParts): ProberReads {
  return {
    party: async (key) => {
      const { metadata, status } = identity(key) ?? {};
      const { spiffeID, secret } = status ?? {};
      if (metadata?.namespace === undefined || spiffeID === undefined || secret === undefined) return undefined;
      const call = { namespace: metadata.namespace, name: secret.name };
      const read = await undefinedOn('ERR_KUBE_NOT_FOUND', getSecret(transport, call));
      return read && partyOf(spiffeID, read.data);
    },
    anchors: async (key) => {
      const found = identity(key);
      const name = found && bundleName(trustDomainNameOf(found.spec));
      if (found?.metadata.namespace === undefined || name === undefined) return undefined;
      const call = { namespace: found.metadata.namespace, name };
      type ConfigMap = { readonly data?: Readonly<Record<string, string>> };
      const read = await undefinedOn('ERR_KUBE_NOT_FOUND', getObject<ConfigMap>(transport, CONFIG_MAPS, call));
      return read?.data?.[CA_CERT_KEY];
    },
  };
}

/** What else is in the Secret may hold the key as well, in another format. */
function partyOf(spiffeID: string, data: ReadonlyMap<string, Buffer>): Party | undefined {
  const chainPEM = data.get(TLS_CERT_KEY);
  const privateKeyPEM = data.get(TLS_PRIVATE_KEY_KEY);
  wipe(data, [chainPEM, privateKeyPEM]);
  if (chainPEM !== undefined && privateKeyPEM !== undefined) return { spiffeID, chainPEM, privateKeyPEM };
  privateKeyPEM?.fill(0);
  return undefined;
}
