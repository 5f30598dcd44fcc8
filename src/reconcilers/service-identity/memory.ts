// SPDX-License-Identifier: Apache-2.0
/**
 * What the reconciler remembers of single identities between two runs: its own writes until the watch delivers them,
 * what a read of a Secret told, and what was spent of its budgets. Losing it at a restart costs reads.
 * @module
 */

import { sameJSON } from '../../api/equality.ts';
import { isNewer, type ObjectVersion, sameVersion, versionOf } from '../../api/object-version.ts';
import type { ServiceIdentity, ServiceIdentityStatus } from '../../api/service-identity.ts';
import type { Result } from '../../controller/result.ts';
import { CHANGES } from '../../identity/gates.ts';
import { looked, NO_LOOKS } from '../../identity/looks.ts';
import type {
  Looks,
  Observed,
  PasswordRead,
  PasswordView,
  SecretContent,
  SecretMeta,
} from '../../identity/observed.ts';
import { type HealingHistory, isForgotten, NO_HEALING } from '../../rates/healing.ts';
import { type Pace, paced, UNPACED } from '../../rates/pacing.ts';
import type { Instant } from '../../time.ts';
import type { HeldContent } from '../authority/count.ts';
import { Expiring } from '../expiring.ts';
import { keepable } from './secret-meta.ts';
import { answerOf, type Settled } from './settled.ts';

interface Memory {
  identity?: ServiceIdentity;
  /** What should be in status since a write to the Secret, and could not be written yet. */
  unrecorded?: { readonly before: ServiceIdentity; readonly status: ServiceIdentityStatus };
  /** By name: a changed spec.secret.name makes two of them. */
  secrets?: Map<string, SecretMeta>;
  content?: { readonly version: ObjectVersion; readonly content: SecretContent };
  /** What our own last write put into the Secret, until the watch shows a status that tells of it. */
  written?: { readonly version: ObjectVersion; readonly held: HeldContent };
}

export class IdentityMemory {
  readonly #entries = new Map<string, Memory>();
  readonly #healing = new Expiring<HealingHistory>();
  readonly #paces = new Expiring<Pace>();
  readonly #looks = new Expiring<Looks>();
  readonly #settled = new Expiring<Settled>();
  readonly #passwords = new Map<string, { readonly version: string; readonly read: PasswordRead }>();

  /** The newer of what the watch delivered and what our own status write returned. */
  identity(key: string, cached: ServiceIdentity | undefined): ServiceIdentity | undefined {
    const entry = this.#entries.get(key);
    const own = entry?.identity;
    if (entry === undefined || own === undefined || cached === undefined) return cached;
    if (own.metadata.uid === cached.metadata.uid && isNewer(own.metadata, cached.metadata)) return own;
    delete entry.identity;
    delete entry.written;
    this.#shrink(key, entry);
    return cached;
  }

  /** The newer of what the watch delivered and what our own write or live read returned. */
  secret(key: string, name: string, cached: SecretMeta | undefined): SecretMeta | undefined {
    const entry = this.#entries.get(key);
    const own = entry?.secrets?.get(name);
    if (entry === undefined || own === undefined) return cached;
    if (cached === undefined || isNewer(own, cached)) return own;
    entry.secrets?.delete(name);
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
    delete entry.written;
    this.#shrink(key, entry);
    return true;
  }

  /** The same for the Secret: whoever wrote it goes on to its status, or is tried again. */
  caughtUpSecret(key: string, secret: SecretMeta): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || !sameVersion(entry.secrets?.get(secret.name), secret)) return false;
    entry.secrets?.delete(secret.name);
    this.#shrink(key, entry);
    return true;
  }

  /**
   * The cache of Secrets was compared with everything there is, or all that is in a namespace: what it does not show is
   * not there.
   */
  relisted(namespace?: string): void {
    for (const [key, entry] of this.#entries) {
      if (namespace !== undefined && !key.startsWith(`${namespace}/`)) continue;
      delete entry.secrets;
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

  /** Seen live or written. Whoever says so acts on it, throws, or comes back later: its event wakes nobody. */
  sawSecret(key: string, secret: SecretMeta): void {
    const entry = this.#entry(key);
    entry.secrets ??= new Map();
    entry.secrets.set(secret.name, keepable(secret));
  }

  /**
   * The watch removed a Secret from the cache, or a live read did not find it: what we wrote is history. With a uid only
   * that one is: the news of a Secret we replaced may come after the write of its successor.
   */
  secretGone(key: string, name: string, uid?: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || (uid !== undefined && entry.secrets?.get(name)?.uid !== uid)) return;
    entry.secrets?.delete(name);
    this.#shrink(key, entry);
  }

  /** A write was refused because what we know is not what is there: from now on the watch is right. */
  outrun(key: string, what: 'identity' | 'secrets'): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (what === 'secrets') delete entry.secrets;
    else delete entry.identity;
    this.#shrink(key, entry);
  }

  content(key: string, meta: SecretMeta): SecretContent | undefined {
    const known = this.#entries.get(key)?.content;
    return sameVersion(known?.version, meta) ? known?.content : undefined;
  }

  /** We wrote the Secret, and the status that says so is not there yet, or the watch has not brought it. */
  wroteSecret(key: string, secret: SecretMeta, held: HeldContent): void {
    this.#entry(key).written = { version: versionOf(secret), held };
  }

  /** What is known of a Secret at this version: what was read of it, or what we have just written. */
  held(key: string, meta: SecretMeta): HeldContent | undefined {
    const read = this.content(key, meta);
    if (read !== undefined) return { filesDigest: read.filesDigest, authorityID: read.svid?.authorityID };
    const written = this.#entries.get(key)?.written;
    return sameVersion(written?.version, meta) ? written?.held : undefined;
  }

  inspected(key: string, secret: SecretMeta, content: SecretContent): void {
    this.#entry(key).content = { version: versionOf(secret), content };
  }

  /** What is known of the password at the version that the cache shows. */
  password(key: string, version: string | undefined): PasswordView {
    const known = this.#passwords.get(key);
    return known?.version === version && known !== undefined ? known : { version };
  }

  readPassword(key: string, version: string | undefined, read: PasswordRead): void {
    if (version === undefined) this.#passwords.delete(key);
    else this.#passwords.set(key, { version, read });
  }

  healing(key: string): HealingHistory {
    return this.#healing.get(key) ?? NO_HEALING;
  }

  healed(key: string, history: HealingHistory): void {
    const now = history.at(-1) ?? 0;
    this.#healing.set(key, history, (other) => isForgotten(other, now));
  }

  pace(key: string): Pace {
    return this.#paces.get(key) ?? UNPACED;
  }

  /** An SVID was issued because of a change of the spec. */
  paced(key: string, now: Instant): void {
    this.#paces.set(key, paced(this.pace(key), now, CHANGES), (other) => other <= now);
  }

  looks(key: string): Looks {
    return this.#looks.get(key) ?? NO_LOOKS;
  }

  /** A Secret was read because somebody else had written to it. */
  looked(key: string, now: Instant): void {
    this.#looks.set(key, looked(this.looks(key), now), ({ pace }) => pace <= now);
  }

  settled(key: string, settled: Settled, now: Instant): void {
    this.#settled.set(key, settled, ({ until }) => until <= now);
  }

  /** What to answer a run that finds what the last one left behind; undefined: it has to look, and that is forgotten. */
  answer(key: string, observed: Observed, now: Instant): Result | undefined {
    const settled = this.#settled.get(key);
    const answer = settled === undefined ? undefined : answerOf(settled, observed, now);
    if (settled !== undefined && answer === undefined) this.#settled.delete(key);
    return answer;
  }

  /** A new SVID is stored: what was read of the old one is of no use. */
  issued(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    delete entry.content;
    this.#shrink(key, entry);
  }

  forget(key: string): void {
    this.#entries.delete(key);
    this.#healing.delete(key);
    this.#paces.delete(key);
    this.#looks.delete(key);
    this.#settled.delete(key);
    this.#passwords.delete(key);
  }

  #entry(key: string): Memory {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Memory = {};
    this.#entries.set(key, entry);
    return entry;
  }

  #shrink(key: string, entry: Memory): void {
    const { identity, unrecorded, content, secrets, written } = entry;
    if (secrets?.size === 0) delete entry.secrets;
    const empty = identity === undefined && unrecorded === undefined && content === undefined && written === undefined;
    if (empty && entry.secrets === undefined) this.#entries.delete(key);
  }
}
