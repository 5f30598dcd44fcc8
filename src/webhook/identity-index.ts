// SPDX-License-Identifier: Apache-2.0
/**
 * Which identities there are, found by what a Pod says: the service account it runs as, and the Secrets it takes in.
 * @module
 */
import type { ServiceIdentity } from '../api/service-identity.ts';
import { secretNameOf } from '../api/service-identity-validation.ts';
import type { ChangeKind } from '../kube/store.ts';
import type { IdentityFacts } from '../policy/subject.ts';

/**
 * What is kept of an identity: the Secret that holds its SVID, by what the controller has recorded in status, and the one
 * that its spec asks for, where that is another.
 */
export function identityFacts(identity: ServiceIdentity): readonly IdentityFacts[] {
  const { metadata, spec, status } = identity;
  const { name } = metadata;
  const { serviceAccountName } = spec;
  const held = status?.secret?.name;
  const claimed = secretNameOf(identity);
  return [
    ...(held === undefined ? [] : [{ name, serviceAccountName, secretName: held }]),
    ...(held === claimed ? [] : [{ name, serviceAccountName, secretName: claimed, claimed: true as const }]),
  ];
}

type Found = Map<string, readonly IdentityFacts[]>;

export class IdentityIndex {
  /** By `namespace/account` and `namespace/secret`; then by the key of the identity. */
  readonly #byAccount = new Map<string, Found>();
  readonly #bySecret = new Map<string, Found>();

  changed(
    kind: ChangeKind,
    key: string,
    now: readonly IdentityFacts[],
    before: readonly IdentityFacts[] | undefined,
  ): void {
    const namespace = key.slice(0, key.indexOf('/'));
    for (const old of [before, kind === 'deleted' ? now : undefined]) this.#drop(namespace, key, old ?? []);
    if (kind === 'deleted') return;
    for (const facts of now) {
      put(this.#byAccount, `${namespace}/${facts.serviceAccountName}`, key, now);
      put(this.#bySecret, `${namespace}/${facts.secretName}`, key, now);
    }
  }

  /** The identities of the account, and those whose Secret is one of these. */
  about(namespace: string, account: string, secrets: Iterable<string>): readonly IdentityFacts[] {
    const found = new Set<IdentityFacts>();
    const take = (identities: Found | undefined): void => {
      for (const each of identities?.values() ?? []) for (const facts of each) found.add(facts);
    };
    take(this.#byAccount.get(`${namespace}/${account}`));
    for (const secret of secrets) take(this.#bySecret.get(`${namespace}/${secret}`));
    return [...found];
  }

  #drop(namespace: string, key: string, facts: readonly IdentityFacts[]): void {
    for (const { serviceAccountName, secretName } of facts) {
      take(this.#byAccount, `${namespace}/${serviceAccountName}`, key);
      take(this.#bySecret, `${namespace}/${secretName}`, key);
    }
  }
}

function put(index: Map<string, Found>, at: string, key: string, facts: readonly IdentityFacts[]): void {
  const found: Found = index.get(at) ?? new Map();
  index.set(at, found.set(key, facts));
}

function take(index: Map<string, Found>, at: string, key: string): void {
  const found = index.get(at);
  found?.delete(key);
  if (found?.size === 0) index.delete(at);
}
