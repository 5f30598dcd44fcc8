// SPDX-License-Identifier: Apache-2.0
/**
 * Kubeconfig files as this project writes them: one cluster, one user, everything inline. Written as JSON, which is
 * YAML too.
 * @module
 */
import { rename, writeFile } from 'node:fs/promises';
import type { Credential } from './certificates.ts';

export interface ClusterAddress {
  readonly server: string;
  /** PEM text; absent where the machine's own trust store decides. */
  readonly authority: string | undefined;
}

export type ClusterUser = Credential | { readonly token: string };

export function kubeconfigText(cluster: ClusterAddress, user: ClusterUser, namespace = 'default'): string {
  const credentials =
    'token' in user
      ? { token: user.token }
      : { 'client-certificate-data': encode(user.certificate), 'client-key-data': encode(user.privateKey) };
  const trust = cluster.authority === undefined ? {} : { 'certificate-authority-data': encode(cluster.authority) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'signet',
    clusters: [{ name: 'signet', cluster: { server: cluster.server, ...trust } }],
    users: [{ name: 'signet', user: credentials }],
    contexts: [{ name: 'signet', context: { cluster: 'signet', user: 'signet', namespace } }],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Writes a file that holds credentials: for the owner only, and whole at every moment. */
export async function writePrivate(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.new`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, file);
}
