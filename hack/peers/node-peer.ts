// SPDX-License-Identifier: Apache-2.0
/**
 * A peer of the handshake lab in Node.js: a server and a client of mutual TLS 1.3 that read their files anew for every
 * connection.
 * @module
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connect, createServer as createTLSServer, type TLSSocket } from 'node:tls';
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
const PATIENCE_MS = 30_000;

function settings(files: IdentityFiles) {
  return {
    cert: readFileSync(files.certificate),
    key: readFileSync(files.key),
    ca: readFileSync(files.anchors),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
  } as const;
}

/** A TLS server of its own for each connection: it has the files of now, and no session that could be resumed. */
function serve(socket: Socket): void {
  let version = '';
  const refuse = (error: unknown): void => {
    report({ refused: messageOf(error), version });
    socket.destroy();
  };
  socket.on('error', () => socket.destroy());
  try {
    const files = currentFiles(directory);
    version = files.version;
    const server = createTLSServer({ ...settings(files), requestCert: true, rejectUnauthorized: true });
    server.on('tlsClientError', refuse);
    server.on('secureConnection', (secure) => {
      converse(secure, answeringSpeaker()).catch(refuse);
    });
    server.emit('connection', socket);
  } catch (error) {
    refuse(error);
  }
}

async function shakeHands({ host, port, name }: Order): Promise<Ending> {
  const files = currentFiles(directory);
  try {
    const secure = connect({ host, port, servername: name, ...settings(files) });
    await converse(secure, openingSpeaker());
    return { version: files.version };
  } catch (error) {
    return { version: files.version, error: messageOf(error) };
  }
}

/** Resolves when everything is said, rejects when the connection ends before. */
function converse(secure: TLSSocket, speaker: Speaker & { readonly first?: string }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const hear = lineSplitter((line) => {
    try {
      const { say, done } = speaker.hear(line);
      for (const answer of say) secure.write(`${answer}\n`);
      if (!done) return;
      secure.end();
      resolve();
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
      secure.destroy();
    }
  });
  secure.setEncoding('utf8').on('data', hear);
  secure.on('error', reject);
  secure.on('close', () => reject(new Error('The connection was closed')));
  secure.setTimeout(PATIENCE_MS, () => secure.destroy(new Error('Nothing came for too long')));
  if (speaker.first !== undefined) secure.write(`${speaker.first}\n`);
  return promise;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? `${error.message} (${String(error.code)})` : error.message;
}

const server = createServer(serve).listen(0, '127.0.0.1');
await once(server, 'listening');
report({ listening: (server.address() as AddressInfo).port });
obey(shakeHands);
