// SPDX-License-Identifier: Apache-2.0
/**
 * What the two services say to each other: each sends 32 random bytes and gets them back. With TLS 1.3 a client is
 * told that it is connected before the server has looked at its certificate, so only bytes that came back prove that
 * both sides accepted each other.
 * @module
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';

const SIZE = 32;
const WITHIN_MS = 5_000;

/** The server speaks first. Resolves when the client has sent our bytes back. */
export async function serveEcho(socket: TLSSocket): Promise<void> {
  prepare(socket);
  const ours = randomBytes(SIZE);
  socket.write(ours);
  const answer = await readExactly(socket, 2 * SIZE);
  assertEchoed(answer.subarray(0, SIZE), ours);
  socket.end(answer.subarray(SIZE));
}

/** Resolves when the server has sent our bytes back. */
export async function askEcho(socket: TLSSocket): Promise<void> {
  prepare(socket);
  const theirs = await readExactly(socket, SIZE);
  const ours = randomBytes(SIZE);
  socket.write(Buffer.concat([theirs, ours]));
  assertEchoed(await readExactly(socket, SIZE), ours);
}

function prepare(socket: TLSSocket): void {
  socket.setTimeout(WITHIN_MS, () => socket.destroy(new Error('the peer was silent for too long')));
}

async function readExactly(socket: TLSSocket, size: number): Promise<Buffer> {
  for (;;) {
    const bytes: Buffer | null = socket.read(size);
    if (bytes?.length === size) return bytes;
    if (bytes !== null || socket.readableEnded || socket.destroyed) {
      throw socket.errored ?? new Error('the peer closed the connection before it echoed anything');
    }
    await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
  }
}

function assertEchoed(echoed: Buffer, sent: Buffer): void {
  if (!timingSafeEqual(echoed, sent)) throw new Error('the peer sent other bytes back');
}
