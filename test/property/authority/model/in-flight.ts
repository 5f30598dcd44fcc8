// SPDX-License-Identifier: Apache-2.0
/**
 * An SVID that is being signed while its authority retires: it is stored up to a minute later, unless its Secret was
 * written meanwhile (design rule 14).
 * @module
 */
import type { AuthorityDocument } from '../../../../src/authority/document.ts';
import { activeSlot } from '../../../../src/authority/slots.ts';
import { type Instant, MINUTE } from '../../../../src/time.ts';
import type { Leaf, Workload } from './workload.ts';

interface Departed {
  readonly target: Workload;
  /** What its Secret held when it was decided. */
  readonly held: Leaf;
  readonly document: AuthorityDocument;
  readonly at: Instant;
}

export class InFlight {
  #departed: Departed | undefined;

  /** Infinity: nothing is under way. */
  get lands(): Instant {
    return this.#departed?.at ?? Number.POSITIVE_INFINITY;
  }

  /** One of them is being signed for when another authority takes over. */
  depart(
    targets: readonly Workload[],
    { before, next }: { readonly before: AuthorityDocument | undefined; readonly next: AuthorityDocument },
    world: { readonly now: Instant; chance(): number },
  ): void {
    if (before === undefined || signerOf(before) === signerOf(next)) return;
    const target = targets[Math.floor(world.chance() * targets.length)];
    const held = target?.leaf.stored;
    if (target === undefined || held === undefined) return;
    const lag = world.chance() < 0.5 ? MINUTE : Math.floor(world.chance() * MINUTE);
    this.#departed = { target, held, document: before, at: world.now + lag };
  }

  /** What is stored now, if anything is. */
  land(now: Instant): readonly Departed[] {
    const departed = this.#departed;
    if (departed === undefined || departed.at > now) return [];
    this.#departed = undefined;
    const { target, held, at } = departed;
    return at === now && target.writable && target.leaf.stored === held ? [departed] : [];
  }
}

function signerOf(document: AuthorityDocument): string | undefined {
  return activeSlot(document, 'Intermediate')?.id;
}
