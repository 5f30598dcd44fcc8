// SPDX-License-Identifier: Apache-2.0
/**
 * A cluster that somebody else runs, as KUBECONFIG names it: what is needed to act on it and to hand out credentials
 * for it. Nothing here changes the cluster.
 * @module
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from './command.ts';
import type { ClusterAddress } from './kubeconfig.ts';
import { type Kubectl, kubectl } from './kubectl.ts';
import { Supervisor } from './process.ts';

export interface ExternalCluster {
  readonly kubectl: Kubectl;
  readonly address: ClusterAddress;
  /** `1.36.2`, or what else the server calls itself. */
  readonly version: string;
  readonly directory: string;
  close(): Promise<void>;
}

interface ConfigView {
  readonly clusters?: readonly { readonly cluster: Readonly<Record<string, unknown>> }[];
}

/** Whether there is a file that `kubeconfig` (a path, or several as kubectl reads them) names. */
export function namesFile(kubeconfig: string): boolean {
  return kubeconfig.split(path.delimiter).some((file) => file !== '' && existsSync(file));
}

/** Opens the current context of `kubeconfig` (a path, or several as kubectl reads them). */
export async function openExternal(program: string, kubeconfig: string): Promise<ExternalCluster> {
  const supervisor = Supervisor.create();
  const directory = await mkdtemp(path.join(tmpdir(), 'signet-cluster-'));
  supervisor.removeAtEnd(directory);
  try {
    // One flat file of the current context: the variable may name several, and relative paths in them.
    const view = ['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'];
    const text = await runCommand(program, view, { environment: { ...process.env, KUBECONFIG: kubeconfig } });
    const using: Kubectl = {
      program,
      kubeconfig: path.join(directory, 'kubeconfig'),
      cacheDirectory: path.join(directory, 'kubectl-cache'),
    };
    await writeFile(using.kubeconfig, text, { mode: 0o600 });
    const address = addressOf(JSON.parse(text) as ConfigView);
    if (address.authority !== undefined) await writeFile(path.join(directory, 'ca.crt'), address.authority);
    const version = JSON.parse(await kubectl(using, ['get', '--raw', '/version'])) as { gitVersion: string };
    return {
      kubectl: using,
      address,
      version: version.gitVersion.replace(/^v/, ''),
      directory,
      close: () => supervisor.release(),
    };
  } catch (cause) {
    await supervisor.close();
    await rm(directory, { recursive: true, force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The cluster that KUBECONFIG names (${kubeconfig}) cannot be used: ${reason}\n` +
        'What to do: check it with `kubectl get namespaces`, or unset KUBECONFIG to get a local control plane.',
      { cause },
    );
  }
}

/** Server and authority of the only cluster in a minified, flattened kubeconfig. */
export function addressOf(view: ConfigView): ClusterAddress {
  const cluster = view.clusters?.[0]?.cluster ?? {};
  const { server, 'certificate-authority-data': authority } = cluster;
  if (typeof server !== 'string') throw new Error('its current context names no cluster');
  return {
    server,
    authority: typeof authority === 'string' ? Buffer.from(authority, 'base64').toString('utf8') : undefined,
  };
}
