// SPDX-License-Identifier: Apache-2.0
/**
 * The few reads that the start of a local control plane makes as its administrator.
 * @module
 */
import { request } from 'node:https';
import type { ControlPlaneCertificates } from './certificates.ts';

const TIMEOUT_MS = 5_000;

export interface AdministratorAccess {
  readonly port: number;
  readonly certificates: ControlPlaneCertificates;
}

/** The HTTP status of a GET, or undefined while nothing answers there. */
export function statusOf({ port, certificates }: AdministratorAccess, path: string): Promise<number | undefined> {
  const { authority, administrator } = certificates;
  return new Promise((resolve) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path,
        ca: authority,
        cert: administrator.certificate,
        key: administrator.privateKey,
        agent: false,
        timeout: TIMEOUT_MS,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    call.on('timeout', () => call.destroy(new Error('timed out')));
    // Not listening yet: the caller asks again.
    call.on('error', () => resolve(undefined));
    call.end();
  });
}
