// SPDX-License-Identifier: Apache-2.0
/**
 * The life of an authority over years: bootstrap, takeovers, forgetting, a root key that gets lost and comes back,
 * settings that change. Certificates are facts here; what signs them is tested elsewhere.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ResolvedTrustDomain } from '../../../src/api/resolved.ts';
import type { AuthorityAction, AuthorityPlan } from '../../../src/authority/actions.ts';
import type { AuthorityDocument, AuthoritySlot } from '../../../src/authority/document.ts';
import { planAuthority } from '../../../src/authority/plan.ts';
import { type FoundRoot, type Recorded, rebuiltRotation, rebuiltSlots } from '../../../src/authority/rebuild.ts';
import { activeSlot, forgetTime, rootCanSign, signsUntil } from '../../../src/authority/slots.ts';
import { nextTrustDomainStatus } from '../../../src/authority/status.ts';
import {
  firstDocument,
  withActiveRoot,
  withDestroyedKeys,
  withIntermediate,
  withPreparedRoot,
} from '../../../src/authority/transitions.ts';
import { DAY, type Duration, HOUR, type Instant, MINUTE } from '../../../src/time.ts';
import { aPropagation, aResolvedTrustDomain, aTrustDomain, NOW } from '../../support/builders.ts';

class ModelAuthority {
  now: Instant = NOW;
  trustDomain: ResolvedTrustDomain = aResolvedTrustDomain();
  rootKey = false;
  /** What the root Secret holds. */
  readonly stored: { readonly slot: AuthoritySlot; canSign: boolean }[] = [];
  document: AuthorityDocument | undefined;
  recorded: Recorded = { authorities: [], rotation: undefined };
  roots = 0;
  steps = 0;
  readonly forgotten: { readonly slot: AuthoritySlot; readonly at: Instant }[] = [];
  plan: AuthorityPlan = {};
  #count = 0;

  /** Plans and takes steps until there is none; the status is written once at the end. */
  work(): void {
    for (let step = 0; step < 8; step += 1) {
      this.plan = planAuthority(this.#observed(), this.now);
      if (this.plan.action === undefined) break;
      this.#apply(this.plan.action);
      this.steps += 1;
    }
    expect(this.plan.action).toBeUndefined();
    const { document, trustDomain, recorded } = this;
    const outcome = { document, blocked: this.plan.blocked, signing: true, resolved: trustDomain };
    const { authorities } = recorded;
    const before = { authorities, ...(recorded.rotation === undefined ? {} : { rotation: recorded.rotation }) };
    const status = nextTrustDomainStatus(aTrustDomain({ status: before }), outcome, this.now);
    this.recorded = { ...recorded, authorities: status.authorities ?? [], rotation: status.rotation };
  }

  advance(duration: Duration): void {
    const end = this.now + duration;
    for (;;) {
      // What is blocked is looked at every minute; for a model of years four times a day must do.
      const pause = this.plan.blocked === undefined ? 1 : 6 * HOUR;
      const next = this.now + Math.max(pause, Math.ceil(this.plan.requeueAfter ?? duration));
      if (next > end) break;
      this.now = next;
      this.work();
    }
    this.now = end;
  }

  #observed(): Parameters<typeof planAuthority>[0] {
    const { trustDomain, recorded, rootKey, document } = this;
    const issuing = document === undefined ? { kind: 'absent' as const } : { kind: 'loaded' as const, document };
    const propagation = aPropagation();
    return { trustDomain, recorded, rootPresent: rootKey, issuing, propagation };
  }

  #apply(action: AuthorityAction): void {
    if (action.kind === 'Forget') for (const slot of action.slots) this.forgotten.push({ slot, at: this.now });
    if ('next' in action) {
      this.document = action.next;
      return;
    }
    switch (action.kind) {
      case 'CreateRoot':
        this.stored.push({ slot: this.#slot('Root', this.trustDomain.root.ttl), canSign: true });
        this.rootKey = true;
        this.roots += 1;
        break;
      case 'CreateIssuing':
        this.#rebuild();
        break;
      case 'ReplaceIntermediate':
        this.#replace(action.document);
        break;
      case 'PrepareRoot': {
        const root = { ...this.#slot('Root', this.trustDomain.root.ttl), state: 'Prepared' as const };
        this.stored.push({ slot: root, canSign: true });
        this.document = withPreparedRoot(action.document, root, this.now);
        break;
      }
      case 'ActivateRoot':
        this.document = withActiveRoot(action.document, action.root, this.#intermediate(action.root), this.now);
        break;
      case 'DestroyRootKeys':
        this.#destroy(action.roots);
        this.document = withDestroyedKeys(action.document, action.roots, this.now);
        break;
      case 'CreateImported':
      case 'PrepareImported':
      case 'ImportIntermediate':
        throw new Error('nothing is imported here');
    }
  }

  #replace(document: AuthorityDocument): void {
    const root = activeSlot(document, 'Root');
    if (root !== undefined) this.document = withIntermediate(document, this.#intermediate(root), this.now);
  }

  #destroy(roots: readonly AuthoritySlot[]): void {
    for (const root of this.stored) if (roots.some(({ id }) => id === root.slot.id)) root.canSign = false;
  }

  #rebuild(): void {
    const found = this.stored.map(({ slot, canSign }): FoundRoot => ({ ...slot, canSign }));
    const rebuilt = rebuiltSlots(
      found,
      { recorded: this.recorded.authorities, maxTTL: this.trustDomain.maxTTL },
      this.now,
    );
    if ('problem' in rebuilt) throw new Error(rebuilt.problem);
    const active = rebuilt.value.find(({ id }) => id === rebuilt.active.id);
    if (active === undefined) throw new Error('no active root');
    const rotation = rebuiltRotation(this.recorded.rotation);
    const document = firstDocument('example.org', [...rebuilt.value, this.#intermediate(active)], this.now);
    this.document = rotation === undefined ? document : { ...document, rotation };
  }

  #intermediate({ id, notAfter }: AuthoritySlot): AuthoritySlot {
    return { ...this.#slot('Intermediate', this.trustDomain.intermediate.ttl, notAfter), issuerID: id };
  }

  #slot(kind: AuthoritySlot['kind'], ttl: Duration, latest = Number.MAX_SAFE_INTEGER): AuthoritySlot {
    this.#count += 1;
    const { now } = this;
    const notAfter = Math.min(now + ttl, latest);
    return {
      id: `${kind}-${this.#count}`,
      kind,
      state: 'Active',
      since: now,
      notBefore: now - MINUTE,
      notAfter,
      certificate: '',
    };
  }
}

const HAPPENINGS: Readonly<Record<string, (model: ModelAuthority, number: number) => void>> = {
  hours: (model, n) => model.advance((n % 48) * HOUR),
  days: (model, n) => model.advance((n % 30) * DAY),
  loseRoot: (model) => {
    model.rootKey = false;
  },
  restoreRoot: (model) => {
    model.rootKey = model.stored.length > 0;
  },
  loseIssuing: (model) => {
    model.document = undefined;
  },
  settings: (model, n) => {
    const specs = [
      {},
      { svid: { maxTTL: '48h' } },
      { authority: { source: { type: 'SelfSigned', selfSigned: { intermediate: { ttl: '72h' } } } } },
    ] as const;
    model.trustDomain = aResolvedTrustDomain(specs[n % specs.length]);
  },
};

function live(story: readonly (readonly [string, number])[], check?: (model: ModelAuthority) => void): ModelAuthority {
  const model = new ModelAuthority();
  model.work();
  for (const [happening, number] of story) {
    HAPPENINGS[happening]?.(model, number);
    model.work();
    check?.(model);
  }
  return model;
}

function stories(...happenings: readonly string[]): fc.Arbitrary<[string, number][]> {
  return fc.array(fc.tuple(fc.constantFrom(...happenings), fc.nat(1000)), { maxLength: 30 });
}

const ALL = Object.keys(HAPPENINGS);

it('makes its first root once, and never one to replace what is lost', () => {
  fc.assert(
    fc.property(stories(...ALL), (story) => {
      expect(live(story).roots).toBe(1);
    }),
    { numRuns: 1000 },
  );
});

it('always has one root and one intermediate that sign, and all others are retired', () => {
  fc.assert(
    fc.property(stories(...ALL), (story) => {
      live(story, ({ document }) => {
        if (document === undefined) return;
        const active = document.slots.filter(({ state }) => state === 'Active').map(({ kind }) => kind);
        expect(active.sort()).toEqual(['Intermediate', 'Root']);
        expect(document.slots.filter(({ kind, state }) => kind === 'Root' && state === 'Prepared').length).toBeLessThan(
          2,
        );
      });
    }),
    { numRuns: 1000 },
  );
});

it('never stops signing while its root can sign', () => {
  fc.assert(
    fc.property(stories('hours', 'days'), (story) => {
      live(story, (model) => {
        const { document, trustDomain, now } = model;
        const root = document === undefined ? undefined : activeSlot(document, 'Root');
        const intermediate = document === undefined ? undefined : activeSlot(document, 'Intermediate');
        if (root === undefined || intermediate === undefined || !rootCanSign(root, trustDomain, now)) return;
        expect(now).toBeLessThanOrEqual(signsUntil(intermediate, trustDomain));
        expect(model.plan.blocked).toBeUndefined();
      });
    }),
    { numRuns: 1000 },
  );
});

it('forgets nobody before the last leaf of theirs must have ended, and everybody after', () => {
  fc.assert(
    fc.property(stories('hours', 'days', 'loseRoot', 'restoreRoot', 'settings'), (story) => {
      const model = live(story, ({ document, now, plan }) => {
        const late = document?.slots.filter((slot) => slot.state === 'Retired' && forgetTime(slot) <= now) ?? [];
        if (plan.blocked === undefined) expect(late).toEqual([]);
      });
      for (const { slot, at } of model.forgotten) {
        expect(slot.state).toBe('Retired');
        expect(at).toBeGreaterThanOrEqual(slot.notAfter + MINUTE);
      }
    }),
    { numRuns: 1000 },
  );
});

it('takes no more steps than its lifetimes ask for', () => {
  fc.assert(
    fc.property(stories('hours', 'days'), (story) => {
      const model = live(story);
      // A takeover after four days at the earliest, but near the end of the root after two thirds of the longest leaf.
      const takeovers = (model.now - NOW) / (16 * HOUR);
      // A rotation of the root once in months takes six more, and a takeover.
      const rotations = (model.now - NOW) / (100 * DAY);
      expect(model.steps).toBeLessThanOrEqual(2 + 2 * Math.ceil(takeovers) + 8 * Math.ceil(rotations));
    }),
    { numRuns: 500 },
  );
});

it('asks to be looked at again before the intermediate signs no more', () => {
  fc.assert(
    fc.property(stories(...ALL), (story) => {
      live(story, ({ plan, document, now, trustDomain }) => {
        const intermediate = document === undefined ? undefined : activeSlot(document, 'Intermediate');
        if (intermediate === undefined || now >= signsUntil(intermediate, trustDomain)) return;
        expect(now + (plan.requeueAfter ?? Number.MAX_SAFE_INTEGER)).toBeLessThanOrEqual(
          signsUntil(intermediate, trustDomain) + MINUTE,
        );
        expect(plan.requeueAfter).toBeGreaterThan(0);
      });
    }),
    { numRuns: 1000 },
  );
});
