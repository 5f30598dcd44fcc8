// SPDX-License-Identifier: Apache-2.0
/**
 * An independent witness: sees every version of every Secret of one namespace, and judges those that the controller
 * wrote by design rule 4, with none of our own code.
 * @module
 */
import { Agent, request } from 'undici';
import { fromKubeconfig } from '../../src/kube/kubeconfig.ts';
import { disagreement, serialOf } from '../integration/stories/svid-files.ts';
import type { SecretObject } from '../support/cluster.ts';
import { getJSON, sharedControlPlane } from '../support/control-plane.ts';
import { watchLines } from '../support/watch-lines.ts';

export interface Witness {
  /** `namespace/name@resourceVersion: why`, for every version of the controller that does not fit together. */
  readonly violations: readonly string[];
  /** Serial numbers stored so far, by Secret name, oldest first. */
  readonly serials: ReadonlyMap<string, readonly string[]>;
  /** Versions judged. */
  readonly judged: number;
  /** A version that somebody else wrote is not judged. */
  foreign(resourceVersion: string): void;
  /** Judges what is left and ends. */
  stop(): Promise<void>;
}

export async function watchSecrets(namespace: string): Promise<Witness> {
  const { server, access } = await fromKubeconfig({ path: sharedControlPlane().kubeconfig });
  const { tls, authorization } = await access(false);
  const { ca, certificate: cert, privateKey: key } = tls;
  const agent = new Agent({
    bodyTimeout: 0,
    connect: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  });
  const ending = new AbortController();
  const { metadata } = await getJSON<{ metadata: { resourceVersion: string } }>([
    'secrets',
    `--namespace=${namespace}`,
  ]);
  const query = new URLSearchParams({
    watch: '1',
    resourceVersion: metadata.resourceVersion ?? '',
    timeoutSeconds: '3600',
  });
  const path = `/api/v1/namespaces/${namespace}/secrets?${query.toString()}`;
  const headers = authorization === undefined ? {} : { authorization };
  const { body, statusCode } = await request(`${server}${path}`, { dispatcher: agent, headers, signal: ending.signal });
  if (statusCode !== 200) throw new Error(`The watch of Secrets was refused: ${statusCode} ${await body.text()}`);

  const versions: SecretObject[] = [];
  const foreign = new Set<string>();
  const serials = new Map<string, string[]>();
  const violations: string[] = [];
  let judged = 0;
  const follow = (async () => {
    for await (const version of watchLines<SecretObject>(body)) if (version !== undefined) versions.push(version);
  })().catch((error: unknown) => {
    if (!ending.signal.aborted) violations.push(`the watch broke: ${String(error)}`);
  });
  const judge = (secret: SecretObject): void => {
    const { name, resourceVersion } = secret.metadata;
    if (foreign.has(resourceVersion)) return;
    judged += 1;
    const why = disagreement(secret);
    if (why !== undefined) {
      violations.push(`${namespace}/${name}@${resourceVersion}: ${why}`);
      return;
    }
    const known = serials.get(name) ?? [];
    const serial = serialOf(secret);
    if (known.at(-1) !== serial) serials.set(name, [...known, serial]);
  };
  return {
    violations,
    serials,
    get judged() {
      return judged;
    },
    foreign: (resourceVersion) => void foreign.add(resourceVersion),
    async stop() {
      ending.abort();
      await follow;
      for (const version of versions.splice(0)) judge(version);
      await agent.destroy();
    },
  };
}
