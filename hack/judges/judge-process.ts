// SPDX-License-Identifier: Apache-2.0
/**
 * Talks to one judge: a long-running program that answers one JSON line per JSON request line, so that
 * thousands of chains cost seconds and not a process each.
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Certificates are DER; `at` is in seconds since the epoch. */
export interface JudgeRequest {
  readonly chain: readonly Uint8Array[];
  readonly anchors: readonly Uint8Array[];
  readonly at: number;
  readonly judges?: readonly string[];
  readonly trustDomain?: string;
  readonly key?: Uint8Array;
  /** A bundle document that stands for the anchors, with the time as its sequence. */
  readonly bundle?: Uint8Array;
}

/** A verdict's name and the reason of the refusal, empty when the judge accepts. */
export type Verdicts = Readonly<Record<string, string>>;

/** One judge's process. Requests may overlap; a judge that dies rejects all that wait, with what it printed. */
export class JudgeProcess {
  readonly #command: readonly string[];
  readonly #waiting = new Map<number, PromiseWithResolvers<Verdicts>>();
  #child: ChildProcessWithoutNullStreams | undefined;
  #errors = '';
  #requests = 0;

  constructor(command: readonly string[]) {
    this.#command = command;
  }

  start(): void {
    const [program = '', ...args] = this.#command;
    const child = spawn(program, args);
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    child.stdin.on('error', (error) => this.#fail(error.message));
    child.on('error', (error) => this.#fail(error.message));
    child.on('close', (code) => this.#fail(`exit code ${code}`));
    createInterface({ input: child.stdout }).on('line', (line) => this.#answer(line));
  }

  async ask(request: JudgeRequest): Promise<Verdicts> {
    const child = this.#child;
    if (child === undefined) throw new Error('The judge is not started.');
    const id = ++this.#requests;
    const answer = Promise.withResolvers<Verdicts>();
    this.#waiting.set(id, answer);
    child.stdin.write(`${encodeRequest(id, request)}\n`);
    return answer.promise;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.stdin.end();
    await closed;
  }

  #answer(line: string): void {
    const { id, verdicts } = JSON.parse(line) as { id: number; verdicts: Verdicts };
    this.#waiting.get(id)?.resolve(verdicts);
    this.#waiting.delete(id);
  }

  #fail(why: string): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const answer of waiting) {
      answer.reject(new Error(`The judge "${this.#command.join(' ')}" ended (${why}): ${this.#errors.trim()}`));
    }
  }
}

function encodeRequest(id: number, request: JudgeRequest): string {
  return JSON.stringify({
    id,
    judges: request.judges ?? [],
    chain: request.chain.map(base64),
    anchors: request.anchors.map(base64),
    time: request.at,
    trustDomain: request.trustDomain ?? '',
    ...(request.key === undefined ? {} : { key: base64(request.key) }),
    ...(request.bundle === undefined ? {} : { bundle: base64(request.bundle) }),
  });
}

function base64(der: Uint8Array): string {
  return Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
}
