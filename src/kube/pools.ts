// SPDX-License-Identifier: Apache-2.0
/**
 * The connections to the API server: one pool for calls, one for watches and one that only Lease renewals use, so that
 * nothing ever queues in front of them. New TLS settings mean new pools, and so does a call that was not answered; the
 * old ones drain.
 * @module
 */

import { type buildConnector, Pool } from 'undici';
import { type Duration, SECOND } from '../time.ts';
import type { TLSSettings } from './cluster.ts';
import { createDialer } from './dialer.ts';

export type Lane = 'calls' | 'lease' | 'watch';

/** Below the 60 s after which some load balancers forget a connection, and the 90 s of the API server itself. */
const IDLE_TIMEOUT: Duration = 45 * SECOND;
/** One is in use; a handshake that nobody answers keeps its own until it is given up, and the next try needs another. */
const LEASE_CONNECTIONS = 16;

export interface PoolsOptions {
  /** `https://host:port` without a path. */
  readonly origin: string;
  /** Most connections for calls. */
  readonly connections: number;
}

export class Pools {
  readonly #options: PoolsOptions;
  #tls: TLSSettings | undefined;
  #dial: buildConnector.connector | undefined;
  #lanes: Record<Lane, Pool> | undefined;
  readonly #draining = new Set<Pool>();
  #closed = false;

  constructor(options: PoolsOptions) {
    this.#options = options;
  }

  /** The pool of a lane for connections with these TLS settings. */
  lane(name: Lane, tls: TLSSettings): Pool {
    if (this.#lanes !== undefined && (this.#closed || sameTLS(this.#tls, tls))) return this.#lanes[name];
    const old = this.#lanes;
    const dial = createDialer(tls);
    this.#tls = tls;
    this.#dial = dial;
    this.#lanes = {
      calls: this.#pool('calls', dial),
      lease: this.#pool('lease', dial),
      watch: this.#pool('watch', dial),
    };
    for (const pool of Object.values(old ?? {})) this.#drain(pool);
    return this.#lanes[name];
  }

  /**
   * Says that a call went out on this pool of the lane and got no answer. What swallowed it, a firewall that forgot or
   * a host that died, has likely swallowed the idle connections beside it: the lane goes on with new ones.
   */
  unanswered(name: Lane, pool: Pool): void {
    if (this.#closed || this.#dial === undefined || this.#lanes?.[name] !== pool) return;
    this.#lanes[name] = this.#pool(name, this.#dial);
    this.#drain(pool);
  }

  /** Ends every connection; calls in flight fail. */
  async destroy(): Promise<void> {
    this.#closed = true;
    const all = [...this.#draining, ...Object.values(this.#lanes ?? {})];
    await Promise.all(all.map((pool) => pool.destroy()));
  }

  #drain(pool: Pool): void {
    this.#draining.add(pool);
    const forget = (): boolean => this.#draining.delete(pool);
    // close() lets what is in flight finish; it fails only when destroy() came first.
    pool.close().then(forget, forget);
  }

  #pool(name: Lane, dial: buildConnector.connector): Pool {
    const connections = { calls: this.#options.connections, lease: LEASE_CONNECTIONS, watch: null }[name];
    return new Pool(this.#options.origin, {
      connections,
      pipelining: 1,
      // With HTTP/2 all calls and watches would share the fate, and the flow control, of one TCP connection.
      allowH2: false,
      keepAliveTimeout: IDLE_TIMEOUT,
      keepAliveMaxTimeout: IDLE_TIMEOUT,
      // Every call has a deadline and every watch a watchdog; undici's own 300 s would cut quiet watches.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: dial,
    });
  }
}

function sameTLS(a: TLSSettings | undefined, b: TLSSettings): boolean {
  if (a === undefined) return false;
  return (
    a === b ||
    (a.ca === b.ca &&
      a.certificate === b.certificate &&
      a.privateKey === b.privateKey &&
      a.serverName === b.serverName &&
      a.insecureSkipVerify === b.insecureSkipVerify)
  );
}
