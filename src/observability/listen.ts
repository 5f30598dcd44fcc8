// SPDX-License-Identifier: Apache-2.0
/**
 * Opens the port of a server, and says which flag to change where that fails.
 * @module
 */
import type { AddressInfo, Server } from 'node:net';
import { SignetError } from '../errors.ts';

export interface ListenOptions {
  /** Undefined: all addresses. */
  readonly host: string | undefined;
  /** 0: any free one. */
  readonly port: number;
  /** Which flag this address comes from. */
  readonly flag: string;
  /** What goes wrong later. */
  readonly onError: (error: Error) => void;
}

/** Resolves to where the server listens. Rejects with ERR_CONFIG when it cannot. */
export async function listen(server: Server, { host, port, flag, onError }: ListenOptions): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  try {
    await promise;
  } catch (error) {
    throw new SignetError('ERR_CONFIG', `cannot listen on ${host ?? ''}:${port}; choose another ${flag}`, {
      cause: error,
    });
  }
  server.removeListener('error', reject);
  server.on('error', onError);
  return server.address() as AddressInfo;
}
