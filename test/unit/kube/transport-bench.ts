// SPDX-License-Identifier: Apache-2.0
/**
 * A transport in front of a scripted server, and what its tests ask of both.
 * @module
 */

import { expect } from 'vitest';
import { systemClock } from '../../../src/controller/clock.ts';
import { isSignetError } from '../../../src/errors.ts';
import { HTTPTransport, type HTTPTransportOptions } from '../../../src/kube/http-transport.ts';
import type { FinishedCall, KubeRequest } from '../../../src/kube/transport.ts';
import { type Script, type ScriptedServer, scriptedServer } from './scripted-server.ts';

export interface Bench {
  readonly server: ScriptedServer;
  readonly transport: HTTPTransport;
  readonly calls: FinishedCall[];
}

export const read: KubeRequest = { verb: 'get', resource: 'configmaps', path: '/api/v1/namespaces/a/configmaps/b' };
export const write: KubeRequest = {
  verb: 'create',
  resource: 'secrets',
  path: '/api/v1/namespaces/a/secrets',
  body: { a: 1 },
};

const open: { close(): Promise<void> }[] = [];

/** Closed again by closeAll(). */
export function opened<T extends { close(): Promise<void> }>(resource: T): T {
  open.push(resource);
  return resource;
}

export async function closeAll(): Promise<void> {
  for (const resource of open.splice(0).toReversed()) await resource.close();
}

export async function bench(script: Script, options: Partial<HTTPTransportOptions> = {}): Promise<Bench> {
  const server = opened(await scriptedServer(script));
  const calls: FinishedCall[] = [];
  const observer = { onCall: (call: FinishedCall): unknown => calls.push(call) };
  const cluster = server.cluster();
  const transport = transportTo({ cluster, observer, random: () => 0, ...options });
  return { server, transport, calls };
}

export function transportTo(
  options: Pick<HTTPTransportOptions, 'cluster'> & Partial<HTTPTransportOptions>,
): HTTPTransport {
  return opened(new HTTPTransport({ clock: systemClock, userAgent: 'signet/test', ...options }));
}

export function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  );
}

/** The error code of work that fails. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await failure(work);
  return isSignetError(error) ? error.code : String(error);
}
