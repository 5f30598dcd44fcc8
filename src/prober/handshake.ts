// SPDX-License-Identifier: Apache-2.0
/**
 * One mutual TLS 1.3 handshake between two SVIDs over the loopback interface, as two workloads would make it: each side
 * trusts the anchors alone and wants the other's SPIFFE ID.
 * @module
 */
import type { AddressInfo } from 'node:net';
import { connect, createServer, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { Clock } from '../controller/clock.ts';
import type { Duration } from '../time.ts';

export interface Party {
  readonly spiffeID: string;
  readonly chainPEM: Buffer;
  readonly privateKeyPEM: Buffer;
}

export interface Handshake {
  readonly server: Party;
  readonly client: Party;
  /** The published bundle. */
  readonly anchorsPEM: string;
  readonly patience: Duration;
  readonly clock: Clock;
}

/** What the server says when it has accepted the client: in TLS 1.3 a client is done before it was judged. */
const ACCEPTED = 'accepted';

/** Undefined where both accept each other, else why not. Never rejects. */
export async function mutualHandshake(parties: Handshake): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const options = { minVersion: 'TLSv1.3', ca: parties.anchorsPEM } as const;
  const { server: serving, client: calling, patience, clock } = parties;
  const disarm = clock.after(patience, () => resolve(`nothing came within ${patience} ms`));
  const open: { destroy(): void }[] = [];
  let decided = false;
  try {
    const { chainPEM: cert, privateKeyPEM: key } = serving;
    const server = createServer({ ...options, cert, key, requestCert: true, rejectUnauthorized: true }, (socket) => {
      // The client may be gone by now: it judges after its last flight, and refusing is what it is here for.
      socket.on('error', (error: Error) => resolve(error.message));
      if (decided) {
        socket.destroy();
        return;
      }
      open.push(socket);
      const problem = wrongPeer(socket.getPeerCertificate(), calling.spiffeID);
      if (problem === undefined) socket.end(ACCEPTED);
      else resolve(`the client's certificate: ${problem}`);
    });
    server.on('tlsClientError', (error: Error) => resolve(`the server refuses: ${error.message}`));
    server.on('error', (error: Error) => resolve(error.message));
    open.push({ destroy: () => server.close() });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      open.push(call({ ...options, port, party: calling, expected: serving.spiffeID }, resolve));
    });
  } catch (error) {
    // Certificate and key that do not belong together, or are none.
    resolve(error instanceof Error ? error.message : String(error));
  }
  try {
    return await promise;
  } finally {
    decided = true;
    disarm();
    for (const each of open) each.destroy();
  }
}

interface Call {
  readonly minVersion: 'TLSv1.3';
  readonly ca: string;
  readonly port: number;
  readonly party: Party;
  readonly expected: string;
}

function call({ party, expected, ...options }: Call, resolve: (problem: string | undefined) => void): TLSSocket {
  const socket = connect({
    ...options,
    host: '127.0.0.1',
    cert: party.chainPEM,
    key: party.privateKeyPEM,
    checkServerIdentity: (_host, certificate) => {
      const problem = wrongPeer(certificate, expected);
      return problem === undefined ? undefined : new Error(`the server's certificate: ${problem}`);
    },
  });
  let said = '';
  socket.on('data', (bytes: Buffer) => {
    said += bytes.toString('latin1');
    if (said === ACCEPTED) resolve(undefined);
  });
  socket.on('error', (error) => resolve(`the client refuses: ${error.message}`));
  return socket;
}

function wrongPeer({ subjectaltname = '' }: Partial<PeerCertificate>, expected: string): string | undefined {
  const ids = subjectaltname.split(', ').filter((name) => name.startsWith('URI:'));
  return ids.length === 1 && ids[0] === `URI:${expected}` ? undefined : `not that of ${expected}`;
}
