// SPDX-License-Identifier: Apache-2.0
/**
 * The thread that derives MAC keys, so that the event loop does not stand still for them. Started by pkcs12-keys.ts.
 * @module
 */
import { parentPort } from 'node:worker_threads';
import { macKey } from './pkcs12-mac-key.ts';

/** What the thread is asked for; it zeroes the password. */
export interface MACKeyRequest {
  readonly id: number;
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

export interface MACKeyAnswer {
  readonly id: number;
  readonly key: Uint8Array;
}

parentPort?.on('message', ({ id, password, salt, iterations }: MACKeyRequest) => {
  const derived = macKey(password, salt, iterations);
  password.fill(0);
  const key = new Uint8Array(derived);
  derived.fill(0);
  const answer: MACKeyAnswer = { id, key };
  parentPort?.postMessage(answer, [key.buffer]);
});
