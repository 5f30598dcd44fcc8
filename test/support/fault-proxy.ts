// SPDX-License-Identifier: Apache-2.0
/**
 * A TCP proxy that does to connections what networks do: ends them, swallows what they carry, slows it down, or
 * corrupts it. TLS goes through untouched, so the parties see each other's certificates.
 * @module
 */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What happens to bytes: they pass; vanish, with the connection left open (half-open: a host that died, a firewall that
 * forgot), in both directions, only towards the server (`mute`) or only towards the client (`deaf`); are held back and
 * arrive later, as after a partition that TCP outlives; pass slowly; or arrive changed.
 */
export type FaultMode = 'pass' | 'swallow' | 'mute' | 'deaf' | 'hold' | 'trickle' | 'corrupt';

export interface FaultProxyOptions {
  readonly host?: string;
  readonly port: number;
  /** Bytes that pass at a time, and the milliseconds between, while trickling. */
  readonly trickle?: { readonly bytes: number; readonly every: number };
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** Bytes were lost: whatever the mode becomes, no more may pass that way, or the parties would see a gap. */
  readonly dead: Set<Socket>;
  /** What to do when nothing is held back any more, in order. */
  held: (() => void)[];
}

export class FaultProxy {
  readonly #options: FaultProxyOptions;
  readonly #links = new Set<Link>();
  #listener: Server | undefined;
  #port = 0;
  #accepted = 0;
  #mode: FaultMode = 'pass';

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await proxy.#listen();
    return proxy;
  }

  /** Of the proxy itself, on 127.0.0.1; stays the same after refuse(). */
  get port(): number {
    return this.#port;
  }

  /** Holds for all connections, also those already open. */
  get mode(): FaultMode {
    return this.#mode;
  }
  set mode(mode: FaultMode) {
    this.#mode = mode;
    if (mode === 'hold') return;
    for (const link of this.#links) for (const late of link.held.splice(0)) late();
  }

  /** Connections open now. */
  get connections(): number {
    return this.#links.size;
  }

  /** Connections accepted since the start. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Ends every open connection by reset (RST). */
  reset(): void {
    for (const link of this.#links) this.#end(link, true);
  }

  /** Ends every connection, and refuses new ones until accept(). */
  async refuse(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    const closed = new Promise<void>((resolve) => {
      if (listener === undefined) resolve();
      else listener.close(() => resolve());
    });
    this.reset();
    await closed;
  }

  async accept(): Promise<void> {
    if (this.#listener === undefined) await this.#listen();
  }

  async close(): Promise<void> {
    await this.refuse();
  }

  #listen(): Promise<void> {
    const listener = createServer((client) => this.#link(client));
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.#port, '127.0.0.1', () => {
        this.#port = (listener.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  #link(client: Socket): void {
    this.#accepted += 1;
    const server = connect(this.#options.port, this.#options.host ?? '127.0.0.1');
    const link: Link = { client, server, dead: new Set(), held: [] };
    this.#links.add(link);
    this.#pump(link, client, server);
    this.#pump(link, server, client);
  }

  #pump(link: Link, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (chunk: Buffer) => this.#carry(link, chunk, from, to));
    from.on('end', () => this.#later(link, () => !this.#loses(link, from) && to.end()));
    from.on('error', () => this.#later(link, () => !this.#loses(link, from) && this.#end(link, true)));
    from.on('close', () => this.#later(link, () => !this.#loses(link, from) && this.#end(link, false)));
  }

  /** Now, or when nothing is held back any more. */
  #later(link: Link, run: () => void): void {
    if (this.#mode === 'hold') link.held.push(run);
    else run();
  }

  #carry(link: Link, chunk: Buffer, from: Socket, to: Socket): void {
    if (this.#mode === 'hold') {
      link.held.push(() => this.#carry(link, chunk, from, to));
      return;
    }
    if (this.#loses(link, from) || !to.writable) return;
    if (this.mode === 'trickle') {
      void this.#dribble(link, chunk, from, to);
      return;
    }
    if (!to.write(this.mode === 'corrupt' ? corrupted(chunk) : chunk)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  }

  /** True, from then on, once a byte from there has been or would be swallowed. */
  #loses({ client, server, dead }: Link, from: Socket): boolean {
    if (this.#mode === 'swallow') dead.add(client).add(server);
    if (this.#mode === 'mute') dead.add(client);
    if (this.#mode === 'deaf') dead.add(server);
    return dead.has(from);
  }

  async #dribble(link: Link, chunk: Buffer, from: Socket, to: Socket): Promise<void> {
    const { bytes, every } = this.#options.trickle ?? { bytes: 64, every: 2 };
    from.pause();
    for (let at = 0; at < chunk.length && !link.dead.has(from) && to.writable; at += bytes) {
      to.write(chunk.subarray(at, at + bytes));
      if (this.mode === 'trickle') {
        await new Promise((resolve) => {
          setTimeout(resolve, every);
        });
      }
    }
    from.resume();
  }

  #end(link: Link, reset: boolean): void {
    this.#links.delete(link);
    for (const socket of [link.client, link.server]) {
      if (reset) socket.resetAndDestroy();
      else socket.destroy();
    }
  }
}

function corrupted(chunk: Buffer): Buffer {
  const copy = Buffer.from(chunk);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 0xff;
  return copy;
}
