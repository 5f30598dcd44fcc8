// SPDX-License-Identifier: Apache-2.0
/**
 * The command line of the local control plane.
 * @module
 */
import { createProgress } from '../progress.ts';
import { parsedArgs } from '../usage.ts';
import { startControlPlane } from './control-plane.ts';
import { keptControlPlanes, stopKept } from './state.ts';

const HELP = `Usage: node hack/controlplane/main.ts [--keep] [--manifests <path>]... [--audit]
       node hack/controlplane/main.ts --stop [<folder>]

Starts a Kubernetes control plane (etcd, kube-apiserver, kube-controller-manager) on this machine, prints the
KUBECONFIG to use and runs until Ctrl-C.

  --keep              leave it running and return; --stop ends it
  --stop              end the control plane in that folder, or every one that --keep left running
  --manifests <path>  apply this file or folder first (CRDs are known to the garbage collector at once)
  --audit             keep an audit log of all requests
  --help              this text

KUBE_VERSION          the Kubernetes version, 1.34.0 or newer (default: the newest tested)
KUBEBUILDER_ASSETS    a folder with the programs
XDG_CACHE_HOME        where built programs are kept (default: ~/.cache)
`;

async function main(args: readonly string[]): Promise<void> {
  const parsed = parsedArgs(HELP, {
    args: [...args],
    allowPositionals: true,
    options: {
      keep: { type: 'boolean', default: false },
      stop: { type: 'boolean', default: false },
      audit: { type: 'boolean', default: false },
      manifests: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (parsed === undefined) return;
  const { values, positionals } = parsed;
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (positionals.length > 0 && !values.stop) throw new Error(`Unexpected argument ${positionals[0]}\n\n${HELP}`);
  const progress = createProgress();
  if (values.stop) {
    const kept = positionals.length > 0 ? positionals : await keptControlPlanes();
    if (kept.length === 0) progress.note('No control plane was left running');
    for (const directory of kept) await progress.run(`Stopping ${directory}`, () => stopKept(directory));
    return;
  }
  const plane = await startControlPlane({ local: true, audit: values.audit, manifests: values.manifests, progress });
  process.stdout.write(`export KUBECONFIG=${plane.kubeconfig}\n`);
  if (plane.auditLog !== undefined) progress.note(`Audit log: ${plane.auditLog}`);
  if (values.keep) {
    await plane.keep();
    progress.note(`Left running; end it with: node hack/controlplane/main.ts --stop ${plane.directory}`);
    return;
  }
  progress.note('Running; Ctrl-C ends it');
  await untilInterrupted();
  await progress.run('Stopping', () => plane.stop());
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
