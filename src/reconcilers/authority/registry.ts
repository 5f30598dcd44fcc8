// SPDX-License-Identifier: Apache-2.0
/**
 * The authorities this process could sign with, by TrustDomain object, and the newest word on each TrustDomain.
 * Written by the authority reconciler alone; identities read from it.
 * @module
 */
import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import type { AuthoritySlot } from '../../authority/document.ts';
import { maySign } from '../../authority/imported.ts';
import { activeSlot, anchors, ownMaxTTL, signsUntil } from '../../authority/slots.ts';
import type { TrustDomainView } from '../../identity/observed.ts';
import type { LoadedAuthority } from './load.ts';

export interface RegistryEntry {
  readonly resolved: ResolvedTrustDomain;
  readonly conflictsWith: string | undefined;
  /** Undefined: nothing can be signed. */
  readonly loaded: LoadedAuthority | undefined;
  /** The entry as decisions about identities see it. */
  readonly view: TrustDomainView;
}

type State = Partial<Pick<RegistryEntry, 'conflictsWith' | 'loaded'>>;

/** The newest state of an authority that this process has seen, whatever became of it. */
export interface NewestAuthority {
  /** Of the Secret: the revision of one that was made anew starts over. */
  readonly uid: string;
  readonly revision: number;
  /** Never starts over: a rebuild goes on above it. */
  readonly sequence: number;
}

export class AuthorityRegistry {
  readonly #entries = new Map<string, RegistryEntry>();
  readonly #newest = new Map<string, NewestAuthority>();
  readonly #onChange: (trustDomainObject: string) => void;

  /** `onChange`: something that identities depend on is different now. */
  constructor(onChange: (trustDomainObject: string) => void) {
    this.#onChange = onChange;
  }

  get(trustDomainObject: string): RegistryEntry | undefined {
    return this.#entries.get(trustDomainObject);
  }

  values(): IterableIterator<[string, RegistryEntry]> {
    return this.#entries.entries();
  }

  /** What is left out of the state is not so: no conflict, nothing that can sign. */
  set(resolved: ResolvedTrustDomain, { conflictsWith, loaded }: State = {}): void {
    const { name } = resolved;
    if (loaded !== undefined) {
      const { revision, sequence } = loaded.document;
      this.#newest.set(name, { uid: loaded.version.uid, revision, sequence });
    }
    const before = this.#entries.get(name);
    const view = viewOf(resolved, conflictsWith, loaded);
    this.#entries.set(name, { resolved, conflictsWith, loaded, view });
    // Bundles hold the anchors even while nothing can be signed.
    const republished = before?.loaded?.document.sequence !== loaded?.document.sequence;
    if (republished || JSON.stringify(plain(before?.view)) !== JSON.stringify(plain(view))) this.#onChange(name);
  }

  newest(name: string): NewestAuthority | undefined {
    return this.#newest.get(name);
  }

  /** Nothing can be signed with it until it is set again. */
  unload(name: string): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined) this.set(entry.resolved, { conflictsWith: entry.conflictsWith });
  }

  delete(name: string): void {
    this.#newest.delete(name);
    if (this.#entries.delete(name)) this.#onChange(name);
  }
}

function viewOf(
  resolved: ResolvedTrustDomain,
  conflictsWith: string | undefined,
  loaded: LoadedAuthority | undefined,
): TrustDomainView {
  const active = loaded === undefined ? undefined : activeSlot(loaded.document, 'Intermediate');
  // Between the report of a compromise and the new authority nothing is signed.
  if (loaded === undefined || active === undefined || !maySign(active, resolved))
    return { resolved, conflictsWith, authority: undefined };
  const { knownIDs, anchorsPEM, toleratedPEMs } = loaded;
  const { slots } = loaded.document;
  const condemned = slots.filter(({ compromised }) => compromised === true);
  const distrusted = anchors(loaded.document).some(({ compromised }) => compromised === true) ? [] : condemned;
  const authority = {
    id: active.id,
    signsUntil: signsUntil(active, resolved),
    knownIDs,
    anchorsPEM,
    toleratedPEMs,
    leavesEnd: active.imported?.endsAt ?? active.notAfter,
    distrustedIDs: new Set(distrusted.map(({ id }) => id)),
    refreshPatience: condemned.length > 0 ? 0 : resolved.propagationMargin,
  };
  return { resolved: withinRecord(resolved, active), conflictsWith, authority };
}

/** No leaf lives longer than is on record: an old root is withdrawn by that. */
function withinRecord(
  resolved: ResolvedTrustDomain,
  { longestTTL = resolved.maxTTL, imported }: AuthoritySlot,
): ResolvedTrustDomain {
  const most = Math.min(longestTTL, imported === undefined ? ownMaxTTL(resolved) : resolved.maxTTL);
  return most < resolved.maxTTL ? { ...resolved, maxTTL: most } : resolved;
}

/** The view without its Sets, which JSON would show as empty. */
function plain(view: TrustDomainView | undefined): unknown {
  if (view?.authority === undefined) return view;
  const { knownIDs, distrustedIDs } = view.authority;
  const lists = { knownIDs: [...knownIDs], distrustedIDs: [...distrustedIDs] };
  return { ...view, authority: { ...view.authority, ...lists } };
}
