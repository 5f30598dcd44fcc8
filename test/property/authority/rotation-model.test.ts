// SPDX-License-Identifier: Apache-2.0
/**
 * Rotations of every kind in a world where time passes, writes fail, controllers are restarted or wake up with old plans,
 * settings change, keys are lost, targets cannot be written, and every workload lags on its own: the rules hold at every
 * step, and every rotation comes to its end. The shell is the real one; certificates are facts.
 *
 * SIGNET_MODEL_RUNS asks for more runs, SIGNET_MODEL_SEED for those of a seed.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { RotationAction, TrustDomainSpec } from '../../../src/api/trust-domain.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/time.ts';
import { World } from './model/world.ts';

vi.mock('../../../src/reconcilers/authority/signing.ts', () => import('./model/fake-signing.ts'));
vi.mock('../../../src/reconcilers/authority/load.ts', () => import('./model/fake-storage.ts'));
vi.mock('../../../src/reconcilers/authority/roots.ts', () => import('./model/fake-storage.ts'));

const RUNS = Number(process.env['SIGNET_MODEL_RUNS'] ?? 300);
/** The same lives in every run of `npm test`; `random` seeks others. */
const SEED = process.env['SIGNET_MODEL_SEED'] ?? '1';

function lives(root: string, intermediate: string): Pick<TrustDomainSpec, 'authority'> {
  const selfSigned = { root: { ttl: root }, intermediate: { ttl: intermediate } };
  return { authority: { source: { type: 'SelfSigned', selfSigned } } };
}

const SETTINGS: readonly Partial<TrustDomainSpec>[] = [
  lives('720h', '72h'),
  lives('8760h', '168h'),
  { ...lives('120h', '49h'), propagationMargin: '5m' },
  { ...lives('500h', '200h'), propagationMargin: '15m', svid: { minTTL: '1h' } },
  { svid: { maxTTL: '30h' }, ...lives('1000h', '100h') },
];

async function request(
  world: World,
  number: number,
  action: RotationAction,
  acknowledgeBroken?: number,
): Promise<void> {
  const more = acknowledgeBroken === undefined ? {} : { acknowledgeBroken };
  world.specify({ rotation: { id: `r${number}-${Math.floor(world.chance() * 1e6)}`, action, ...more } });
}

async function beginsAndStops(world: World, n: number): Promise<void> {
  world.failWrite(1 + (n % 4), 'before', 'ERR_KUBE_FORBIDDEN');
  await request(world, n, n % 5 === 0 ? 'RotateRoot' : 'Compromise');
  await world.work();
}

const HAPPENINGS: Readonly<Record<string, (world: World, number: number) => Promise<void> | void>> = {
  seconds: (world, n) => world.advance((n % 400) * SECOND),
  minutes: (world, n) => world.advance((n % 90) * MINUTE),
  hours: (world, n) => world.advance((n % 48) * HOUR),
  days: (world, n) => world.advance((n % 12) * DAY),
  months: (world, n) => world.advance((n % 3) * 30 * DAY),
  failBefore: (world, n) => world.failWrite(1 + (n % 4), 'before'),
  failAfter: (world, n) => world.failWrite(1 + (n % 4), 'after'),
  refuse: (world, n) => world.failWrite(1 + (n % 4), 'before', 'ERR_KUBE_FORBIDDEN'),
  restart: (world) => world.restart(),
  stop: async (world, n) => {
    await world.standby?.resume();
    // The leader is stopped in the middle, and another takes over.
    world.standby = world.leader;
    world.restart();
    await world.standby.runUpTo(n % 12);
  },
  wake: async (world) => {
    await world.standby?.resume();
    world.standby = undefined;
  },
  settings: (world, n) => world.specify({ svid: {}, propagationMargin: '5m', ...SETTINGS[n % SETTINGS.length] }),
  rotateIntermediate: (world, n) => request(world, n, 'RotateIntermediate'),
  rotateRoot: (world, n) => request(world, n, 'RotateRoot'),
  compromise: (world, n) => request(world, n, 'Compromise'),
  compromiseAtAnyPrice: (world, n) => request(world, n, 'Compromise', n % 8),
  /** A rotation stops between two of its writes, and the document is lost before it goes on. */
  cutOff: async (world, n) => {
    await beginsAndStops(world, n);
    world.loseIssuing();
  },
  /** A rotation stops between two of its writes, and something else is asked for before it goes on. */
  changeOfMind: async (world, n) => {
    await beginsAndStops(world, n);
    await request(world, n, n % 3 === 0 ? 'RotateRoot' : 'RotateIntermediate');
  },
  acknowledge: (world, n) => {
    const { rotation } = world.trustDomain.spec;
    if (rotation?.action === 'Compromise') world.specify({ rotation: { ...rotation, acknowledgeBroken: n % 8 } });
  },
  block: (world, n) => {
    const target = world.targets[n % world.targets.length];
    if (target !== undefined) target.writable = false;
  },
  unblock: (world) => {
    for (const target of world.targets) target.writable = true;
  },
  tamper: (world, n) => {
    const target = world.targets[n % world.targets.length];
    if (target !== undefined) world.tamper(target);
  },
  /** Everything holds what is published, and while the margin passes somebody takes it away again. */
  tamperLate: async (world, n) => {
    await request(world, n, n % 3 === 0 ? 'Compromise' : 'RotateRoot');
    await world.work();
    await world.advance(20 * SECOND);
    const target = world.targets[n % world.targets.length];
    if (target !== undefined) world.tamper(target);
  },
  uncountable: (world, n) => {
    world.countableAt = world.now + n * MINUTE;
  },
  loseIssuing: (world) => world.loseIssuing(),
  loseRoot: (world) => world.loseRoot(),
  restoreRoot: (world) => world.restoreRoot(),
  newWorkload: (world) => world.addWorkload(),
};

type Story = readonly (readonly [happening: string, number: number])[];

async function live(seed: number, story: Story): Promise<void> {
  const world = new World(seed);
  world.specify(SETTINGS[seed % SETTINGS.length] ?? {});
  await world.work();
  for (const [happening, number] of story) {
    await HAPPENINGS[happening]?.(world, number);
    await world.work();
  }
  await heal(world);
}

/** Whatever was in the way is gone: every rotation comes to its end, and then nothing is left to do. */
async function heal(world: World): Promise<void> {
  await world.standby?.resume();
  world.restoreRoot();
  for (const target of world.targets) target.writable = true;
  world.specify({ svid: {}, propagationMargin: '5m', ...lives('8760h', '168h') });
  await world.work();
  await world.advance(HOUR);
  await operate(world);
  // Long enough for what is written at a bounded rate.
  await world.advance(MINUTE);
  // The roots of the settings before live up to 42 days, and stay trusted for the life of an intermediate.
  for (let days = 0; days < 60 && !calm(world); days += 5) await world.advance(5 * DAY);
  expect(world.roots.map(({ state }) => state)).toEqual(['Active']);
  expect(world.trustDomain.status?.rotation?.state).not.toBe('InProgress');
  expect(world.reason).toBe('AuthorityReady');
  await steady(world);
}

/** What a person has to do: nothing follows a root by itself that has ended. */
async function operate(world: World): Promise<void> {
  // Where the next root has ended as well before it could sign, this is the only way out.
  const ended = world.roots.some(({ state, notAfter }) => state === 'Prepared' && notAfter <= world.now);
  if (ended) await request(world, 0, 'Compromise');
  else if (world.reason === 'AuthorityExpired' || world.reason === 'AuthorityLost')
    await request(world, 0, 'RotateRoot');
  await world.work();
}

/** Nothing is written without need, and every SVID is valid. */
async function steady(world: World): Promise<void> {
  const writes = () => world.secrets.calls.filter((call) => !call.startsWith('get')).length;
  const before = writes();
  world.restart();
  await world.work();
  expect(writes()).toBe(before);
  for (const { name, leaf } of world.targets)
    if (leaf.stored !== undefined) expect(leaf.stored.notAfter, name).toBeGreaterThan(world.now);
}

function calm({ roots, trustDomain }: World): boolean {
  const long = roots.every(({ notBefore, notAfter }) => notAfter - notBefore > 300 * DAY);
  return roots.length === 1 && long && trustDomain.status?.rotation?.state !== 'InProgress';
}

it('holds every rule at every step, and every rotation ends', { timeout: 3_600_000 }, async () => {
  const happening = fc.tuple(
    fc.constantFrom(...Object.keys(HAPPENINGS), 'seconds', 'minutes', 'hours', 'hours'),
    fc.nat(1000),
  );
  const property = fc.asyncProperty(fc.nat(), fc.array(happening, { maxLength: 30, size: 'max' }), live);
  await fc.assert(property, { numRuns: RUNS, ...(SEED === 'random' ? {} : { seed: Number(SEED) }) });
});
