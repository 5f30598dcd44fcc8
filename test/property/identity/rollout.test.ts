// SPDX-License-Identifier: Apache-2.0
/**
 * Rollouts never loop: over arbitrary histories of renewals, edits, failures and crashes a workload is restarted at most
 * once for an SVID, no more often than its interval allows, and never while another one is not ready; and when nothing
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

/** What lies between a decision and its effect. */
type Fault = 'none' | 'crash before the status' | 'crash after the status' | 'refused';

class World {
  now: Instant = NOW;
  minInterval: Duration = RESTART_FLOOR;
  listed: readonly Name[] = NAMES;
  records: readonly RolloutStatus[] = [];
  svid = 1;
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

  /** One run of the controller. */
  run(fault: Fault): RolloutPlan {
    const workloads = this.listed.map((name) => ({ kind: 'Deployment' as const, name, live: this.#copy(name) }));
    const { records, minInterval } = this;
    const plan = planRollout({ fingerprint: `svid-${this.svid}`, workloads, records, minInterval }, this.now);
    if (fault === 'crash before the status') return plan;
    this.records = fault === 'refused' ? recordsUndone(plan) : plan.records;
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
      .constantFrom<Fault>('none', 'none', 'none', 'crash before the status', 'crash after the status', 'refused')
      .map((fault) => (world: World) => void world.run(fault)),
  },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 20 * MINUTE }).map((elapsed) => (world: World) => {
      world.now += elapsed;
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constant((world: World) => {
      world.svid += 1;
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
      live.restartedFor = 'svid-1';
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
      world.records = world.records.filter((record) => record.name !== name || record.restartTime !== undefined);
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
      expect(world.records.length).toBeLessThanOrEqual(16);
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
      let plan: RolloutPlan | undefined;
      for (let i = 0; i < 60 && plan?.requeueAfter !== 0; i += 1) {
        for (const live of world.live.values()) Object.assign(live, { ready: true, stuck: false });
        plan = world.run('none');
        if (plan.requeueAfter === undefined) break;
        world.now += plan.requeueAfter;
      }
      expect(plan?.requeueAfter).toBeUndefined();
      const refs = world.listed.map((name) => ({ kind: 'Deployment' as const, name }));
      expect(rolloutSettled(`svid-${world.svid}`, refs, world.records)).toBe(true);
      expectNoLoop(world);
      const before = world.restarts.length;
      for (const live of world.live.values()) Object.assign(live, { ready: true });
      expect(world.run('none')).toEqual({ records: world.records });
      expect(world.restarts).toHaveLength(before);
    }),
    { numRuns: 1000 },
  );
});
