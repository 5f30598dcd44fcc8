// SPDX-License-Identifier: Apache-2.0
/**
 * The authorities this process could sign with, by TrustDomain object, and the newest word on each TrustDomain.
 * Written by the authority reconciler alone; identities read from it.
 * @module
 */
import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import { activeSlot, signsUntil } from '../../authority/slots.ts';
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

export class AuthorityRegistry {
  readonly #entries = new Map<string, RegistryEntry>();
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

  set(name: string, resolved: ResolvedTrustDomain, conflictsWith?: string, loaded?: LoadedAuthority): void {
    const before = this.#entries.get(name)?.view;
    const view = viewOf(resolved, conflictsWith, loaded);
    this.#entries.set(name, { resolved, conflictsWith, loaded, view });
    if (JSON.stringify(plain(before)) !== JSON.stringify(plain(view))) this.#onChange(name);
  }

  /** Nothing can be signed with it until it is set again. */
  unload(name: string): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined) this.set(name, entry.resolved, entry.conflictsWith);
  }

  delete(name: string): void {
    if (this.#entries.delete(name)) this.#onChange(name);
  }
}

function viewOf(
  resolved: ResolvedTrustDomain,
  conflictsWith: string | undefined,
  loaded: LoadedAuthority | undefined,
): TrustDomainView {
  const active = loaded === undefined ? undefined : activeSlot(loaded.document, 'Intermediate');
  if (loaded === undefined || active === undefined) return { resolved, conflictsWith, authority: undefined };
  const { knownIDs, anchorsPEM } = loaded;
  const authority = { id: active.id, signsUntil: signsUntil(active, resolved), knownIDs, anchorsPEM };
  return { resolved, conflictsWith, authority };
}

/** The view without its Set, which JSON would show as empty. */
function plain(view: TrustDomainView | undefined): unknown {
  if (view?.authority === undefined) return view;
  return { ...view, authority: { ...view.authority, knownIDs: [...view.authority.knownIDs] } };
}
