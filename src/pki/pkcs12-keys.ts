// SPDX-License-Identifier: Apache-2.0
/**
 * The keys of a PKCS#12 file, derived from its password off the event loop: those that encrypt on the thread pool of
 * node:crypto, those of MACs in a thread of our own that starts with the first one and keeps nobody from ending.
 * @module
 */
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { SignetError } from '../errors.ts';
import { PKCS12_ITERATIONS, PKCS12_KEY_LENGTH } from './pkcs12-profile.ts';
import type { MACKeyAnswer, MACKeyRequest } from './pkcs12-thread.ts';

const derive = promisify(pbkdf2);

/** PBKDF2-HMAC-SHA256. The holder zeroes it. */
export function encryptionKey(password: Uint8Array, salt: Uint8Array): Promise<Buffer> {
  return derive(password, salt, PKCS12_ITERATIONS, PKCS12_KEY_LENGTH, 'sha256');
}

/** A slow digest by which a password is recognized, 32 hexadecimal digits; `salt` differs from user to user. */
export async function passwordDigest(password: Uint8Array, salt: string): Promise<string> {
  return (await derive(password, `signet password digest ${salt}`, PKCS12_ITERATIONS, 16, 'sha256')).toString('hex');
}

/** The MAC key of RFC 7292 B.2. The holder zeroes it. Throws ERR_INVARIANT when the thread ends. */
export async function macKeyOffLoop(password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const { worker, waiting } = theThread();
  const answer = Promise.withResolvers<Uint8Array>();
  requests += 1;
  const own = new Uint8Array(password);
  const request: MACKeyRequest = { id: requests, password: own, salt, iterations: PKCS12_ITERATIONS };
  waiting.set(requests, answer);
  // A process that has nothing else to do waits for the answer, and for nothing more.
  worker.ref();
  // Moved, not copied: what is zeroed there is then nowhere.
  worker.postMessage(request, [own.buffer]);
  return answer.promise;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, PromiseWithResolvers<Uint8Array>>;
}

/** Small: it hashes. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 };

let requests = 0;
let thread: Thread | undefined;

function theThread(): Thread {
  thread ??= startThread();
  return thread;
}

function startThread(): Thread {
  // Compiled, the file beside this one has another ending.
  const file = import.meta.url.endsWith('.ts') ? './pkcs12-thread.ts' : './pkcs12-thread.js';
  const worker = new Worker(new URL(file, import.meta.url), {
    resourceLimits: LIMITS,
    env: {},
    argv: [],
    execArgv: [],
  });
  const waiting: Thread['waiting'] = new Map();
  const started = { worker, waiting };
  const fail = (cause?: unknown): void => {
    if (thread === started) thread = undefined;
    for (const { reject } of waiting.values()) {
      reject(new SignetError('ERR_INVARIANT', 'the thread that derives keys has ended', { cause }));
    }
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', () => fail());
  worker.on('message', ({ id, key }: MACKeyAnswer) => {
    waiting.get(id)?.resolve(key);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
  });
  return started;
}
