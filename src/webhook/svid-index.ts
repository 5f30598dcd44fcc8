// SPDX-License-Identifier: Apache-2.0
/**
 * Whose SVID is in which Secret, by what the controller has recorded in status: a claim in a spec proves nothing.
 * @module
 */
import type { ServiceIdentity } from '../api/service-identity.ts';
import type { ChangeKind } from '../kube/store.ts';

export interface SVIDSecret {
  readonly account: string;
  /** `namespace/name`; undefined: nothing was issued yet. */
  readonly secret: string | undefined;
}

/** What is kept of an identity. */
export function svidSecret({ metadata, spec, status }: ServiceIdentity): SVIDSecret {
  const name = status?.secret?.name;
  const secret = name === undefined ? undefined : `${metadata.namespace ?? ''}/${name}`;
  return { account: spec.serviceAccountName, secret };
}

export class SVIDIndex {
  /** Identities by their Secret; more than one only for a moment. */
  readonly #bySecret = new Map<string, Map<string, string>>();

  changed(kind: ChangeKind, identity: string, now: SVIDSecret, before: SVIDSecret | undefined): void {
    if (before?.secret !== undefined) this.#drop(before.secret, identity);
    if (now.secret === undefined) return;
    if (kind === 'deleted') {
      this.#drop(now.secret, identity);
      return;
    }
    const owners = this.#bySecret.get(now.secret) ?? new Map<string, string>();
    this.#bySecret.set(now.secret, owners.set(identity, now.account));
  }

  /** The service account whose SVID the Secret holds. */
  accountOf(namespace: string, secret: string): string | undefined {
    return this.#bySecret.get(`${namespace}/${secret}`)?.values().next().value;
  }

  #drop(secret: string, identity: string): void {
    const owners = this.#bySecret.get(secret);
    owners?.delete(identity);
    if (owners?.size === 0) this.#bySecret.delete(secret);
  }
}
