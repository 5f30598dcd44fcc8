// SPDX-License-Identifier: Apache-2.0
/**
 * The cluster a pod runs in, from the files and variables the kubelet gives it.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { SignetError } from '../errors.ts';
import type { Access, Cluster } from './cluster.ts';

export interface InClusterOptions {
  /** Holds KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Holds `token` and `ca.crt`. */
  readonly directory: string;
}

/** The pod's own cluster; ERR_CONFIG when this is no pod. The token and CA files are read anew at every access(). */
export async function inCluster(options: InClusterOptions): Promise<Cluster> {
  const host = options.env['KUBERNETES_SERVICE_HOST'];
  const port = options.env['KUBERNETES_SERVICE_PORT'];
  if (!host || !port) {
    throw new SignetError(
      'ERR_CONFIG',
      'not in a pod: KUBERNETES_SERVICE_HOST and _PORT are not set; write --kubeconfig=FILE',
    );
  }
  const { directory } = options;
  async function access(): Promise<Access> {
    const [token, ca] = await Promise.all([readText(`${directory}/token`), readText(`${directory}/ca.crt`)]);
    if (token.trim() === '')
      throw new SignetError('ERR_CONFIG', `${directory}/token is empty; see that the service account token is mounted`);
    return { tls: { ca }, authorization: `Bearer ${token.trim()}` };
  }
  // What is not mounted now never will be.
  await access();
  return { server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, access };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SignetError('ERR_CONFIG', `cannot read ${path}; see that the service account token is mounted`, {
      cause,
    });
  }
}
