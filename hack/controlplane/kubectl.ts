// SPDX-License-Identifier: Apache-2.0
/**
 * kubectl against one cluster, with a cache folder of its own: another control plane that once had the same port
 * leaves no stale discovery behind.
 * @module
 */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CommandResult, runCommand, tryCommand } from './command.ts';

const ESTABLISHED_WITHIN_MS = 60_000;
const POLL_MS = 100;

/** A kubectl program, and the cluster and user that it acts with. */
export interface Kubectl {
  readonly program: string;
  readonly kubeconfig: string;
  readonly cacheDirectory: string;
}

/** Runs kubectl and gives back its stdout; an Error with its stderr when it fails. */
export function kubectl(using: Kubectl, args: readonly string[], input?: string): Promise<string> {
  return runCommand(using.program, fullArguments(using, args), input === undefined ? {} : { input });
}

/** Runs kubectl and gives back what it said, whatever its exit code. */
export function tryKubectl(using: Kubectl, args: readonly string[], input?: string): Promise<CommandResult> {
  return tryCommand(using.program, fullArguments(using, args), input === undefined ? {} : { input });
}

/**
 * Applies manifest files or folders (server-side, forced), then waits until every CRD among them is established and
 * its resources are served.
 */
export async function applyManifests(using: Kubectl, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const files = paths.flatMap((file) => ['-f', path.resolve(file)]);
  const flags = ['--server-side', '--force-conflicts', '--field-manager=signet-set-up'];
  const applied = (await kubectl(using, ['apply', ...flags, '-o', 'name', ...files])).split('\n');
  const definitions = applied.filter((name) => name.startsWith('customresourcedefinition.apiextensions.k8s.io/'));
  if (definitions.length === 0) return;
  await kubectl(using, ['wait', '--for=condition=Established', '--timeout=60s', ...definitions]);
  for (const definition of definitions) await untilServed(using, definition.slice(definition.indexOf('/') + 1));
}

/** Established is a promise of the definition; the handlers follow within moments. */
async function untilServed(using: Kubectl, resource: string): Promise<void> {
  const deadline = performance.now() + ESTABLISHED_WITHIN_MS;
  for (;;) {
    const answer = await tryKubectl(using, ['get', resource, '--all-namespaces', '-o', 'name']);
    if (answer.code === 0) return;
    if (performance.now() > deadline) throw new Error(`${resource} is not served: ${answer.stderr.trim()}`);
    await delay(POLL_MS);
  }
}

function fullArguments(using: Kubectl, args: readonly string[]): string[] {
  return [`--kubeconfig=${using.kubeconfig}`, `--cache-dir=${using.cacheDirectory}`, ...args];
}
