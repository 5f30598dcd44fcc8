// SPDX-License-Identifier: Apache-2.0
/**
 * What the reconciler remembers of single identities between two runs: its own writes until the watch delivers them,
 * what a read of a Secret told, and the heals of the last minutes. Losing it at a restart costs reads and, for a status
 * that could not be written, at most one issuance.
 * @module
 */
import { sameJSON } from '../../api/equality.ts';
import type { ServiceIdentity, ServiceIdentityStatus } from '../../api/service-identity.ts';
import { type HealingHistory, NO_HEALING } from '../../identity/healing.ts';
import type { SecretContent, SecretMeta } from '../../identity/observed.ts';

interface Memory {
  identity?: ServiceIdentity;
  /** What should be in status since a write to the Secret, and could not be written yet. */
  unrecorded?: { readonly before: ServiceIdentity; readonly status: ServiceIdentityStatus };
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

  /**
   * The identity as decisions must see it: with the status that could not be written after our last write to the
   * Secret. Without it a refused or outrun status write would issue for the same reason again.
   */
  decided(key: string, identity: ServiceIdentity): ServiceIdentity {
    const entry = this.#entries.get(key);
    const unrecorded = entry?.unrecorded;
    if (entry === undefined || unrecorded === undefined) return identity;
    const { before, status } = unrecorded;
    // Another status, later, means that somebody recorded something since: another leader, or our own write after all.
    const superseded = isNewer(identity.metadata, before.metadata) && !sameJSON(before.status, identity.status);
    if (before.metadata.uid === identity.metadata.uid && !superseded) return { ...identity, status };
    delete entry.unrecorded;
    this.#shrink(key, entry);
    return identity;
  }

  /** Whether the watch just delivered our own status write, which needs no further look; it is not kept any longer. */
  caughtUp(key: string, { resourceVersion }: { readonly resourceVersion: string }): boolean {
    const entry = this.#entries.get(key);
    if (entry?.identity?.metadata.resourceVersion !== resourceVersion) return false;
    delete entry.identity;
    this.#shrink(key, entry);
    return true;
  }

  /** The cache of Secrets was compared with everything there is: what it does not show is not there. */
  relisted(): void {
    for (const [key, entry] of this.#entries) {
      entry.secrets.clear();
      this.#shrink(key, entry);
    }
  }

  wroteIdentity(key: string, identity: ServiceIdentity): void {
    const entry = this.#entry(key);
    entry.identity = identity;
    delete entry.unrecorded;
  }

  /** The Secret was written, and the status that says so was not. */
  owesStatus(key: string, before: ServiceIdentity, status: ServiceIdentityStatus): void {
    this.#entry(key).unrecorded = { before, status };
  }

  sawSecret(key: string, secret: SecretMeta): void {
    this.#entry(key).secrets.set(secret.name, secret);
  }

  /**
   * The watch removed a Secret from the cache, or a live read did not find it: what we wrote is history. With a uid only
   * that one is: the news of a Secret we replaced may come after the write of its successor.
   */
  secretGone(key: string, name: string, uid?: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || (uid !== undefined && entry.secrets.get(name)?.uid !== uid)) return;
    entry.secrets.delete(name);
    this.#shrink(key, entry);
  }

  /** A write was refused because what we know is not what is there: from now on the watch is right. */
  outrun(key: string, what: 'identity' | 'secrets'): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (what === 'secrets') entry.secrets.clear();
    else delete entry.identity;
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
    const { identity, unrecorded, content, secrets, healing } = entry;
    const empty = identity === undefined && unrecorded === undefined && content === undefined && secrets.size === 0;
    if (empty && healing.length === 0) this.#entries.delete(key);
  }
}

/** Resource versions of one kind compare as unsigned integers (Kubernetes 1.35, KEP-5504). */
export function isNewer(a: { readonly resourceVersion: string }, b: { readonly resourceVersion: string }): boolean {
  if (a.resourceVersion.length !== b.resourceVersion.length) return a.resourceVersion.length > b.resourceVersion.length;
  return a.resourceVersion > b.resourceVersion;
}
