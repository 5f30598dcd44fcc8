// SPDX-License-Identifier: Apache-2.0
/**
 * The conversation that proves a handshake: each side sends a line of its own and gets it back. A TLS 1.3 client learns
 * of a refusal only after its handshake is done, so nothing less than the server's last word is a success.
 * @module
 */
import { randomBytes } from 'node:crypto';

/** One end of a conversation, as long as its lines come in order. */
export interface Speaker {
  /** Takes a line in; gives back what to send, and whether all is said. */
  hear(line: string): { readonly say: readonly string[]; readonly done: boolean };
}

export interface Opening extends Speaker {
  readonly first: string;
}

/** A server that has nothing left to hear answers this. */
const LAST = 'done';

/** The client's end: sends `first`, echoes the server's line, and waits for the last word. */
export function openingSpeaker(): Opening {
  const first = `client ${nonce()}`;
  let echoed = false;
  return {
    first,
    hear: (line) => {
      if (!echoed) {
        if (line !== first) throw new Error(`The server echoed something else: ${line}`);
        echoed = true;
        return { say: [], done: false };
      }
      return line === LAST ? { say: [], done: true } : { say: [line], done: false };
    },
  };
}

/** The server's end. */
export function answeringSpeaker(): Speaker {
  const own = `server ${nonce()}`;
  let asked = false;
  return {
    hear: (line) => {
      if (!asked) {
        asked = true;
        return { say: [line, own], done: false };
      }
      if (line !== own) throw new Error(`The client echoed something else: ${line}`);
      return { say: [LAST], done: true };
    },
  };
}

/** Cuts a stream of text into lines. */
export function lineSplitter(take: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line.trimEnd());
  };
}

function nonce(): string {
  return randomBytes(8).toString('hex');
}
