// SPDX-License-Identifier: Apache-2.0
/**
 * What the reconciler remembers of single identities between two runs: its own writes until the watch delivers them,
 * what a read of a Secret told, and the heals of the last minutes. Losing it costs reads, never correctness.
 * @module
 */
import type { ServiceIdentity } from '../../api/service-identity.ts';
import { type HealingHistory, NO_HEALING } from '../../identity/healing.ts';
import type { SecretContent, SecretMeta } from '../../identity/observed.ts';

interface Memory {
  identity?: ServiceIdentity;
  /** By name: a changed spec.secret.name makes two of them. */
  secrets: Map<string, SecretMeta>;
  content?: { readonly uid: string; readonly resourceVersion: string; readonly content: SecretContent };
  healing: HealingHistory;
}

export class IdentityMemory {
  readonly #entries = new Map<string, Memory>();

  /** The newer of what the watch delivered and what our own status write returned. */
  identity(key: string, cached: ServiceIdentity | undefined): ServiceIdentity | undefined {
    const entry = this.#entries.get(key);
    const own = entry?.identity;
    if (entry === undefined || own === undefined || cached === undefined) return cached;
    if (own.metadata.uid === cached.metadata.uid && isNewer(own.metadata, cached.metadata)) return own;
    delete entry.identity;
    this.#shrink(key, entry);
    return cached;
  }

  /** The newer of what the watch delivered and what our own write or live read returned. */
  secret(key: string, name: string, cached: SecretMeta | undefined): SecretMeta | undefined {
    const entry = this.#entries.get(key);
    const own = entry?.secrets.get(name);
    if (entry === undefined || own === undefined) return cached;
    if (cached === undefined || isNewer(own, cached)) return own;
    entry.secrets.delete(name);
    this.#shrink(key, entry);
    return cached;
  }

  wroteIdentity(key: string, identity: ServiceIdentity): void {
    this.#entry(key).identity = identity;
  }

  sawSecret(key: string, secret: SecretMeta): void {
    this.#entry(key).secrets.set(secret.name, secret);
  }

  /** The watch removed a Secret from the cache, or a live read did not find it: what we wrote is history. */
  secretGone(key: string, name: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.secrets.delete(name);
    this.#shrink(key, entry);
  }

  content(key: string, meta: SecretMeta): SecretContent | undefined {
    const known = this.#entries.get(key)?.content;
    return known?.uid === meta.uid && known.resourceVersion === meta.resourceVersion ? known.content : undefined;
  }

  inspected(key: string, { uid, resourceVersion }: SecretMeta, content: SecretContent): void {
    this.#entry(key).content = { uid, resourceVersion, content };
  }

  healing(key: string): HealingHistory {
    return this.#entries.get(key)?.healing ?? NO_HEALING;
  }

  healed(key: string, history: HealingHistory): void {
    this.#entry(key).healing = history;
  }

  /** A new SVID is stored: what was read of the old one is of no use. */
  issued(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) delete entry.content;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  #entry(key: string): Memory {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Memory = { secrets: new Map(), healing: NO_HEALING };
    this.#entries.set(key, entry);
    return entry;
  }

  #shrink(key: string, entry: Memory): void {
    const empty = entry.identity === undefined && entry.content === undefined && entry.secrets.size === 0;
    if (empty && entry.healing.length === 0) this.#entries.delete(key);
  }
}

/** Resource versions of one kind compare as unsigned integers (Kubernetes 1.35, KEP-5504). */
export function isNewer(a: { readonly resourceVersion: string }, b: { readonly resourceVersion: string }): boolean {
  if (a.resourceVersion.length !== b.resourceVersion.length) return a.resourceVersion.length > b.resourceVersion.length;
  return a.resourceVersion > b.resourceVersion;
}
