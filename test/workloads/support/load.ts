// SPDX-License-Identifier: Apache-2.0
/**
 * Asks servers again and again, each time on a new connection with the newest certificate, and keeps what failed and
 * which certificates were served since when.
 * @module
 */
import { type Identity, readIdentity } from '../../../examples/node-service/identity.ts';
import type { Answer, Ask, Target } from './ask.ts';

export interface Source {
  readonly server: string;
  readonly ask: Ask;
  readonly target: Target;
  /** Directory of the client's files. */
  readonly client: string;
  /** Whether the server must refuse the client. */
  readonly refused: boolean;
  /** Between two questions, in milliseconds. */
  readonly every: number;
}

interface Counts {
  answered: number;
  refused: number;
}

const UNDER_WAY = 16;
const ATTEMPTS = 20;

export class Load {
  readonly #counts = new Map<string, Counts>();
  readonly #served = new Map<string, Map<string, number>>();
  readonly #surprises: string[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];

  /** What should have been answered and was not, or the other way round. */
  get surprises(): readonly string[] {
    return this.#surprises;
  }

  counts(server: string): Counts {
    const counts = this.#counts.get(server) ?? { answered: 0, refused: 0 };
    this.#counts.set(server, counts);
    return counts;
  }

  /** When each certificate of a server was first seen, of `performance.now()`. */
  served(server: string): ReadonlyMap<string, number> {
    return this.#served.get(server) ?? new Map<string, number>();
  }

  add(source: Source): void {
    let underWay = 0;
    const timer = setInterval(() => {
      if (underWay >= UNDER_WAY) return;
      underWay += 1;
      const asking = this.#ask(source).finally(() => {
        underWay -= 1;
        this.#underWay.delete(asking);
      });
      this.#underWay.add(asking);
    }, source.every);
    this.#timers.push(timer);
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#underWay);
  }

  async #ask({ server, ask, target, client, refused }: Source): Promise<void> {
    const counts = this.counts(server);
    const identity = await readIdentityAgain(client);
    try {
      this.#note(server, await ask(target, identity));
      counts.answered += refused ? 0 : 1;
      if (refused) this.#surprise(`${server} answered ${identity.spiffeID}`);
    } catch (error) {
      counts.refused += refused ? 1 : 0;
      if (!refused)
        this.#surprise(`${server} did not answer ${identity.spiffeID} ${identity.serialNumber}: ${String(error)}`);
    }
  }

  #note(server: string, { serialNumber }: Answer): void {
    const served = this.#served.get(server) ?? new Map<string, number>();
    if (!served.has(serialNumber)) served.set(serialNumber, performance.now());
    this.#served.set(server, served);
  }

  #surprise(what: string): void {
    this.#surprises.push(`${new Date().toISOString()} ${what}`);
  }
}

/** A client that finds its files swapped while it reads them reads them again. */
export async function readIdentityAgain(directory: string): Promise<Identity> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readIdentity(directory);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}
