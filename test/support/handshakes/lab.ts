// SPDX-License-Identifier: Apache-2.0
/**
 * A set of pods of all stacks that mount the SVIDs of one namespace and shake hands all the time.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildPeers, STACKS, type Stack } from '../../../hack/peers/build.ts';
import type { PodFiles } from './chain-state.ts';
import { Driver, type Pod, type Shares } from './driver.ts';
import { type LagPlan, lagOf } from './lag-plan.ts';
import { Mount } from './mount.ts';
import { PeerProcess } from './peer-process.ts';
import type { OnVersion, SecretWatch } from './secrets.ts';
import type { Tally } from './tally.ts';

export interface LabOptions {
  /** Where the Secrets are seen. */
  readonly watch: (onVersion: OnVersion) => Promise<SecretWatch>;
  /** Of the identities: each has a Secret `<name>-svid` and the DNS name `<name>.<namespace>.svc`. */
  readonly namespace: string;
  readonly identities: readonly string[];
  readonly lag: LagPlan;
  /** Handshakes a second. */
  readonly rate: number;
  readonly shares?: Shares;
  /** Given to the pods by turns; all by default. */
  readonly stacks?: readonly Stack[];
  /** 2 by default. */
  readonly podsPerIdentity?: number;
  /** What a pod gets in place of what the Secret holds. */
  readonly edit?: (files: PodFiles, pod: string) => PodFiles;
}

export interface Lab {
  readonly tally: Tally;
  /** Troubles of the lab itself, which make its figures worthless. */
  readonly problems: readonly string[];
  /** What pods have now. */
  files(): readonly PodFiles[];
  until(condition: (tally: Tally) => boolean): Promise<void>;
  /** Ends the handshakes and the peers; the tally stays. */
  stop(): Promise<void>;
}

interface Plan {
  readonly name: string;
  readonly identity: string;
  readonly stack: Stack;
  readonly directory: string;
}

/** Resolves when every pod serves; handshakes go on from then. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { namespace, lag, rate, shares, edit } = options;
  const commands = await buildPeers();
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-handshakes-'));
  const plans = podPlans(options, directory);
  const mounts = plans.map(({ name, directory }) => {
    const own = edit === undefined ? undefined : (files: PodFiles) => edit(files, name);
    return new Mount({ directory, lag: (version, part) => lagOf(lag, name, version, part), edit: own });
  });
  const secrets = await options.watch((secret, files) => {
    for (const [index, { identity }] of plans.entries()) {
      if (secret === `${identity}-svid`) mounts[index]?.offer(files);
    }
  });
  const peers: PeerProcess[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(peers.map((peer) => peer.stop()));
    await secrets.stop();
    for (const mount of mounts) mount.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const pods = await Promise.all(
      plans.map(async ({ name, identity, stack, directory }, index): Promise<Pod> => {
        const mount = mounts[index];
        if (mount === undefined) throw new Error(`The pod ${name} has no directory`);
        await mount.mounted;
        const peer = PeerProcess.start(name, [...commands[stack], directory]);
        peers.push(peer);
        return { name, stack, mount, peer, dnsName: `${identity}.${namespace}.svc`, port: await peer.port() };
      }),
    );
    const driver = new Driver({ pods, seed: lag.seed, rate, shares });
    driver.start();
    return {
      tally: driver.tally,
      problems: secrets.problems,
      files: () => mounts.flatMap(({ files }) => files ?? []),
      until: (condition) => driver.until(condition),
      stop: async () => {
        try {
          await driver.stop();
        } finally {
          await end();
        }
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Stacks go round, so that with more identities every stack has several of them. */
function podPlans({ identities, stacks = STACKS, podsPerIdentity = 2 }: LabOptions, directory: string): Plan[] {
  return identities.flatMap((identity, at) =>
    Array.from({ length: podsPerIdentity }, (_, copy): Plan => {
      const stack = stacks[(at * podsPerIdentity + copy) % stacks.length] ?? 'node';
      const name = `${identity}-${stack}-${copy}`;
      return { name, identity, stack, directory: path.join(directory, name) };
    }),
  );
}
