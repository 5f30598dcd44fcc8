// SPDX-License-Identifier: Apache-2.0
/**
 * Work on demand: renewals come when they are due, not when somebody measures, so a hand-over is measured while users ask
 * for new SVIDs one after the other.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../cluster.ts';

const EVERY_MS = 15;
const BEFORE_MS = 500;
const REQUESTS = 80;

export interface DemandOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Names of identities, asked in turn: one that is asked too often is held back. */
  readonly names: readonly string[];
}

export interface Demand {
  /** Begins to ask, and resolves while there is more to come. */
  begin(): Promise<void>;
  /** Everything was asked that is to be asked; rejects where that failed. */
  asked(): Promise<void>;
}

export function createDemand({ cluster, namespace, names }: DemandOptions): Demand {
  let asked = 0;
  let asking = Promise.resolve();
  const ask = async (): Promise<void> => {
    const name = names[asked % names.length] ?? '';
    asked += 1;
    const ref = { kind: 'ServiceIdentity', namespace, name } as const;
    await cluster.patch(ref, { spec: { renewRequest: String(asked) } });
  };
  const askAll = async (): Promise<void> => {
    const all: Promise<void>[] = [];
    for (let left = REQUESTS; left > 0; left -= 1) {
      all.push(ask());
      await pause(EVERY_MS);
    }
    await Promise.all(all);
  };
  return {
    begin: async () => {
      const before = asking;
      asking = before.then(askAll);
      await before;
      await pause(BEFORE_MS);
    },
    asked: () => asking,
  };
}
