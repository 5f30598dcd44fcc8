// SPDX-License-Identifier: Apache-2.0
/**
 * The life of an authority over years: bootstrap, takeovers, forgetting, a root key that gets lost and comes back,
 * settings that change. Certificates are facts here; what signs them is tested elsewhere.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ResolvedTrustDomain } from '../../../src/api/resolved.ts';
import type { AuthorityStatus } from '../../../src/api/trust-domain.ts';
import type { AuthorityDocument, AuthoritySlot } from '../../../src/authority/document.ts';
import {
  type AuthorityAction,
  type AuthorityPlan,
  planAuthority,
  withIntermediate,
  withoutSlots,
} from '../../../src/authority/plan.ts';
import { activeSlot, forgetTime, rootCanSign, signsUntil } from '../../../src/authority/slots.ts';
import { nextTrustDomainStatus } from '../../../src/authority/status.ts';
import { DAY, type Duration, HOUR, type Instant, MINUTE } from '../../../src/time.ts';
import { aResolvedTrustDomain, aTrustDomain, NOW } from '../../support/builders.ts';

class ModelAuthority {
  now: Instant = NOW;
  trustDomain: ResolvedTrustDomain = aResolvedTrustDomain();
  rootKey = false;
  root: AuthoritySlot | undefined;
  document: AuthorityDocument | undefined;
  recorded: readonly AuthorityStatus[] = [];
  roots = 0;
  steps = 0;
  readonly forgotten: { readonly slot: AuthoritySlot; readonly at: Instant }[] = [];
  plan: AuthorityPlan = {};
  #count = 0;

  /** Plans and takes steps until there is none; the status is written once at the end. */
  work(): void {
    for (let step = 0; step < 4; step += 1) {
      this.plan = planAuthority(this.#observed(), this.now);
      if (this.plan.action === undefined) break;
      this.#apply(this.plan.action);
      this.steps += 1;
    }
    expect(this.plan.action).toBeUndefined();
    const outcome = { document: this.document, blocked: this.plan.blocked, signing: true };
    const status = nextTrustDomainStatus(aTrustDomain({ status: { authorities: this.recorded } }), outcome, this.now);
    this.recorded = status.authorities ?? [];
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
    return { trustDomain, recorded, rootPresent: rootKey, issuing };
  }

  #apply(action: AuthorityAction): void {
    switch (action.kind) {
      case 'CreateRoot':
        this.root = this.#slot('Root', this.trustDomain.root.ttl);
        this.rootKey = true;
        this.roots += 1;
        break;
      case 'CreateIssuing':
        if (this.root !== undefined)
          this.document = { trustDomain: 'example.org', slots: [this.root, this.#intermediate()] };
        break;
      case 'ReplaceIntermediate':
        this.document = withIntermediate(action.document, action.retire, this.#intermediate());
        break;
      case 'Forget':
        for (const slot of action.slots) this.forgotten.push({ slot, at: this.now });
        this.document = withoutSlots(action.document, action.slots);
    }
  }

  #intermediate(): AuthoritySlot {
    return this.#slot('Intermediate', this.trustDomain.intermediate.ttl, this.root?.notAfter);
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
    model.rootKey = model.root !== undefined;
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

it('makes one root in its whole life, and never one to replace what is lost', () => {
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
        expect(document.slots.filter(({ kind }) => kind === 'Root')).toHaveLength(1);
      });
    }),
    { numRuns: 1000 },
  );
});

it('never stops signing while its root can sign', () => {
  fc.assert(
    fc.property(stories('hours', 'days'), (story) => {
      live(story, (model) => {
        const { document, trustDomain, now, root } = model;
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
      expect(model.steps).toBeLessThanOrEqual(2 + 2 * Math.ceil(takeovers));
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
