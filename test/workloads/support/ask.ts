// SPDX-License-Identifier: Apache-2.0
/**
 * One question to a server on a connection of its own. It is answered when bytes that nobody could guess came back:
 * with TLS 1.3 nothing less proves that the server took the client's certificate.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect as connectTCP, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { askEcho } from '../../../examples/node-service/echo.ts';
import { type Identity, secureContext } from '../../../examples/node-service/identity.ts';

/** A server that runs on this machine. */
export interface Target {
  readonly port: number;
  /** DNS name that its certificate must have. */
  readonly name: string;
}

/** Who asks: somebody without `certificates` shows none. */
export type Asker = Pick<Identity, 'anchors'> & Partial<Pick<Identity, 'certificates' | 'privateKey'>> & Sessions;

interface Sessions {
  /** To be resumed. */
  readonly session?: Buffer | undefined;
  /** Called with each that the server hands out. */
  readonly onSession?: (session: Buffer) => void;
}

export interface Answer {
  /** Of the server's certificate. */
  readonly serialNumber: string;
  /** Whether a session was resumed. */
  readonly resumed: boolean;
  /** Whom a service behind the server has seen. */
  readonly seen?: string;
}

export type Ask = (target: Target, asker: Asker) => Promise<Answer>;

const PATIENCE_MS = 10_000;
/** `SSLRequest` and `StartupMessage` of PostgreSQL's protocol 3.0. */
const SSL_REQUEST = [8, 80_877_103];
const PROTOCOL = 196_608;

/** A request of HTTP; the server sends the body back. */
export const askHTTP: Ask = async (target, asker) => {
  const sent = randomUUID();
  const call = request({ ...options(target, asker), method: 'POST', path: '/', agent: false, timeout: PATIENCE_MS });
  // After the response, what goes wrong shows in its body.
  call.on('error', () => undefined);
  call.once('timeout', () => call.destroy(new Error('Nothing came for too long')));
  call.once('socket', (socket) => follow(socket as TLSSocket, asker));
  call.end(sent);
  const [answer] = await once(call, 'response');
  const about = certificateOf(answer.socket);
  const received = (await answer.setEncoding('utf8').toArray()).join('');
  if (answer.statusCode !== 200) throw new Error(`HTTP status ${answer.statusCode}`);
  if (received !== sent) throw new Error(`The server sent ${received} back`);
  const seen = answer.headers['x-peer-id'];
  return { ...about, ...(typeof seen === 'string' ? { seen } : {}) };
};

/** The conversation of examples/node-service. */
export const askNode: Ask = (target, asker) =>
  onSocket(follow(connect(options(target, asker)), asker), async (socket) => {
    await askEcho(socket);
    return certificateOf(socket);
  });

export const askRedis: Ask = (target, asker) =>
  onSocket(follow(connect(options(target, asker)), asker), async (socket) => {
    const sent = randomUUID();
    const text = `$${sent.length}\r\n${sent}\r\n`;
    socket.write(`*2\r\n$4\r\nECHO\r\n${text}`);
    await receive(socket, (bytes) => {
      if (bytes.toString().startsWith('-')) throw new Error(bytes.toString().trim());
      return bytes.toString() === text;
    });
    return certificateOf(socket);
  });

/** Logs in as `frontend` and has the server select what it is sent. */
export const askPostgreSQL: Ask = async (target, asker) => {
  const raw = connectTCP(target.port, '127.0.0.1');
  raw.on('error', () => undefined);
  raw.write(message('', SSL_REQUEST));
  await receive(raw, (bytes) => bytes.toString() === 'S');
  return onSocket(follow(connect({ ...options(target, asker), socket: raw }), asker), async (socket) => {
    socket.write(message('', [0, PROTOCOL], 'user\0frontend\0database\0shop\0\0'));
    await receive(socket, isReadyForQuery);
    const sent = randomUUID();
    socket.write(message('Q', [0], `SELECT '${sent}'\0`));
    const answer = await receive(socket, isReadyForQuery);
    if (!answer.includes(sent)) throw new Error('The server selected something else');
    return certificateOf(socket);
  });
};

function options({ port, name }: Target, asker: Asker): ConnectionOptions {
  const { certificates, privateKey, anchors } = asker;
  const shared = { host: '127.0.0.1', port, servername: name };
  if (certificates === undefined || privateKey === undefined) return { ...shared, ca: anchors };
  const settings = { ...shared, ...secureContext({ certificates, privateKey, anchors } as Identity) };
  if (asker.onSession === undefined) return settings;
  return { ...settings, secureOptions: 0, session: asker.session };
}

function follow(socket: TLSSocket, { onSession }: Sessions): TLSSocket {
  return onSession === undefined ? socket : socket.on('session', onSession);
}

async function onSocket<T>(socket: TLSSocket, talk: (socket: TLSSocket) => Promise<T>): Promise<T> {
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('Nothing came for too long')));
  // What goes wrong shows where the socket is awaited.
  socket.on('error', () => undefined);
  try {
    await once(socket, 'secureConnect');
    return await talk(socket);
  } finally {
    socket.destroy();
  }
}

/** What came when it is enough; an Error when the other side ends before. */
async function receive(socket: Socket, enough: (bytes: Buffer) => boolean): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (bytes.length === 0 || !enough(bytes)) {
    const chunk: Buffer | null = socket.read();
    if (chunk !== null) bytes = Buffer.concat([bytes, chunk]);
    else if (socket.readableEnded || socket.destroyed) throw socket.errored ?? new Error('The server hung up');
    else await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
  }
  return bytes;
}

/** A type letter (or none), numbers of 32 bits of which a first 0 stands for the length, and text. */
function message(type: string, numbers: readonly number[], text = ''): Buffer {
  const body = Buffer.alloc(4 * numbers.length);
  const [length = 0] = numbers;
  numbers.forEach((number, index) => body.writeUInt32BE(number, 4 * index));
  body.writeUInt32BE(length === 0 ? body.length + Buffer.byteLength(text) : length, 0);
  return Buffer.concat([Buffer.from(type), body, Buffer.from(text)]);
}

/** Walks whole messages: the last one of an answer has the letter Z, an error the letter E. */
function isReadyForQuery(bytes: Buffer): boolean {
  let at = 0;
  while (at + 5 <= bytes.length) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) return false;
    const letter = String.fromCharCode(bytes[at] ?? 0);
    if (letter === 'E') throw new Error(bytes.toString('utf8', at + 5, end).replaceAll('\0', ' '));
    if (letter === 'Z') return true;
    at = end;
  }
  return false;
}

function certificateOf(socket: Socket): Answer {
  const secure = socket as TLSSocket;
  const serialNumber = secure.getPeerX509Certificate()?.serialNumber.toLowerCase() ?? '';
  return { serialNumber, resumed: secure.isSessionReused() };
}
