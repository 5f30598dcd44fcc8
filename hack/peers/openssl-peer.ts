// SPDX-License-Identifier: Apache-2.0
/**
 * A peer of the handshake lab in OpenSSL's own programs: one `openssl s_server` for as long as its files stay the same,
 * one `openssl s_client` for each connection. This process only carries bytes and says the lines of the conversation.
 * @module
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  currentFiles,
  directoryArgument,
  type Ending,
  type IdentityFiles,
  type Order,
  obey,
  report,
} from './control.ts';
import { answeringSpeaker, lineSplitter, openingSpeaker, type Speaker } from './exchange.ts';

const directory = directoryArgument();
const scratch = mkdtempSync(path.join(tmpdir(), 'signet-openssl-peer-'));
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 2;
const ATTEMPTS = 3;
const running = new Set<ChildProcessWithoutNullStreams>();

function openssl(args: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn('openssl', args);
  running.add(child);
  child.once('close', () => running.delete(child));
  // A program that ended does not listen any more.
  child.stdin.on('error', () => undefined);
  return child;
}

/** `-cert` takes the first certificate of tls.crt only; the others go into a file of their own. */
function identityOptions(files: IdentityFiles): string[] {
  const [, ...rest] = readFileSync(files.certificate, 'utf8').split(/(?=-----BEGIN CERTIFICATE-----)/u);
  const chain = path.join(scratch, `${files.version}.pem`);
  if (!existsSync(chain)) writeFileSync(chain, rest.join(''));
  const own = ['-cert', files.certificate, '-key', files.key, ...(rest.length > 0 ? ['-cert_chain', chain] : [])];
  return ['-quiet', '-tls1_3', ...own, '-verify_return_error', '-no-CApath', '-no-CAstore', '-CAfile', files.anchors];
}

/** One s_server. It serves a single connection at a time. */
class OpenSSLServer {
  readonly version: string;
  readonly #child: ChildProcessWithoutNullStreams;
  /** Below those that connections get, so that hardly anybody has it. */
  readonly #port = randomInt(20_000, 32_000);
  #hear: ((chunk: string) => void) | undefined;
  #errors = '';

  constructor(files: IdentityFiles) {
    this.version = files.version;
    const requests = ['-Verify', '9', '-no_ticket', '-num_tickets', '0', '-no_cache'];
    this.#child = openssl(['s_server', '-accept', `127.0.0.1:${this.#port}`, ...requests, ...identityOptions(files)]);
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#hear?.(chunk));
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#errors = (this.#errors + chunk).slice(-4000);
    });
  }

  get running(): boolean {
    return !this.#child.killed && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Carries a connection to the end; `inner` is one of `open`. */
  async serve(socket: Socket, inner: Socket): Promise<void> {
    this.#errors = '';
    const speaker = answeringSpeaker();
    let done = false;
    this.#hear = lineSplitter((line) => {
      const answer = speaker.hear(line);
      for (const text of answer.say) this.#child.stdin.write(`${text}\n`);
      done ||= answer.done;
    });
    socket.pipe(inner).pipe(socket);
    inner.on('error', () => socket.destroy());
    inner.on('close', () => socket.destroySoon());
    await closed(socket);
    inner.destroy();
    await closed(inner);
    this.#hear = undefined;
    if (done) return;
    report({ refused: reasonOf(this.#errors), version: this.version });
    // What it was told to say to this client must not reach the next.
    this.stop();
  }

  stop(): void {
    this.#child.kill();
  }

  /** A connection to it; undefined when it ended instead. s_server does not say when it begins to listen. */
  async open(): Promise<Socket | undefined> {
    while (this.running) {
      const socket = connect(this.#port, '127.0.0.1');
      const { promise, resolve } = Promise.withResolvers<boolean>();
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      if (await promise) return socket;
      await pause(LOOK_EVERY_MS);
    }
    return undefined;
  }
}

let current: OpenSSLServer | undefined;
let turn: Promise<void> = Promise.resolve();

/** Another one when the files changed, or when the port of the last one was taken. */
async function carry(socket: Socket, files: IdentityFiles): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (current?.version !== files.version || !current.running) {
      current?.stop();
      current = new OpenSSLServer(files);
    }
    const inner = await current.open();
    if (inner !== undefined) return current.serve(socket, inner);
  }
  throw new Error('s_server does not start');
}

/** In the order they came: each is served with the files of the moment it is its turn. */
function serveInTurn(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  turn = turn
    .then(async () => {
      if (!socket.destroyed) await carry(socket, currentFiles(directory));
    })
    .catch((error: unknown) => {
      report({ refused: String(error), version: current?.version ?? '' });
      socket.destroy();
    });
}

async function shakeHands({ host, port, name }: Order): Promise<Ending> {
  const files = currentFiles(directory);
  const { version } = files;
  const target = ['-connect', `${host}:${port}`, '-servername', name, '-verify_hostname', name];
  const child = openssl(['s_client', ...target, ...identityOptions(files)]);
  const overdue = setTimeout(() => child.kill(), PATIENCE_MS);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const done = await say(child, openingSpeaker());
  clearTimeout(overdue);
  return done ? { version } : { version, error: reasonOf(errors) };
}

/** Whether everything was said before the program ended. */
async function say(child: ChildProcessWithoutNullStreams, speaker: Speaker & { readonly first: string }) {
  let done = false;
  const hear = lineSplitter((line) => {
    const answer = speaker.hear(line);
    for (const text of answer.say) child.stdin.write(`${text}\n`);
    if (!answer.done) return;
    done = true;
    child.kill();
  });
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stdin.write(`${speaker.first}\n`);
  await once(child, 'close');
  return done;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** OpenSSL prints the reason among much else. */
function reasonOf(printed: string): string {
  const lines = printed.split('\n').filter((line) => /verify error|error:/u.test(line));
  return lines.length > 0 ? lines.join('; ') : `The connection was closed: ${printed.trim().slice(-300)}`;
}

const server = createServer(serveInTurn).listen(0, '127.0.0.1');
await once(server, 'listening');
report({ listening: (server.address() as AddressInfo).port });
obey(shakeHands, () => {
  for (const child of running) child.kill();
  rmSync(scratch, { recursive: true, force: true });
});
