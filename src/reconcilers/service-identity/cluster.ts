// SPDX-License-Identifier: Apache-2.0
/**
 * What the ServiceIdentity reconciler needs of the cluster: cached facts to decide on, and a handful of calls.
 * @module
 */

import type { ServiceIdentity, ServiceIdentityStatus } from '../../api/service-identity.ts';
import type { SecretPatch } from '../../identity/metadata.ts';
import type { SecretMeta } from '../../identity/observed.ts';
import type { NamespaceFacts } from '../namespace-facts.ts';
import type { FullSecret } from './inspect.ts';

/** Caches, by `namespace/name` or `name`. */
export interface IdentityCaches {
  readonly identities: { get(key: string): ServiceIdentity | undefined };
  readonly secrets: { get(key: string): SecretMeta | undefined };
  readonly namespaces: { get(name: string): NamespaceFacts | undefined };
  readonly serviceAccounts: { has(key: string): boolean };
  /** Versions of the Secrets with passwords. */
  readonly passwords: { get(key: string): string | undefined };
}

/** PKCS#12 files of a patch, by name. */
export type StorePatch = Readonly<Record<string, Buffer | null>>;

/** A Secret as read. The holder zeroes its files. */
interface LiveSecret {
  readonly meta: SecretMeta;
  readonly secret: FullSecret;
}

/** Calls, all with the version they were decided on as precondition; they throw SignetError ERR_KUBE_*. */
export interface IdentityCalls {
  /** Undefined: it does not exist. A live read; `head` without data. */
  headSecret(namespace: string, name: string): Promise<SecretMeta | undefined>;
  getSecret(namespace: string, name: string): Promise<LiveSecret | undefined>;
  /** The same of a Secret with a password, without the copy of it that `kubectl apply` leaves in the annotations. */
  getPasswordSecret(namespace: string, name: string): Promise<LiveSecret | undefined>;
  /** ERR_KUBE_ALREADY_EXISTS when the name is taken. */
  createSecret(namespace: string, body: Buffer): Promise<SecretMeta>;
  replaceSecret(namespace: string, name: string, body: Buffer): Promise<SecretMeta>;
  /** `stores`: further files; null: it goes. */
  patchSecret(secret: SecretMeta, patch: SecretPatch, stores?: StorePatch): Promise<SecretMeta>;
  deleteSecret(secret: SecretMeta): Promise<void>;
  /** The identity with the status as stored. */
  writeStatus(identity: ServiceIdentity, status: ServiceIdentityStatus): Promise<ServiceIdentity>;
}
