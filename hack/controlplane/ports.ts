// SPDX-License-Identifier: Apache-2.0
/**
 * Free ports on loopback. They lie below the range the kernel gives to outgoing connections: a port from that range
 * can be taken by any client while its server is down for a moment, by one that connects to that very port even.
 * @module
 */
import { createServer } from 'node:net';

const LOWEST = 20_000;
const COUNT = 10_000;
const TRIES = 50;

/** A candidate for a number in [0, 1). */
export function portAt(fraction: number): number {
  return LOWEST + Math.floor(fraction * COUNT);
}

/** A port that nothing listens on now. Another process may still take it: who binds it must be ready to ask again. */
export async function freePort(random: () => number = Math.random): Promise<number> {
  for (let i = 0; i < TRIES; i += 1) {
    const port = portAt(random());
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port found on 127.0.0.1 between ${LOWEST} and ${LOWEST + COUNT - 1}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
