// SPDX-License-Identifier: Apache-2.0
/**
 * What goes wrong in a fault proof, one at a time, and with whom: mostly with the controller that signs.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ControlPlane } from '../../../hack/controlplane/control-plane.ts';
import type { FaultMode } from '../fault-proxy.ts';
import type { LeaseVersion } from './lease-log.ts';
import type { Replica, Replicas } from './replicas.ts';
import type { HandOver, Witness } from './witness.ts';

const SECOND = 1000;
const SKEW_MS = 300 * SECOND;
const ETCD_PAUSE_MS = 10 * SECOND;
const REFUSAL_MS = 10 * SECOND;

/** Where faults happen. */
export interface Scene {
  readonly plane: Pick<ControlPlane, 'killAPIServer' | 'startAPIServer' | 'pauseEtcd' | 'resumeEtcd'>;
  readonly replicas: Replicas;
  readonly witness: Witness;
  /** Flags of a controller that is started now. */
  readonly flags: readonly string[];
  /** In [0, 1), for this round. */
  readonly chance: number;
  /** For a while there is always something to write, so that a hand-over shows; resolves in the middle of it. */
  readonly demand: () => Promise<void>;
  /** Gives and takes the right to write the Lease. */
  readonly mayHold: (may: boolean) => Promise<void>;
  /** What a hand-over took. */
  readonly measured: (kind: 'kill' | 'stop' | 'roll', handOver: HandOver) => void;
}

export type Fault = (scene: Scene) => Promise<void>;

export const FAULTS = {
  kill: async (scene) => {
    const { replica, tenure } = await signer(scene);
    await scene.demand();
    await replica.process.kill();
    scene.measured('kill', await scene.witness.handOver(tenure));
    await replica.start(scene.flags);
  },
  stop: async (scene) => {
    const { replica, tenure } = await signer(scene);
    await scene.demand();
    await replica.process.stop();
    scene.measured('stop', await scene.witness.handOver(tenure));
    await replica.start(scene.flags);
  },
  /** It wakes up with writes in its hands that were decided on long ago. */
  freeze: async (scene) => {
    const { replica, tenure } = await signer(scene);
    replica.freeze();
    await scene.witness.handOver(tenure);
    await pause(3 * SECOND * scene.chance);
    replica.thaw();
  },
  cutOff: (scene) => partition(scene, 'swallow'),
  mute: (scene) => partition(scene, 'mute'),
  deaf: (scene) => partition(scene, 'deaf'),
  /** What it sent arrives when another signs. */
  lateWrites: (scene) => partition(scene, 'hold'),
  restartAPIServer: async ({ plane, chance }) => {
    await plane.killAPIServer();
    await pause(5 * SECOND * chance);
    await plane.startAPIServer();
  },
  pauseEtcd: async ({ plane }) => {
    plane.pauseEtcd();
    await pause(ETCD_PAUSE_MS);
    plane.resumeEtcd();
  },
  /** Nothing but the Lease is out of reach, so nothing but its own clock keeps it from signing on. */
  refuseLease: async ({ demand, mayHold }) => {
    await demand();
    await mayHold(false);
    await pause(REFUSAL_MS);
    await mayHold(true);
  },
  rollingRestart,
  /** Its clock jumps; it must stand down, and may sign again when it is right. */
  skew: async (scene) => {
    const { replica, tenure } = await signer(scene);
    await replica.skew(scene.chance < 0.5 ? SKEW_MS : -SKEW_MS);
    await scene.witness.handOver(tenure);
    await pause(3 * SECOND * scene.chance);
    await replica.skew(0);
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

/** What keeps everybody from signing as long as it lasts. */
export const OUTAGES: readonly FaultName[] = ['restartAPIServer', 'pauseEtcd', 'refuseLease'];

/** By default, what a controller has on its way to the API server at most. */
const WRITES = 32;
/**
 * How many writes may be stored after the right to them has ended. A network or an etcd that holds calls delivers all that
 * were on their way. A process is asked whether it may before each write, so at most the one write between that question
 * and the socket survives its being frozen. What ends, loses or refuses calls delivers none afterwards.
 */
export const UNDER_WAY: Partial<Record<FaultName, number>> = { lateWrites: WRITES, pauseEtcd: WRITES, freeze: 1 };

/** All of them, one after the other, as a Deployment does it; the flags may be others from now on. */
export async function rollingRestart(scene: Scene): Promise<void> {
  const { replicas, witness, flags } = scene;
  for (const replica of replicas.all) {
    const tenure = witness.leases.tenures.at(-1);
    const holds = tenure !== undefined && replicas.holding(tenure.holder) === replica;
    if (holds) await scene.demand();
    await replica.process.stop();
    // To a process that has just begun: it is measured by itself.
    if (holds) scene.measured('roll', await witness.handOver(tenure));
    await replica.start(flags);
    await replica.process.untilReady();
  }
}

/** Far enough that its Lease ends, and then it is back. */
async function partition(scene: Scene, mode: FaultMode): Promise<void> {
  const { replica, tenure } = await signer(scene);
  replica.proxy.mode = mode;
  await scene.witness.handOver(tenure);
  await pause(3 * SECOND * scene.chance);
  replica.proxy.mode = 'pass';
}

/** Who signs, once somebody does. */
async function signer({ witness, replicas }: Scene): Promise<{ replica: Replica; tenure: LeaseVersion }> {
  const found = (): { replica: Replica; tenure: LeaseVersion } | undefined => {
    const tenure = witness.leases.tenures.at(-1);
    const replica = tenure && replicas.holding(tenure.holder);
    return replica && tenure && { replica, tenure };
  };
  await witness.until(() => found() !== undefined, 'a controller that signs');
  return found() as { replica: Replica; tenure: LeaseVersion };
}
