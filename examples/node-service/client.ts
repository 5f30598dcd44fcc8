// SPDX-License-Identifier: Apache-2.0
/**
 * A client of server.ts, once or again and again, each time on a new connection with the newest certificate.
 * @module
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { parseArgs } from 'node:util';
import { askEcho } from './echo.ts';
import { followIdentity, type Identity, readIdentity, secureContext } from './identity.ts';
import { log } from './log.ts';
import { judgePeer } from './peer.ts';
import { SerialNumbers } from './serial-numbers.ts';

const HELP = `Usage: node client.ts --identity <directory> --connect <host>:<port> [--every <milliseconds>]

Sends bytes to a server that allowed-servers names and gets them back: once, or with --every until it is ended.
--identity is where the Secret is mounted.
`;
const CONNECT_WITHIN_MS = 5_000;
const REPORT_EVERY_MS = 1_000;

interface Address {
  readonly host: string;
  readonly port: number;
}

interface Exchange {
  readonly peer: string;
  readonly protocol: string | null;
  readonly cipher: string;
  readonly resumed: boolean;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** One request on a connection of its own. An Error when either side refuses the other. */
async function exchange(identity: Identity, address: Address, seen: SerialNumbers): Promise<Exchange> {
  let peer = '';
  const socket = connect({
    ...address,
    ...secureContext(identity),
    // Instead of the host name: a server is who its SPIFFE ID says. Called when the chain is sound.
    checkServerIdentity: () => {
      const { id, problem } = judgePeer(socket.getPeerX509Certificate(), identity.spiffeID, identity.allowedServers);
      peer = id ?? '';
      return problem === undefined ? undefined : new Error(problem);
    },
  });
  // What goes wrong shows where the socket is awaited.
  socket.on('error', () => undefined);
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(CONNECT_WITHIN_MS) });
    // A resumed session is not judged. None is ever offered; should that change, this fails.
    if (peer === '') throw new Error('the server was not judged');
    await askEcho(socket);
    seen.note(peer, socket.getPeerX509Certificate()?.serialNumber ?? '');
    return {
      peer,
      protocol: socket.getProtocol(),
      cipher: socket.getCipher().name,
      resumed: socket.isSessionReused(),
      bytesSent: socket.bytesWritten,
      bytesReceived: socket.bytesRead,
    };
  } finally {
    socket.destroy();
  }
}

/** Requests until the process is ended. A failure is reported, and the next request made in its time. */
async function exchangeForever(current: () => Identity, address: Address, every: number): Promise<never> {
  const seen = new SerialNumbers();
  const totals = { requests: 0, failures: 0 };
  let reportAt = performance.now() + REPORT_EVERY_MS;
  for (;;) {
    totals.requests += 1;
    try {
      const done = await exchange(current(), address, seen);
      if (totals.requests === 1) log('Exchanged', { ...done });
    } catch (error) {
      totals.failures += 1;
      log('Request failed', { problem: problemOf(error) });
    }
    if (performance.now() > reportAt) {
      reportAt = performance.now() + REPORT_EVERY_MS;
      log('Requests', { ...totals });
    }
    await delay(every);
  }
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      identity: { type: 'string' },
      connect: { type: 'string' },
      every: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.identity === undefined || values.connect === undefined) {
    process.stdout.write(HELP);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const { hostname, port } = new URL(`https://${values.connect}`);
  const address = { host: hostname, port: Number(port === '' ? 443 : port) };
  let identity = await readIdentity(values.identity);
  if (values.every === undefined) {
    log('Exchanged', { ...(await exchange(identity, address, new SerialNumbers())) });
    return;
  }
  void followIdentity(
    values.identity,
    identity,
    (next) => {
      log('Loaded a new identity', { serialNumber: next.serialNumber, notAfter: next.notAfter });
      identity = next;
    },
    (error) => log('Could not load the identity', { problem: String(error) }),
  );
  await exchangeForever(() => identity, address, Number(values.every));
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? `${error.message} (${String(error.code)})` : error.message;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  log('Request failed', { problem: problemOf(error) });
  process.exitCode = 1;
});
