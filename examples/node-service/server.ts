// SPDX-License-Identifier: Apache-2.0
/**
 * A server whose clients prove who they are: mutual TLS with the files of a ServiceIdentity. A renewed certificate is
 * taken up without a new listener and without a lost connection.
 * @module
 */
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { parseArgs } from 'node:util';
import { serveEcho } from './echo.ts';
import { followIdentity, type Identity, readIdentity, secureContext } from './identity.ts';
import { log } from './log.ts';
import { judgePeer } from './peer.ts';
import { SerialNumbers } from './serial-numbers.ts';

const HELP = `Usage: node server.ts --identity <directory> [--host <address>] [--port <number>]

Sends bytes back to the clients that allowed-clients names. --identity is where the Secret is mounted.
`;

/** Starts the server; it follows the identity until it is closed. */
function serve(first: Identity, directory: string): Server {
  let identity = first;
  const seen = new SerialNumbers();
  const server = createServer({
    ...secureContext(identity),
    // Without these two a client needs no certificate.
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: 5_000,
  });
  server.on('secureConnection', (socket) => {
    // What goes wrong shows where the socket is read.
    socket.on('error', () => undefined);
    // The chain is sound. Whose certificate is it, and do we allow them? Nothing is read or written before that.
    const certificate = socket.getPeerX509Certificate();
    const { id, problem } = judgePeer(certificate, identity.spiffeID, identity.allowedClients);
    if (certificate !== undefined && id !== undefined) seen.note(id, certificate.serialNumber);
    if (problem === undefined) void answer(socket);
    else refuse(socket, problem);
  });
  server.on('tlsClientError', (error, socket) => {
    log('Refused handshake', { problem: String(socket.authorizationError ?? error.message) });
  });
  void followIdentity(
    directory,
    identity,
    (next) => {
      // For new connections; those that are open go on.
      server.setSecureContext(secureContext(next));
      log('Loaded a new identity', { serialNumber: next.serialNumber, notAfter: next.notAfter });
      identity = next;
    },
    (error) => log('Could not load the identity', { problem: String(error) }),
  );
  return server;
}

async function answer(socket: TLSSocket): Promise<void> {
  try {
    await serveEcho(socket);
  } catch (error) {
    log('Connection failed', { problem: String(error) });
    socket.destroy();
  }
}

function refuse(socket: TLSSocket, problem: string): void {
  log('Refused peer', { problem });
  socket.destroy();
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      identity: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8443' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.identity === undefined) {
    process.stdout.write(HELP);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const identity = await readIdentity(values.identity);
  const server = serve(identity, values.identity);
  server.on('error', fail);
  server.listen(Number(values.port), values.host, () => {
    const { spiffeID, serialNumber, notAfter } = identity;
    log('Listening', { spiffeID, serialNumber, notAfter, address: server.address() });
  });
  process.once('SIGTERM', () => server.close());
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

main(process.argv.slice(2)).catch(fail);
