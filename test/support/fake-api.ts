// SPDX-License-Identifier: Apache-2.0
/**
 * An API server for the identity reconciler, in memory: real bytes in Secrets, every precondition checked, caches that
 * follow when told to, calls that fail when told to.
 * @module
 */

import type { ServiceIdentity, ServiceIdentityStatus } from '../../src/api/service-identity.ts';
import { MANAGED_LABEL, PASSWORD_LABEL } from '../../src/api/well-known.ts';
import { type ErrorCode, SignetError } from '../../src/errors.ts';
import type { SecretMeta } from '../../src/identity/observed.ts';
import type { NamespaceFacts } from '../../src/reconcilers/namespace-facts.ts';
import type { IdentityCaches, IdentityCalls } from '../../src/reconcilers/service-identity/cluster.ts';
import { passwordVersion } from '../../src/reconcilers/service-identity/keystores.ts';
import { keepable } from '../../src/reconcilers/service-identity/secret-meta.ts';
import { asRead, type SecretJSON } from './minted-secret.ts';

export interface FakeSecret {
  readonly meta: SecretMeta;
  readonly secret: SecretJSON;
}

interface SecretBody extends SecretJSON {
  readonly metadata: Omit<SecretMeta, 'uid' | 'resourceVersion' | 'deleting'> & {
    uid?: string;
    resourceVersion?: string;
  };
}

export class FakeAPI implements IdentityCaches {
  readonly stored = new Map<string, FakeSecret>();
  /** Every call in order, as `verb name`. */
  readonly calls: string[] = [];
  /** The bodies of Secrets as they came in; the caller zeroes them afterwards. */
  readonly bodies: Buffer[] = [];
  readonly #failures: { readonly verb: string; readonly code: ErrorCode }[] = [];
  readonly #identities = new Map<string, ServiceIdentity>();
  #version = 1000;
  #uid = 0;

  readonly namespaces = new Map<string, NamespaceFacts>([
    ['shop', { labels: {}, annotations: {}, terminating: false }],
  ]);
  readonly serviceAccounts = new Set(['shop/checkout', 'shop/cart']);
  readonly identities = new Map<string, ServiceIdentity>();
  readonly secrets = new Map<string, SecretMeta>();
  readonly passwords = new Map<string, string>();

  /** The next call of that verb fails. */
  fail(verb: string, code: ErrorCode): void {
    this.#failures.push({ verb, code });
  }

  put(identity: ServiceIdentity): void {
    const key = `${identity.metadata.namespace}/${identity.metadata.name}`;
    this.#identities.set(key, { ...identity, metadata: { ...identity.metadata, resourceVersion: this.#next() } });
  }

  /** The identity as stored. */
  identity(key: string): ServiceIdentity | undefined {
    return this.#identities.get(key);
  }

  /** The caches catch up. */
  sync(): void {
    this.identities.clear();
    for (const [key, identity] of this.#identities) this.identities.set(key, identity);
    this.secrets.clear();
    for (const [key, { meta }] of this.stored) if (MANAGED_LABEL in meta.labels) this.secrets.set(key, keepable(meta));
    this.passwords.clear();
    for (const [key, { meta }] of this.stored)
      if (meta.labels[PASSWORD_LABEL] === 'true') this.passwords.set(key, passwordVersion(meta));
  }

  /** What somebody else writes. */
  edit(key: string, change: (secret: FakeSecret) => FakeSecret): void {
    const existing = this.stored.get(key);
    if (existing === undefined) throw new Error(`no Secret ${key}`);
    const { meta, secret } = change(existing);
    this.stored.set(key, { secret, meta: { ...meta, resourceVersion: this.#next() } });
  }

  /** What somebody else creates. */
  create(meta: Partial<SecretMeta> & { readonly name: string }, secret: SecretJSON = { type: 'Opaque' }): void {
    const full = {
      namespace: 'shop',
      uid: this.#newUID(),
      labels: {},
      annotations: {},
      ownerReferences: [],
      deleting: false,
      ...meta,
    };
    this.stored.set(`${full.namespace}/${full.name}`, { meta: { ...full, resourceVersion: this.#next() }, secret });
  }

  /** The calls of the reconciler. */
  readonly api: { -readonly [Call in keyof IdentityCalls]: IdentityCalls[Call] } = {
    headSecret: async (namespace, name) => {
      this.#called('head', name);
      return this.stored.get(`${namespace}/${name}`)?.meta;
    },
    getSecret: async (namespace, name) => this.#whole(`${namespace}/${name}`, name),
    getPasswordSecret: async (namespace, name) => this.#whole(`${namespace}/${name}`, name),
    createSecret: async (namespace, body) => {
      const { metadata, ...secret } = this.#read(body);
      this.#called('create', metadata.name);
      const key = `${namespace}/${metadata.name}`;
      if (this.stored.has(key)) throw new SignetError('ERR_KUBE_ALREADY_EXISTS', 'taken');
      return this.#store(key, { ...metadata, uid: this.#newUID(), resourceVersion: '', deleting: false }, secret);
    },
    replaceSecret: async (namespace, name, body) => {
      const { metadata, ...secret } = this.#read(body);
      this.#called('replace', name);
      const { uid = '', resourceVersion = '' } = metadata;
      const existing = this.#current(`${namespace}/${name}`, { uid, resourceVersion });
      if (existing.secret.immutable === true || existing.secret.type !== secret.type)
        throw new SignetError('ERR_KUBE_INVALID', 'cannot be updated');
      return this.#store(`${namespace}/${name}`, { ...metadata, uid, resourceVersion, deleting: false }, secret);
    },
    patchSecret: async (version, { labels, annotations, ownerReferences, files }, stores) => {
      this.#called('patch', version.name);
      const key = `${version.namespace}/${version.name}`;
      const { meta, secret } = this.#current(key, version);
      const encoded = Object.entries({ ...files, ...stores }).map(
        ([file, text]) => [file, text === null ? null : Buffer.from(text).toString('base64')] as const,
      );
      const patched = {
        ...meta,
        labels: merged(meta.labels, labels),
        annotations: merged(meta.annotations, annotations),
        ownerReferences: ownerReferences ?? meta.ownerReferences,
      };
      return this.#store(key, patched, { ...secret, data: merged(secret.data ?? {}, Object.fromEntries(encoded)) });
    },
    deleteSecret: async (version) => {
      this.#called('delete', version.name);
      const key = `${version.namespace}/${version.name}`;
      if (!this.stored.has(key)) return;
      this.#current(key, version);
      this.stored.delete(key);
    },
    writeStatus: async (identity, status: ServiceIdentityStatus) => {
      const key = `${identity.metadata.namespace}/${identity.metadata.name}`;
      this.#called('status', identity.metadata.name);
      const stored = this.#identities.get(key);
      if (stored?.metadata.resourceVersion !== identity.metadata.resourceVersion)
        throw new SignetError('ERR_KUBE_CONFLICT', 'outrun');
      const written = { ...stored, metadata: { ...stored.metadata, resourceVersion: this.#next() }, status };
      this.#identities.set(key, written);
      return { ...identity, metadata: written.metadata, status };
    },
  };

  #whole(key: string, name: string): Awaited<ReturnType<IdentityCalls['getSecret']>> {
    this.#called('get', name);
    const found = this.stored.get(key);
    return found === undefined ? undefined : { meta: found.meta, secret: asRead(found.secret) };
  }

  #called(verb: string, name: string): void {
    this.calls.push(`${verb} ${name}`);
    const index = this.#failures.findIndex((failure) => failure.verb === verb);
    const [failure] = index < 0 ? [] : this.#failures.splice(index, 1);
    if (failure !== undefined) throw new SignetError(failure.code, `${verb} ${name} failed`);
  }

  #read(body: Buffer): SecretBody {
    this.bodies.push(body);
    return JSON.parse(body.toString('utf8')) as SecretBody;
  }

  #current(
    key: string,
    { uid, resourceVersion }: { readonly uid: string; readonly resourceVersion: string },
  ): FakeSecret {
    const existing = this.stored.get(key);
    if (existing === undefined) throw new SignetError('ERR_KUBE_NOT_FOUND', 'gone');
    if (existing.meta.uid !== uid || existing.meta.resourceVersion !== resourceVersion)
      throw new SignetError('ERR_KUBE_CONFLICT', 'outrun');
    return existing;
  }

  #store(key: string, meta: SecretMeta, secret: SecretJSON): SecretMeta {
    const stored = { ...meta, resourceVersion: this.#next() };
    this.stored.set(key, { meta: stored, secret });
    return stored;
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }

  #newUID(): string {
    this.#uid += 1;
    return `secret-${this.#uid}`;
  }
}

function merged(
  was: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const entries = Object.entries({ ...was, ...patch });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}
