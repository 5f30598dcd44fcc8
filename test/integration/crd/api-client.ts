// SPDX-License-Identifier: Apache-2.0
/**
 * The barest client of the API server, a judge of its own beside src/kube: one call, whatever the answer.
 * @module
 */
import { Agent, request } from 'undici';
import { fromKubeconfig } from '../../../src/kube/kubeconfig.ts';

/** An object as the API server serves it; for a refused call, the Status. */
export interface Answer {
  readonly code: number;
  readonly body: {
    readonly metadata?: { readonly name?: string; readonly resourceVersion?: string; readonly generation?: number };
    readonly spec?: unknown;
    readonly status?: unknown;
    readonly message?: string;
    readonly details?: { readonly causes?: readonly { readonly field: string; readonly message: string }[] };
    readonly [more: string]: unknown;
  };
}

interface Call {
  /** APPLY is a PATCH with server-side apply; a plain PATCH is a merge patch. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'APPLY' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly accept?: string;
}

export type APIClient = (call: Call) => Promise<Answer>;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  PATCH: 'application/merge-patch+json',
  APPLY: 'application/apply-patch+yaml',
};

/** A client with the rights of a kubeconfig. */
export async function connect(kubeconfig: string): Promise<{ call: APIClient; close: () => Promise<void> }> {
  const cluster = await fromKubeconfig({ path: kubeconfig });
  const { tls, authorization, headers } = await cluster.access(false);
  const agent = new Agent({
    connect: {
      rejectUnauthorized: tls.insecureSkipVerify !== true,
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls.privateKey === undefined ? {} : { key: tls.privateKey }),
      ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    },
  });
  const call: APIClient = async ({ method, path, body, accept }) => {
    const answer = await request(`${cluster.server}${path}`, {
      method: method === 'APPLY' ? 'PATCH' : method,
      dispatcher: agent,
      headers: {
        ...headers,
        'content-type': CONTENT_TYPES[method] ?? 'application/json',
        accept: accept ?? 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { code: answer.statusCode, body: (await answer.body.json()) as Answer['body'] };
  };
  return { call, close: () => agent.close() };
}
