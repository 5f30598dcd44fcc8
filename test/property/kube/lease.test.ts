// SPDX-License-Identifier: Apache-2.0
/**
 * Design rule 14 under a network that delays, loses and reorders, with processes that freeze, stop, become ineligible and
 * come back.
 * Clocks differ in what they show, not in how fast they run.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { aWorld, type Candidate, type LeaseWorld } from '../../support/lease-world.ts';
import type { Weather } from '../../support/model-lease-server.ts';

const CANDIDATES = 3;

const weather: fc.Arbitrary<Weather> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ there: 1, back: 1 }) },
  { weight: 2, arbitrary: fc.record({ there: fc.nat(3000), back: fc.nat(3000) }) },
  { weight: 1, arbitrary: fc.record({ there: fc.nat(20_000), back: fc.nat(20_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ there: fc.nat(50), back: fc.nat(50), lost: fc.constantFrom('request', 'answer') }),
  },
);

const incident = fc.record({
  kind: fc.constantFrom('freeze', 'freeze', 'stop', 'crash', 'edit', 'unfit'),
  who: fc.nat(CANDIDATES - 1),
  /** Since the one before. */
  after: fc.nat(12_000),
  lasts: fc.nat(25_000),
});

type Incident = typeof incident extends fc.Arbitrary<infer T> ? T : never;

interface Scene extends LeaseWorld {
  readonly current: Candidate[];
  /** Everybody who ever ran. */
  readonly all: Candidate[];
  readonly enter: (who: number) => void;
  /** For each of `current`, until when it is not eligible. */
  readonly unfitUntil: number[];
}

function aScene(skies: readonly Iterator<Weather>[], offsets: readonly number[], renewDeadline: number): Scene {
  const world = aWorld();
  const current: Candidate[] = [];
  const all: Candidate[] = [];
  const unfitUntil: number[] = [];
  const enter = (who: number): void => {
    const eligible = (): boolean => world.clock.monotonic() >= (unfitUntil[who] ?? 0);
    const candidate = world.candidate(`p${who}-${all.length}`, { renewDeadline, eligible }, offsets[who] ?? 0);
    candidate.process.weather = () => skies[who]?.next().value as Weather;
    current[who] = candidate;
    all.push(candidate);
    candidate.elector.start();
  };
  for (let who = 0; who < CANDIDATES; who++) {
    enter(who);
  }
  return { ...world, current, all, enter, unfitUntil };
}

async function happen({ kind, who, after, lasts }: Incident, scene: Scene): Promise<void> {
  const { clock, server, current, enter, unfitUntil } = scene;
  await clock.advance(after);
  const candidate = current[who];
  switch (kind) {
    case 'freeze':
      candidate?.process.freeze();
      clock.after(lasts, () => candidate?.process.thaw());
      break;
    case 'stop':
      void candidate?.elector.stop();
      clock.after(lasts, () => enter(who));
      break;
    case 'crash':
      // Frozen for ever; its requests on the way still arrive.
      candidate?.process.freeze();
      clock.after(lasts, () => enter(who));
      break;
    case 'edit':
      if (server.lease !== undefined) {
        server.set({ ...server.lease });
      }
      break;
    case 'unfit':
      unfitUntil[who] = clock.monotonic() + lasts;
      break;
    default:
      kind satisfies never;
  }
}

it('never lets two act at once, and somebody leads once the network is fair', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.infiniteStream(weather), { minLength: CANDIDATES, maxLength: CANDIDATES }),
      fc.array(fc.integer({ min: -10 * MINUTE, max: 10 * MINUTE }), { minLength: CANDIDATES, maxLength: CANDIDATES }),
      fc.array(incident, { maxLength: 8 }),
      // The second leaves no slack: whatever is counted from the wrong moment shows.
      fc.constantFrom(6 * SECOND, 9.9 * SECOND),
      async (skies, offsets, incidents, renewDeadline) => {
        const scene = aScene(skies, offsets, renewDeadline);
        const acting = (): Candidate[] => scene.all.filter(({ elector }) => elector.mayAct());
        let most = 0;
        scene.clock.onStep = () => {
          most = Math.max(most, acting().length);
        };
        for (const one of incidents) {
          await happen(one, scene);
        }
        await scene.clock.advance(30 * SECOND);
        for (const { process } of scene.all) {
          process.weather = () => ({ there: 1, back: 1 });
        }
        await scene.clock.advance(45 * SECOND);
        expect(most).toBeLessThanOrEqual(1);
        expect(acting().length).toBe(1);
        for (const { log } of scene.all) {
          // A win and a loss always alternate.
          expect(log.every(([event], index) => event === (index % 2 === 0 ? 'win' : 'loss'))).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});
