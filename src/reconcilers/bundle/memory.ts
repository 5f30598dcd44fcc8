// SPDX-License-Identifier: Apache-2.0
/**
 * What is remembered of each place of a bundle: the version we wrote or read and what it holds, and what came of the
 * last look. Losing it at a restart costs one read for each place, and no write.
 * @module
 */
import { isNewer, sameVersion } from '../../api/object-version.ts';
import type { BundleMeta } from '../../bundle/objects.ts';
import {
  type BundleBlocked,
  type BundleObserved,
  type FoundObject,
  READS,
  type StoredContent,
} from '../../bundle/plan.ts';
import { type HealingHistory, healed, NO_HEALING } from '../../rates/healing.ts';
import { type Pace, paced, UNPACED } from '../../rates/pacing.ts';
import type { Instant } from '../../time.ts';

interface Entry {
  /** The newest version known from our own write or read. */
  seen?: FoundObject;
  /** Whether the cache was compared with everything there is since: what it does not show then is not there. */
  outdated?: true;
  /** What the watch last took away; its news may overtake the answer to the write before. */
  gone?: BundleMeta;
  writtenUID?: string;
  published?: string;
  /** Digest of the content that was in place at the last look, while nothing has been heard of it since. */
  inPlace?: string;
  blocked?: BundleBlocked;
  looked: boolean;
  healing: HealingHistory;
  reads: Pace;
}

export class BundleMemory {
  readonly #entries = new Map<string, Entry>();

  /** The newer of what the watch delivered and what we wrote or read, with its content where that is known. */
  newest(key: string, name: string, cached: BundleMeta | undefined): FoundObject | undefined {
    const entry = this.#entries.get(key);
    const own = entry?.seen;
    if (own === undefined || own.meta.name !== name) return known(cached, undefined);
    const ahead = cached === undefined || isNewer(own.meta, cached);
    if (ahead && entry?.outdated !== true) return own;
    return known(cached, own);
  }

  /** A look begins: from now on what is heard counts, also before its first answer comes. */
  begin(key: string): void {
    this.#entry(key);
  }

  /** What our own read found, or a write left behind. */
  saw(key: string, found: FoundObject): void {
    const entry = this.#entry(key);
    const { gone } = entry;
    entry.seen = found;
    if (gone?.uid === found.meta.uid && !isNewer(found.meta, gone)) entry.outdated = true;
    else delete entry.outdated;
  }

  wrote(key: string, meta: BundleMeta, content: StoredContent): void {
    this.saw(key, { meta, content });
    const entry = this.#entry(key);
    entry.writtenUID = meta.uid;
    entry.published = content.digest;
  }

  /** An object was read. */
  reads(key: string, now: Instant): void {
    const entry = this.#entry(key);
    entry.reads = paced(entry.reads, now, READS);
  }

  healed(key: string, now: Instant): void {
    const entry = this.#entry(key);
    entry.healing = healed(entry.healing, now);
  }

  /** The watch delivered an object. Returns whether that is news: our own writes come back, too. */
  heard(key: string, meta: BundleMeta, gone: boolean): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return true;
    const own = entry.seen?.meta;
    if (!gone && sameVersion(own, meta)) return false;
    if (gone) entry.gone = meta;
    if (gone && own?.uid === meta.uid && !isNewer(own, meta)) delete entry.seen;
    delete entry.inPlace;
    return true;
  }

  /** The cache was compared with everything there is; content that we know stays known in its version. */
  relisted(keys: (key: string) => boolean): void {
    for (const [key, entry] of this.#entries) if (keys(key)) entry.outdated = true;
  }

  /** Ends a look: what is in place, and what keeps it from being. Returns whether that is different from before. */
  settle(key: string, inPlace: string | undefined, blocked: BundleBlocked | undefined): boolean {
    const entry = this.#entry(key);
    // A refusal keeps the words it was first told in: those of the API server differ from try to try.
    const steady = blocked?.reason === entry.blocked?.reason ? entry.blocked : blocked;
    const same = entry.looked && entry.inPlace === inPlace && entry.blocked?.reason === blocked?.reason;
    entry.looked = true;
    if (inPlace === undefined) delete entry.inPlace;
    else {
      entry.inPlace = inPlace;
      entry.published = inPlace;
    }
    if (steady === undefined) delete entry.blocked;
    else entry.blocked = steady;
    return !same;
  }

  /** A look that came to nothing: what is known stays, and nobody waits for it any longer. */
  looked(key: string): void {
    this.#entry(key).looked = true;
  }

  hasLooked(key: string): boolean {
    return this.#entries.get(key)?.looked ?? false;
  }

  inPlace(key: string): string | undefined {
    return this.#entries.get(key)?.inPlace;
  }

  blocked(key: string): BundleBlocked | undefined {
    return this.#entries.get(key)?.blocked;
  }

  /** What a decision reads of the past. */
  past(key: string): Pick<BundleObserved, 'writtenUID' | 'published' | 'healing' | 'reads'> {
    const { writtenUID, published, healing = NO_HEALING, reads = UNPACED } = this.#entries.get(key) ?? {};
    return { writtenUID, published, healing, reads };
  }

  /** Returns whether there was anything. */
  forget(key: string): boolean {
    return this.#entries.delete(key);
  }

  #entry(key: string): Entry {
    const found = this.#entries.get(key);
    if (found !== undefined) return found;
    const entry: Entry = { looked: false, healing: NO_HEALING, reads: UNPACED };
    this.#entries.set(key, entry);
    return entry;
  }
}

/** A cached object with its content, where the version we know is the one that is there. */
function known(cached: BundleMeta | undefined, own: FoundObject | undefined): FoundObject | undefined {
  if (cached === undefined) return undefined;
  return { meta: cached, content: sameVersion(own?.meta, cached) ? own?.content : undefined };
}
