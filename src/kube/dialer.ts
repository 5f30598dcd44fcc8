// SPDX-License-Identifier: Apache-2.0
/**
 * How connections to the API server are opened. A burst of calls opens dozens at once: they share one parsed trust
 * store, and every handshake after the first resumes what an earlier one agreed on (RFC 8446 section 2.2).
 * @module
 */
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import { type Duration, SECOND } from '../time.ts';
import type { TLSSettings } from './cluster.ts';

const CONNECT_TIMEOUT: Duration = 5 * SECOND;
const TCP_KEEP_ALIVE: Duration = 30 * SECOND;

/** Opens connections with these settings. A server that resumes nothing is asked for a full handshake. */
export function createDialer(tls: TLSSettings): buildConnector.connector {
  const options: buildConnector.BuildOptions = {
    allowH2: false,
    timeout: CONNECT_TIMEOUT,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEP_ALIVE,
    // undici keeps sessions weakly: the next collection takes them.
    maxCachedSessions: 0,
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.insecureSkipVerify === true ? { rejectUnauthorized: false } : {}),
  };
  let secureContext: SecureContext | undefined;
  let session: Buffer | undefined;
  return (target, callback) => {
    if (target.protocol === 'https:') secureContext ??= contextOf(tls);
    const dial = buildConnector({
      ...options,
      ...(secureContext === undefined ? {} : { secureContext }),
      ...(session === undefined ? {} : { session }),
    });
    dial(target, (...result) => {
      const [error, socket] = result;
      // Whatever is wrong with it, the next handshake is a full one.
      if (error !== null) session = undefined;
      if (socket instanceof TLSSocket) {
        socket.on('session', (ticket: Buffer) => {
          session = ticket;
        });
      }
      callback(...result);
    });
  };
}

function contextOf({ ca, certificate, privateKey }: TLSSettings): SecureContext {
  return createSecureContext({
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(privateKey === undefined ? {} : { key: privateKey }),
  });
}
