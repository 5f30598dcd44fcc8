// SPDX-License-Identifier: Apache-2.0
/**
 * The rules that never break, held against everything that is stored and loaded in the model. What they need to know of
 * the past they note themselves; nothing is taken from the authority's own notes.
 * @module
 */
import type { ResolvedTrustDomain } from '../../../../src/api/resolved.ts';
import type { AuthorityDocument, AuthoritySlot } from '../../../../src/authority/document.ts';
import {
  activeSlot,
  anchors,
  authoritySignsUntil,
  quarantineTime,
  withdrawalDeadline,
} from '../../../../src/authority/slots.ts';
import { type Instant, MINUTE, SECOND } from '../../../../src/time.ts';
import { anchorsIn, type Leaf, type Workload } from './workload.ts';

export interface Scene {
  readonly now: Instant;
  readonly resolved: ResolvedTrustDomain;
  readonly targets: readonly Workload[];
}

/** As many as a path of five certificates has room for. */
const MOST_CROSSES = 3;

export class Broken extends Error {}

export class Rules {
  document: AuthorityDocument | undefined;
  /** Excused: given up after the deadline, or broken on an operator's word. */
  readonly excused = new Set<Workload>();
  /** Their handshakes are not the authority's fault, but it has to wait for them like for anybody. */
  readonly tampered = new Set<Workload>();
  readonly #scene: Scene;
  #uid = '';
  readonly #ends = new Map<string, Instant>();
  readonly #latestLeaf = new Map<string, Instant>();
  readonly #lastMissing = new Map<string, Instant>();
  readonly #compromised = new Set<string>();
  readonly #published = new Set<string>();
  readonly #forgotten = new Set<string>();
  #lastDepended: Instant = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** A leaf was signed. */
  issued(leaf: Leaf, by: AuthorityDocument): void {
    this.#demand(leaf.notAfter <= (this.#ends.get(leaf.intermediate) ?? 0), 'r1: a leaf outlives its intermediate');
    this.#demand(leaf.notAfter <= (this.#ends.get(leaf.root) ?? 0), 'r1: a leaf outlives its root');
    // Where the answer to a write was lost, its writer learns of it when it looks again.
    const aware = by.revision === this.document?.revision;
    this.#demand(!aware || !this.#compromised.has(leaf.intermediate), 'a compromised intermediate signs');
    for (const id of [leaf.root, leaf.intermediate])
      this.#latestLeaf.set(id, Math.max(leaf.notAfter, this.#latestLeaf.get(id) ?? 0));
  }

  /** A leaf is replaced before its time, because its authority is not known. */
  disowned(leaf: Leaf): void {
    const good = this.#compromised.has(leaf.intermediate) || this.#forgotten.has(leaf.intermediate);
    this.#demand(good || leaf.notAfter <= this.#scene.now, 'no storm: a good leaf is replaced before its time');
  }

  /** The issuing Secret is lost, and status does not know these, or not that they are compromised. */
  lost(unrecorded: readonly string[], unreported: readonly string[]): void {
    for (const id of unrecorded) this.#forgotten.add(id);
    for (const id of unreported) this.#compromised.delete(id);
  }

  /** The document was written. */
  wrote(next: AuthorityDocument, uid: string): void {
    const before = this.document;
    this.document = next;
    const rebuilt = uid !== this.#uid;
    this.#uid = uid;
    for (const slot of next.slots) {
      this.#ends.set(slot.id, slot.notAfter);
      const good = slot.compromised !== true;
      this.#demand(!good || !this.#compromised.has(slot.id), 'a compromised authority counts as good again');
      if (!good) this.#compromised.add(slot.id);
      const under = slot.issuerID !== undefined && this.#compromised.has(slot.issuerID);
      this.#demand(!under || slot.compromised === true, 'an intermediate of a compromised root counts as good');
    }
    const active = (kind: AuthoritySlot['kind']) =>
      next.slots.filter((slot) => slot.kind === kind && slot.state === 'Active').length;
    this.#demand(active('Root') === 1 && active('Intermediate') === 1, 'not exactly one root and intermediate sign');
    if (before !== undefined) this.#compare(before, next, rebuilt);
    for (const { id } of anchors(next)) this.#published.add(id);
    this.track();
  }

  #compare(before: AuthorityDocument, next: AuthorityDocument, rebuilt: boolean): void {
    const old = new Set(anchors(before).map(({ id }) => id));
    const current = new Set(anchors(next).map(({ id }) => id));
    if (!rebuilt) this.#counts(before, next, [...old].join() === [...current].join());
    // An authority that comes back without its document knows the clock alone.
    const ahead = rebuilt && before.sequence > this.#scene.now / SECOND;
    this.#demand(next.sequence >= before.sequence || ahead, 'the sequence falls');
    for (const slot of anchors(next)) if (!old.has(slot.id)) this.#added(slot, before, rebuilt);
    for (const slot of anchors(before)) if (!current.has(slot.id)) this.#withdrawn(slot, before, next, rebuilt);
    if (!rebuilt) this.#stepped(before, next);
  }

  #counts(before: AuthorityDocument, next: AuthorityDocument, sameAnchors: boolean): void {
    this.#demand(next.revision > before.revision, 'the revision does not rise');
    const follows = sameAnchors ? next.sequence === before.sequence : next.sequence > before.sequence;
    this.#demand(follows, 'the sequence does not follow the anchors');
  }

  #stepped(before: AuthorityDocument, next: AuthorityDocument): void {
    const [was, is] = [activeSlot(before, 'Root'), activeSlot(next, 'Root')];
    const givesUp = this.#givesUp(before, next);
    if (was !== undefined && is !== undefined && was.id !== is.id && !givesUp) this.#activated(was, is, before);
    if (givesUp) this.#givenUp(before);
  }

  #added(slot: AuthoritySlot, before: AuthorityDocument, rebuilt: boolean): void {
    if (rebuilt) {
      const over = (activeSlot(before, 'Root')?.notAfter ?? 0) <= this.#scene.now;
      this.#demand(this.#published.has(slot.id) || over, 'a root appears from nowhere');
      if (over) this.#excuse((target) => !anchorsIn(target.anchors.loaded).includes(slot.id));
      return;
    }
    this.#demand(slot.state === 'Prepared', 'a root is published and signs in one step');
    this.#demand(!this.#compromised.has(slot.id), 'a compromised root comes back');
    this.#demand(!this.#published.has(slot.id) || !this.#latestLeaf.has(slot.id), 'an old root comes back');
  }

  /** What came back past the deadline is not waited for, and counted. */
  #givesUp(before: AuthorityDocument, next: AuthorityDocument): boolean {
    return (next.rotation?.quarantined ?? 0) > (before.rotation?.quarantined ?? 0);
  }

  #activated(was: AuthoritySlot, is: AuthoritySlot, before: AuthorityDocument): void {
    const { now, resolved } = this.#scene;
    if (now > was.notAfter) {
      this.#excuse((target) => !anchorsIn(target.anchors.loaded).includes(is.id));
      return;
    }
    // The cross-certificate carries those that do not hold the new root yet.
    if (was.compromised === true) return;
    const prepared = before.slots.find(({ id }) => id === is.id) ?? is;
    const missing = this.#lastMissing.get(is.id) ?? 0;
    // What came back past the deadline has no margin of its own; the cross-certificate carries it.
    const late = quarantineTime(prepared, was, resolved, authoritySignsUntil(before, was, resolved));
    if (missing >= late) return;
    this.#demand(
      now - missing >= resolved.propagationMargin,
      `r5: a root signs ${now - missing} ms after the last store`,
    );
  }

  #withdrawn(slot: AuthoritySlot, before: AuthorityDocument, next: AuthorityDocument, rebuilt: boolean): void {
    const { now, resolved } = this.#scene;
    // Nobody had read of it before its record was lost.
    if (rebuilt) return;
    this.#demand(slot.state !== 'Active', 'the root that signs is withdrawn');
    const over = (this.#latestLeaf.get(slot.id) ?? 0) + MINUTE <= now;
    if (slot.compromised !== true) {
      this.#demand(over, 'r5: a root leaves while leaves under it are valid');
      return;
    }
    const active = activeSlot(next, 'Root');
    const signs = active?.id ?? '';
    const behind = (target: Workload) =>
      !anchorsIn(target.anchors.loaded).includes(signs) || this.#exposed(target.leaf.loaded) || !target.settled;
    const acknowledged =
      resolved.rotation?.acknowledgeBroken !== undefined && resolved.rotation.id === before.requestID;
    const late = active !== undefined && this.#lastDepended >= withdrawalDeadline(active, [slot], resolved, undefined);
    if (over || late || acknowledged || this.#givesUp(before, next)) this.#excuse(behind);
    else
      this.#demand(
        now - this.#lastDepended >= resolved.propagationMargin,
        'r5: a compromised root is withdrawn before the margin',
      );
  }

  #givenUp(before: AuthorityDocument): void {
    const since = Math.max(
      ...before.slots.filter(({ kind, state }) => kind === 'Root' && state !== 'Retired').map(({ since }) => since),
    );
    this.#demand(this.#scene.now - since >= 2 * this.#scene.resolved.propagationMargin, 'targets are given up at once');
    this.#excuse((target) => this.#depends(target));
  }

  /** Notes who does not hold what is being published; called before and after everything that happens. */
  track(): void {
    const { document } = this;
    const { now, targets } = this.#scene;
    if (document === undefined) return;
    // Whoever still uses an SVID that has ended is refused by everybody anyway, and is not waited for.
    this.#excuse(({ leaf }) => leaf.stored !== undefined && leaf.stored.notAfter + MINUTE < now);
    const counted = targets.filter((target) => target.anchors.stored !== undefined && !this.excused.has(target));
    const givenUp = document.rotation?.state === 'InProgress' && (document.rotation.quarantined ?? 0) > 0;
    for (const slot of anchors(document)) {
      if (slot.state !== 'Prepared') continue;
      const missing = counted.filter((target) => !anchorsIn(target.anchors.stored).includes(slot.id));
      if (givenUp) for (const target of missing) this.excused.add(target);
      else if (missing.length > 0) this.#lastMissing.set(slot.id, now);
    }
    const depends = counted.filter((target) => this.#depends(target));
    if (givenUp) for (const target of depends) this.excused.add(target);
    else if (depends.length > 0) this.#lastDepended = now;
  }

  /** Everything that must hold between two events. */
  check(): void {
    const { now, targets } = this.#scene;
    for (const target of targets) {
      const { leaf, anchors: held } = target;
      const { stored } = leaf;
      if (stored !== undefined && !this.#isExcused(target))
        this.#demand(
          anchorsIn(held.stored).includes(stored.root) || now >= stored.notAfter || this.#compromised.has(stored.root),
          'r4: ca.crt lacks the root of tls.crt',
        );
    }
    for (const set of [this.excused, this.tampered])
      for (const target of set) if (this.#caughtUp(target)) set.delete(target);
    const parties = targets.filter((target) => !this.#isExcused(target));
    for (const prover of parties) {
      const { loaded } = prover.leaf;
      if (loaded === undefined || loaded.notAfter <= now) continue;
      for (const verifier of parties) this.#accepts(verifier, prover, loaded);
    }
  }

  #isExcused(target: Workload): boolean {
    return this.excused.has(target) || this.tampered.has(target);
  }

  #accepts(verifier: Workload, prover: Workload, leaf: Leaf): void {
    const { now } = this.#scene;
    const { loaded } = verifier.anchors;
    if (loaded === undefined) return;
    const held = anchorsIn(loaded);
    const trusted = (id: string) => held.includes(id) && (this.#ends.get(id) ?? 0) > now;
    const ended = leaf.crosses.findIndex(({ notAfter }) => notAfter <= now);
    const crossed = leaf.crosses.slice(0, ended < 0 ? undefined : ended).some(({ issuerID }) => trusted(issuerID));
    // Four compromises within one margin are more than a chain can carry.
    const carried = leaf.crosses.length < MOST_CROSSES;
    this.#demand(
      trusted(leaf.root) || crossed || !carried,
      `r5: ${verifier.name} with ${loaded} refuses ${prover.name} under ${leaf.root}`,
    );
  }

  /** Whether a compromised root cannot go yet because of this one. */
  #depends({ anchors: held, leaf }: Workload): boolean {
    const active = this.document === undefined ? undefined : activeSlot(this.document, 'Root');
    return !anchorsIn(held.stored).includes(active?.id ?? '') || this.#exposed(leaf.stored);
  }

  #exposed(leaf: Leaf | undefined): boolean {
    return leaf !== undefined && (this.#compromised.has(leaf.intermediate) || this.#compromised.has(leaf.root));
  }

  #caughtUp(target: Workload): boolean {
    if (!target.settled || this.document === undefined) return false;
    const held = anchorsIn(target.anchors.loaded);
    return !this.#exposed(target.leaf.loaded) && anchors(this.document).every(({ id }) => held.includes(id));
  }

  #excuse(which: (target: Workload) => boolean): void {
    for (const target of this.#scene.targets) if (which(target)) this.excused.add(target);
  }

  #demand(holds: boolean, rule: string): void {
    if (!holds) throw new Broken(`${rule} (${new Date(this.#scene.now).toISOString()})`);
  }
}
