// SPDX-License-Identifier: Apache-2.0
/**
 * One running peer: where its server listens, handshakes on order, and what its server refused.
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Ending, Report } from '../../../hack/peers/control.ts';

/** A server's word on a handshake that it did not accept; `at` is monotonic. */
export interface Refusal {
  readonly at: number;
  readonly why: string;
  readonly version: string;
}

const KEPT_REFUSALS = 200;

export class PeerProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #listening = Promise.withResolvers<number>();
  readonly #waiting = new Map<number, PromiseWithResolvers<Ending>>();
  readonly #refusals: Refusal[] = [];
  readonly #name: string;
  #orders = 0;
  #errors = '';
  #ended: Error | undefined;

  private constructor(name: string, child: ChildProcessWithoutNullStreams) {
    this.#name = name;
    this.#child = child;
    // Whoever asks for the port hears of a failure; nobody has to.
    this.#listening.promise.catch(() => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    child.stdin.on('error', (error) => this.#fail(error.message));
    child.on('error', (error) => this.#fail(error.message));
    child.on('close', (code, signal) => this.#fail(`exit ${signal ?? code}`));
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(JSON.parse(line) as Report));
  }

  /** Starts a peer; it ends with this process, because its stdin does. */
  static start(name: string, [program = '', ...args]: readonly string[]): PeerProcess {
    const { PATH, HOME } = process.env;
    return new PeerProcess(name, spawn(program, args, { env: { PATH, HOME } }));
  }

  /** The port of its server. */
  port(): Promise<number> {
    return this.#listening.promise;
  }

  /** What its server refused since a moment of `performance.now()`. */
  refusedSince(at: number): readonly Refusal[] {
    return this.#refusals.filter((refusal) => refusal.at >= at);
  }

  /** Shakes hands with a server on this machine. Rejects only when the peer itself ends. */
  connect(port: number, name: string): Promise<Ending> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#orders += 1;
    const answer = Promise.withResolvers<Ending>();
    this.#waiting.set(this.#orders, answer);
    this.#child.stdin.write(`connect ${this.#orders} 127.0.0.1 ${port} ${name}\n`);
    return answer.promise;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const closed = once(this.#child, 'close');
    this.#child.stdin.end();
    await closed;
  }

  #hear(report: Report): void {
    if ('listening' in report) {
      this.#listening.resolve(report.listening);
    } else if ('refused' in report) {
      this.#refusals.push({ at: performance.now(), why: report.refused, version: report.version });
      if (this.#refusals.length > KEPT_REFUSALS) this.#refusals.shift();
    } else {
      this.#waiting.get(report.id)?.resolve(report);
      this.#waiting.delete(report.id);
    }
  }

  #fail(why: string): void {
    this.#ended ??= new Error(`The peer ${this.#name} ended (${why}): ${this.#errors.trim()}`);
    this.#listening.reject(this.#ended);
    for (const answer of this.#waiting.values()) answer.reject(this.#ended);
    this.#waiting.clear();
  }
}
