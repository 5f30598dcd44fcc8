// SPDX-License-Identifier: Apache-2.0
/**
 * The identities of a simulation: what is stored of each, in columns, and what has to be done about it now. The decision
 * is the short form of identity/plan.ts for identities that nobody edits; a test holds the two equal.
 * @module
 */
import type { AuthorityView } from '../../../src/identity/observed.ts';
import { renewalTime } from '../../../src/identity/renewal.ts';
import { BACKDATE } from '../../../src/spiffe/svid.ts';
import { type Duration, type Instant, SECOND } from '../../../src/time.ts';

export type Need =
  | { readonly kind: 'issue'; readonly reason: 'first' | 'renewal' | 'authority' }
  | { readonly kind: 'patch' }
  | { readonly kind: 'wait'; readonly until: Instant };

export class SimFleet {
  readonly size: number;
  readonly #ttl: Duration;
  /** Zero: no SVID. */
  readonly #issued: Float64Array;
  /** Places in #texts. */
  readonly #authority: Uint32Array;
  readonly #anchors: Uint32Array;
  readonly #texts: string[] = [''];
  readonly #counts: Map<string, number>;

  constructor(size: number, ttl: Duration) {
    this.size = size;
    this.#ttl = ttl;
    this.#issued = new Float64Array(size);
    this.#authority = new Uint32Array(size);
    this.#anchors = new Uint32Array(size);
    this.#counts = new Map([['', 2 * size]]);
  }

  notAfter(index: number): Instant | undefined {
    const issued = this.#issued[index] ?? 0;
    return issued === 0 ? undefined : issued + this.#ttl;
  }

  /** The planned renewal of what is stored. */
  due(index: number): Instant {
    const issued = this.#issued[index] ?? 0;
    return renewalTime(issued - BACKDATE, issued + this.#ttl, uidOf(index));
  }

  need(index: number, authority: AuthorityView, now: Instant): Need {
    if (this.notAfter(index) === undefined) return { kind: 'issue', reason: 'first' };
    if (!authority.knownIDs.has(this.#text(this.#authority, index))) return { kind: 'issue', reason: 'authority' };
    const due = this.due(index);
    if (now >= due) return { kind: 'issue', reason: 'renewal' };
    if (this.#text(this.#anchors, index) !== authority.anchorsPEM) return { kind: 'patch' };
    return { kind: 'wait', until: due };
  }

  issue(index: number, { id, anchorsPEM }: Pick<AuthorityView, 'id' | 'anchorsPEM'>, now: Instant): void {
    // As certificates have it.
    this.#issued[index] = Math.floor(now / SECOND) * SECOND;
    this.#move(this.#authority, index, id);
    this.#move(this.#anchors, index, anchorsPEM);
  }

  patch(index: number, { anchorsPEM }: Pick<AuthorityView, 'anchorsPEM'>): void {
    this.#move(this.#anchors, index, anchorsPEM);
  }

  /** How many Secrets hold each text: an authority that signed, or anchors. */
  holding(text: string): number {
    return this.#counts.get(text) ?? 0;
  }

  /** How many identities have an SVID. */
  get stored(): number {
    return this.size - (this.#counts.get('') ?? 0) / 2;
  }

  #move(column: Uint32Array, index: number, to: string): void {
    const from = this.#text(column, index);
    if (from === to) return;
    this.#counts.set(from, (this.#counts.get(from) ?? 0) - 1);
    this.#counts.set(to, (this.#counts.get(to) ?? 0) + 1);
    column[index] = this.#place(to);
  }

  #text(column: Uint32Array, index: number): string {
    return this.#texts[column[index] ?? 0] ?? '';
  }

  #place(text: string): number {
    const known = this.#texts.lastIndexOf(text);
    return known === -1 ? this.#texts.push(text) - 1 : known;
  }
}

export function uidOf(index: number): string {
  return `uid-${index}`;
}
