// SPDX-License-Identifier: Apache-2.0
/**
 * Rollouts never loop: over arbitrary histories of renewals, edits, failures and crashes a workload is restarted at most
 * once for an SVID, by however many identities it is named no more often than its interval allows, and never while another one is not ready; and when nothing
 * happens any more, everything ends up current.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { RESTART_FLOOR } from '../../../src/api/reload-validation.ts';
import type { RolloutStatus } from '../../../src/api/service-identity.ts';
import {
  type LiveWorkload,
  planRollout,
  type RolloutPlan,
  recordsUndone,
  rolloutSettled,
} from '../../../src/identity/rollout.ts';
import { type Duration, type Instant, MINUTE } from '../../../src/time.ts';
import { NOW } from '../../support/builders.ts';

const NAMES = ['a', 'b', 'c'] as const;
type Name = (typeof NAMES)[number];
type Model = { -readonly [Field in keyof LiveWorkload]: LiveWorkload[Field] };

const BOTH = [0, 1] as const;
type Which = (typeof BOTH)[number];

/** What lies between a decision and its effect. */
type Fault = 'none' | 'crash before the status' | 'crash after the status' | 'refused';

/** An identity that names the workloads. */
interface Holder {
  records: readonly RolloutStatus[];
  svid: number;
}

class World {
  now: Instant = NOW;
  minInterval: Duration = RESTART_FLOOR;
  listed: readonly Name[] = NAMES;
  readonly holders: readonly [Holder, Holder] = [
    { records: [], svid: 1 },
    { records: [], svid: 1 },
  ];
  readonly live = new Map<Name, Model>();
  readonly restarts: { readonly name: string; readonly at: Instant; readonly fingerprint: string }[] = [];
  #serial = 0;

  constructor() {
    for (const name of NAMES) this.create(name);
  }

  create(name: Name): void {
    this.#serial += 1;
    const uid = `uid-${this.#serial}`;
    this.live.set(name, {
      uid,
      resourceVersion: '1',
      generation: 1,
      mounts: true,
      restartedFor: undefined,
      ready: true,
      stuck: false,
    });
  }

  fingerprint(which: Which): string {
    return `svid-${which}-${this.holders[which].svid}`;
  }

  /** One run of the controller for one identity. */
  run(fault: Fault, which: Which): RolloutPlan {
    const workloads = this.listed.map((name) => ({ kind: 'Deployment' as const, name, live: this.#copy(name) }));
    const { holders, minInterval } = this;
    const holder = holders[which];
    const { records } = holder;
    const others = holders.filter((other) => other !== holder).flatMap((other) => other.records);
    const fingerprint = this.fingerprint(which);
    const plan = planRollout({ fingerprint, workloads, records, others, minInterval }, this.now);
    if (fault === 'crash before the status') return plan;
    holder.records = fault === 'refused' ? recordsUndone(plan) : plan.records;
    if (fault === 'refused' || plan.restart === undefined) return plan;
    if (fault === 'crash after the status') return plan;
    this.#restart(plan.restart.name as Name, plan);
    return plan;
  }

  #copy(name: Name): LiveWorkload | undefined {
    const live = this.live.get(name);
    return live && { ...live };
  }

  #restart(name: Name, { records }: RolloutPlan): void {
    const live = this.live.get(name);
    const fingerprint = records.find((record) => record.name === name)?.fingerprint ?? '';
    if (live === undefined || live.restartedFor === fingerprint) return;
    for (const other of this.listed)
      expect(this.live.get(other)?.ready, `${other} while ${name} is restarted`).toBe(true);
    this.restarts.push({ name, at: this.now, fingerprint });
    Object.assign(live, { restartedFor: fingerprint, generation: live.generation + 1, ready: false });
  }
}

const event: fc.Arbitrary<(world: World) => void> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom<Fault>('none', 'none', 'none', 'crash before the status', 'crash after the status', 'refused'),
        fc.constantFrom<Which>(0, 1),
      )
      .map(
        ([fault, which]) =>
          (world: World) =>
            void world.run(fault, which),
      ),
  },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 20 * MINUTE }).map((elapsed) => (world: World) => {
      world.now += elapsed;
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Which>(0, 1).map((which) => (world: World) => {
      world.holders[which].svid += 1;
    }),
  },
  {
    weight: 4,
    arbitrary: onOne((live) => {
      live.ready = true;
      live.stuck = false;
    }),
  },
  {
    weight: 1,
    arbitrary: onOne((live) => {
      live.ready = false;
    }),
  },
  {
    weight: 1,
    arbitrary: onOne((live) => {
      live.stuck = true;
      live.ready = false;
    }),
  },
  {
    weight: 2,
    arbitrary: onOne((live) => {
      live.generation += 1;
    }),
  },
  // GitOps takes our annotation away, which starts new pods.
  {
    weight: 3,
    arbitrary: onOne((live) => {
      live.restartedFor = undefined;
      live.generation += 1;
      live.ready = false;
    }),
  },
  // Somebody copies an annotation of ours from elsewhere.
  {
    weight: 1,
    arbitrary: onOne((live) => {
      live.restartedFor = 'svid-0-1';
      live.generation += 1;
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...NAMES).map((name) => (world: World) => {
      if (!world.live.delete(name)) world.create(name);
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom(...NAMES).map((name) => (world: World) => world.create(name)) },
  {
    weight: 4,
    arbitrary: fc.subarray([...NAMES], { minLength: 1 }).map((listed) => (world: World) => {
      world.listed = listed;
    }),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 5, max: 30 }).map((minutes) => (world: World) => {
      world.minInterval = minutes * MINUTE;
    }),
  },
  // A status written by hand, or restored: whoever forgets restarts less, not more.
  {
    weight: 1,
    arbitrary: fc.constantFrom(...NAMES).map((name) => (world: World) => {
      for (const holder of world.holders)
        holder.records = holder.records.filter((record) => record.name !== name || record.restartTime !== undefined);
    }),
  },
);

function onOne(change: (live: Model) => void): fc.Arbitrary<(world: World) => void> {
  return fc.constantFrom(...NAMES).map((name) => (world) => {
    const live = world.live.get(name);
    if (live !== undefined) change(live);
  });
}

function expectNoLoop({ restarts }: World): void {
  const keys = restarts.map(({ name, fingerprint }) => `${name} ${fingerprint}`);
  expect(new Set(keys).size, 'at most once for an SVID').toBe(keys.length);
  for (const name of NAMES) {
    const times = restarts.filter((restart) => restart.name === name).map(({ at }) => at);
    for (const [i, at] of times.slice(1).entries()) expect(at - (times[i] ?? 0)).toBeGreaterThanOrEqual(RESTART_FLOOR);
  }
}

it('never loops, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 20, maxLength: 120, size: 'max' }), (history) => {
      const world = new World();
      for (const happen of history) happen(world);
      expectNoLoop(world);
      for (const { records } of world.holders) expect(records.length).toBeLessThanOrEqual(16);
    }),
    { numRuns: 2000 },
  );
});

it('brings every workload to the newest SVID once nothing stands in the way, and then rests', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60, size: 'max' }), (history) => {
      const world = new World();
      for (const happen of history) happen(world);
      for (const name of NAMES) if (!world.live.has(name)) world.create(name);
      let waits: readonly number[] = [0];
      for (let i = 0; i < 200 && waits.length > 0; i += 1) {
        world.now += Math.min(...waits);
        waits = BOTH.flatMap((which) => {
          for (const live of world.live.values()) Object.assign(live, { ready: true, stuck: false });
          return world.run('none', which).requeueAfter ?? [];
        });
      }
      expect(waits).toEqual([]);
      expectNoLoop(world);
      const before = world.restarts.length;
      const refs = world.listed.map((name) => ({ kind: 'Deployment' as const, name }));
      for (const live of world.live.values()) Object.assign(live, { ready: true });
      for (const which of BOTH) {
        const { records } = world.holders[which];
        expect(rolloutSettled(world.fingerprint(which), refs, records)).toBe(true);
        expect(world.run('none', which)).toEqual({ records });
      }
      expect(world.restarts).toHaveLength(before);
    }),
    { numRuns: 1000 },
  );
});
