// SPDX-License-Identifier: Apache-2.0
/**
 * Helm in the project's version, with settings, caches and plugins of nobody: what it does depends on its arguments
 * alone.
 * @module
 */
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CommandResult, tryCommand } from '../controlplane/command.ts';
import type { Environment } from '../controlplane/process.ts';
import { obtainProgram } from '../controlplane/programs.ts';
import type { Progress } from '../progress.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const CHART: string = path.join(ROOT, 'charts/signet');
const TIMEOUT_MS = 300_000;

/** Runs Helm and gives back what it said, whatever its exit code. */
export type Helm = (args: readonly string[], input?: string) => Promise<CommandResult>;

/** Finds or builds Helm. With a kubeconfig it acts on that cluster, else on none. */
export async function helmProgram(progress: Progress, kubeconfig?: string): Promise<Helm> {
  const program = await obtainProgram('helm', process.env, progress);
  const nowhere = path.join(tmpdir(), 'signet-no-helm');
  const environment: Environment = {
    PATH: process.env['PATH'],
    HOME: nowhere,
    HELM_CACHE_HOME: path.join(nowhere, 'cache'),
    HELM_CONFIG_HOME: path.join(nowhere, 'config'),
    HELM_DATA_HOME: path.join(nowhere, 'data'),
    KUBECONFIG: kubeconfig ?? '/dev/null',
  };
  return (args, input) =>
    tryCommand(program, args, { environment, timeout: TIMEOUT_MS, ...(input === undefined ? {} : { input }) });
}

/** Runs Helm and gives back its stdout; an Error with its stderr when it fails. */
export async function runHelm(helm: Helm, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await helm(args, input);
  if (code !== 0) throw new Error(`helm ${args.join(' ')} failed (exit code ${code}):\n${stderr.trim()}`);
  return stdout;
}
