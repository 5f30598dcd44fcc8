// SPDX-License-Identifier: Apache-2.0
/**
 * Which identities have to be looked at when something changes: their own object, their Secret, a rival, their
 * ServiceAccount, their namespace, their TrustDomain. Handlers only enqueue keys.
 * @module
 */

import { trustDomainNameOf } from '../../api/defaults.ts';
import type { ServiceIdentity } from '../../api/service-identity.ts';
import { secretNameOf } from '../../api/service-identity-validation.ts';
import { IDENTITY_LABEL } from '../../api/well-known.ts';
import type { SecretMeta } from '../../identity/observed.ts';
import { passwordSecretOf } from '../../identity/password.ts';
import { KeyIndex } from '../key-index.ts';
import { Claims } from './claims.ts';
import type { IdentityMemory } from './memory.ts';

type ChangeKind = 'added' | 'updated' | 'deleted';

export interface TriggerOptions {
  readonly memory: IdentityMemory;
  readonly enqueue: (key: string) => void;
  /** An identity is gone. */
  readonly onGone: (key: string) => void;
  /** It came, went or changed, whoever wrote it; `before` where it changed. */
  readonly onChange: (key: string, identity: ServiceIdentity, before?: ServiceIdentity) => void;
}

export class IdentityTriggers {
  readonly #bySecret = new Claims();
  readonly #byServiceAccount = new KeyIndex();
  readonly #byNamespace = new KeyIndex();
  readonly #byTrustDomain = new KeyIndex();
  readonly #byPassword = new KeyIndex();
  readonly #memory: IdentityMemory;
  readonly #enqueue: (key: string) => void;
  readonly #onGone: TriggerOptions['onGone'];
  readonly #onChange: TriggerOptions['onChange'];

  constructor({ memory, enqueue, onGone, onChange }: TriggerOptions) {
    this.#memory = memory;
    this.#enqueue = enqueue;
    this.#onGone = onGone;
    this.#onChange = onChange;
  }

  /** Of the identities that name this Secret (`namespace/name`) the one that came first, if any. */
  claimants(secretKey: string): readonly string[] {
    const first = this.#bySecret.first(secretKey);
    return first === undefined ? [] : [first];
  }

  identityChanged(kind: ChangeKind, key: string, now: ServiceIdentity, before?: ServiceIdentity): void {
    const gone = kind === 'deleted';
    const was = gone ? now : before;
    const from = was === undefined ? NO_TERMS : termsOf(was);
    const to = gone ? NO_TERMS : termsOf(now);
    const { uid, creationTimestamp, deletionTimestamp } = now.metadata;
    const claim = { key, uid, creationTimestamp, leaving: deletionTimestamp !== undefined };
    this.#bySecret.changed(claim, from.secret, to.secret);
    this.#byServiceAccount.move(key, from.serviceAccount, to.serviceAccount);
    this.#byNamespace.move(key, from.namespace, to.namespace);
    this.#byTrustDomain.move(key, from.trustDomain, to.trustDomain);
    this.#byPassword.move(key, from.password, to.password);
    if (gone) {
      this.#memory.forget(key);
      this.#onGone(key);
    }
    this.#onChange(key, now, gone ? undefined : before);
    if (!this.#memory.caughtUp(key, now.metadata)) this.#enqueue(key);
    // A Secret name that this identity no longer claims may now go to a rival; the others look again by themselves.
    if (from.secret !== undefined && from.secret !== to.secret) this.#enqueueAll(this.claimants(from.secret));
  }

  secretChanged(kind: ChangeKind, key: string, secret: SecretMeta): void {
    const concerned = new Set(this.#bySecret.keys(key));
    const labelled = secret.labels[IDENTITY_LABEL];
    if (labelled !== undefined) concerned.add(`${secret.namespace}/${labelled}`);
    for (const identity of concerned) {
      if (kind === 'deleted') this.#memory.secretGone(identity, secret.name, secret.uid);
      else if (this.#memory.caughtUpSecret(identity, secret)) continue;
      this.#enqueue(identity);
    }
  }

  /** Only whether there is one counts, however often somebody writes to it. */
  serviceAccountChanged(kind: ChangeKind, key: string): void {
    if (kind !== 'updated') this.#enqueueAll(this.#byServiceAccount.keys(key));
  }

  /** A Secret with a password came, went or was written. */
  passwordChanged(key: string): void {
    this.#enqueueAll(this.#byPassword.keys(key));
  }

  namespaceChanged(name: string): void {
    this.#enqueueAll(this.#byNamespace.keys(name));
  }

  /** Keys of the identities of a namespace. */
  identitiesIn(namespace: string): Iterable<string> {
    return this.#byNamespace.keys(namespace);
  }

  trustDomainChanged(name: string): void {
    this.#enqueueAll(this.#byTrustDomain.keys(name));
  }

  #enqueueAll(keys: Iterable<string>): void {
    for (const key of keys) this.#enqueue(key);
  }
}

type Terms = Partial<Record<'secret' | 'serviceAccount' | 'namespace' | 'trustDomain' | 'password', string>>;

const NO_TERMS: Terms = {};

function termsOf(identity: ServiceIdentity): Terms {
  const namespace = identity.metadata.namespace ?? '';
  const password = passwordSecretOf(identity);
  return {
    secret: `${namespace}/${secretNameOf(identity)}`,
    serviceAccount: `${namespace}/${identity.spec.serviceAccountName}`,
    namespace,
    trustDomain: trustDomainNameOf(identity.spec),
    ...(password === undefined ? {} : { password: `${namespace}/${password.name}` }),
  };
}
