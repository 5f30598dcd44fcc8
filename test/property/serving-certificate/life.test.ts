// SPDX-License-Identifier: Apache-2.0
/**
 * The life of the serving certificate under happenings in any order: whatever any replica serves, however far it lags,
 * is trusted by every API server, however far that lags; and it comes to rest.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { planServing, type ServingSlot, type StoredServing } from '../../../src/serving-certificate/plan.ts';
import { BACKDATE } from '../../../src/spiffe/svid.ts';

const SETTINGS = { lifetime: 100_000, uptake: 10_000, dnsNames: ['a.svc'] };
/** Within the uptake, as API servers must be. */
const API_SERVER_LAG = 9_000;

interface Version<T> {
  readonly at: number;
  readonly value: T;
}

/** A Secret, a caBundle, replicas and API servers that see what was written some time ago. */
class World {
  now = 1_000_000_000;
  stored: StoredServing | undefined;
  /** A controller that was just started knows nothing of before. */
  since = new Map<string, number>();
  readonly bundles: Version<readonly string[]>[] = [{ at: 0, value: [] }];
  readonly served: Version<ServingSlot | undefined>[] = [{ at: 0, value: undefined }];
  made = 0;
  writes = 0;

  /** One run of the controller; returns how long it would wait. */
  reconcile(): number {
    if (this.stored !== undefined) this.publish(this.stored);
    const next = this.stored?.next;
    const since = next === undefined ? undefined : this.since.get(next.authorityID);
    const trustedFor = since === undefined ? undefined : this.now - since;
    const { action, requeueAfter = 0 } = planServing({ stored: this.stored, trustedFor }, SETTINGS, this.now);
    if (action === undefined) return requeueAfter;
    this.writes += 1;
    const { current, authorities = [] } = this.stored ?? {};
    const served = current === undefined ? {} : { current };
    if (action.kind === 'Prepare') {
      this.made += 1;
      const slot = {
        authorityID: `a${this.made}`,
        notBefore: this.now - BACKDATE,
        notAfter: this.now + SETTINGS.lifetime,
        dnsNames: SETTINGS.dnsNames,
      };
      const kept = authorities.filter(({ id }) => action.keep.includes(id));
      const mine = { id: slot.authorityID, notAfter: slot.notAfter };
      this.stored = { ...served, next: slot, authorities: [...kept, mine] };
    } else if (action.kind === 'Forget') {
      this.stored = { ...served, authorities: authorities.filter(({ id }) => action.keep.includes(id)) };
    } else if (next !== undefined) {
      this.stored = { current: next, authorities };
      this.served.push({ at: this.now, value: next });
    }
    return 100;
  }

  publish({ authorities }: StoredServing): void {
    const ids = authorities.map(({ id }) => id);
    const before = this.bundles.at(-1)?.value ?? [];
    if (ids.join() !== before.join()) {
      this.since.clear();
      this.bundles.push({ at: this.now, value: ids });
    }
    for (const id of ids) if (!this.since.has(id)) this.since.set(id, this.now);
  }

  /** What is valid of all that was ever served: a replica may lag by any time. */
  servable(): ServingSlot[] {
    const slots = this.served.flatMap(({ value }) => (value === undefined ? [] : [value]));
    return slots.filter(({ notAfter }) => this.now <= notAfter);
  }

  /** Every caBundle that some API server may still, or already, go by. */
  bundlesInUse(): readonly (readonly string[])[] {
    const from = this.bundles.findLastIndex(({ at }) => at <= this.now - API_SERVER_LAG);
    return this.bundles.slice(Math.max(0, from)).map(({ value }) => value);
  }
}

const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait' as const), time: fc.nat(30_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), time: fc.constant(0) }) },
);

/** Lets time pass as the controller would wake, or not at all where it is down. */
function live(world: World, time: number, check: () => void): void {
  const until = world.now + time;
  for (let steps = 0; world.now < until && steps < 10_000; steps += 1) {
    const wait = world.reconcile();
    check();
    world.now = Math.min(until, world.now + Math.max(100, wait));
  }
}

it('no replica ever serves what an API server that trusted another does not trust', () => {
  fc.assert(
    fc.property(fc.array(happening, { minLength: 1, maxLength: 20 }), (story) => {
      const world = new World();
      const check = (): void => {
        // One that has heard of no caBundle at all fails every call, whatever is served.
        for (const { authorityID } of world.servable())
          for (const bundle of world.bundlesInUse()) if (bundle.length > 0) expect(bundle).toContain(authorityID);
      };
      for (const { kind, time } of story) {
        if (kind === 'restart') world.since = new Map();
        live(world, time, check);
      }
    }),
    { numRuns: 300 },
  );
});

it('something valid is served at any time after the first while the controller runs', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20_000), { minLength: 1, maxLength: 30 }), (waits) => {
      const world = new World();
      live(world, 2 * SETTINGS.uptake, () => undefined);
      for (const wait of waits) {
        live(world, wait, () => {
          const current = world.stored?.current;
          expect(current !== undefined && world.now < current.notAfter).toBe(true);
        });
      }
    }),
    { numRuns: 200 },
  );
});

it('comes to rest, and writes three times a certificate', () => {
  const world = new World();
  live(world, SETTINGS.lifetime / 4, () => undefined);
  const { writes, made } = world;
  for (let time = 0; time < 10; time += 1) world.reconcile();
  expect(world.writes).toBe(writes);
  live(world, 20 * SETTINGS.lifetime, () => undefined);
  expect(world.writes - writes).toBeLessThanOrEqual(3 * (world.made - made) + 1);
});
