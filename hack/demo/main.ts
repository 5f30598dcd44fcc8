// SPDX-License-Identifier: Apache-2.0
/**
 * The command line of the demo: options, Ctrl-C, and what is said at the end.
 * @module
 */
import path from 'node:path';
import { startControlPlane } from '../controlplane/control-plane.ts';
import { namesFile } from '../controlplane/external.ts';
import { createProgress, formatElapsed } from '../progress.ts';
import { parsedArgs } from '../usage.ts';
import { metricsURL } from './controller.ts';
import { keep, stopAll } from './kept.ts';
import { removeFromCluster } from './manifests.ts';
import { clear, createStage, type Stage } from './stage.ts';
import { type Outcome, tell } from './story.ts';
import { CHECKOUT, mountOf } from './workloads.ts';

const HELP = `Usage: npm run demo [-- --keep | --stop] [--local]

Gives three services an identity, lets them talk mutual TLS, and watches their certificates being renewed. It brings
up a Kubernetes control plane on this machine, or uses the cluster that KUBECONFIG names (it makes the namespaces
signet-system, signet-demo, shop, web and reports there, and removes them again).

  --keep    leave everything running at the end
  --stop    end every demo that --keep left running, and remove what a killed one left in the cluster of KUBECONFIG
  --local   a control plane of its own, even when KUBECONFIG is set
  --help    this text

KUBE_VERSION, KUBEBUILDER_ASSETS: see node hack/controlplane/main.ts --help. NO_COLOR: no colors.
`;

const INTERRUPTED = 130;

async function main(args: string[]): Promise<number> {
  const parsed = parsedArgs(HELP, {
    args,
    options: {
      keep: { type: 'boolean', default: false },
      stop: { type: 'boolean', default: false },
      local: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (parsed === undefined) return 2;
  const { values } = parsed;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  return values.stop ? stop() : run(values);
}

async function stop(): Promise<number> {
  const progress = createProgress({ stream: process.stdout });
  if ((await stopAll(progress)) === 0) progress.note('No demo was left running');
  const kubeconfig = process.env['KUBECONFIG'] ?? '';
  if (kubeconfig === '') return 0;
  // A demo that was kept says to export its own, which has just gone with it.
  if (!namesFile(kubeconfig)) {
    progress.note(`There is no ${kubeconfig} any more: unset KUBECONFIG`);
    return 0;
  }
  // One that was killed has left its objects there.
  const cluster = await startControlPlane({ progress });
  await progress.run('Removing what a demo left in that cluster', () => removeFromCluster(cluster.kubectl));
  await cluster.stop();
  return 0;
}

async function run(options: { readonly keep: boolean; readonly local: boolean }): Promise<number> {
  const stage = await createStage(interruption());
  const { narrator, signal } = stage;
  let code = 0;
  try {
    const outcome = await tell(stage, options);
    summarize(stage, outcome);
    if (options.keep) {
      await keep(stage, outcome);
      narrator.block(await runningText(stage, outcome));
      return 0;
    }
    narrator.block(FURTHER);
  } catch (error) {
    code = signal.aborted ? INTERRUPTED : 1;
    narrator.block(signal.aborted ? 'Interrupted' : `The demo failed. ${messageOf(error)}`);
  }
  const problems = await clear(stage);
  if (problems.length === 0) return code;
  narrator.block(`Not everything could be undone:\n${problems.join('\n')}`);
  return code === 0 ? 1 : code;
}

/** Aborts when the user wants the demo to end. The second time it ends as it is. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const end = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end);
  return controller.signal;
}

function summarize({ narrator }: Stage, { totals }: Outcome): void {
  const { renewals, requests, refused } = totals;
  narrator.heading('Summary');
  narrator.detail(`3 identities issued, ${renewals} renewals seen on the wire`);
  narrator.detail(`${requests} requests of frontend, each a new mutual TLS connection: 0 failed`);
  narrator.detail(`${refused} requests of reports and 2 forged certificates: all refused`);
  narrator.success(`\nThe demo succeeded in ${formatElapsed(performance.now())}.`);
}

const FURTHER = `To explore it yourself, leave it running:
  npm run demo -- --keep
What it applied is in examples/basics, the services are in examples/node-service, and both are explained in
examples/README.md.`;

async function runningText(stage: Stage, { plane, controller, programs }: Outcome): Promise<string> {
  const mount = mountOf(stage, CHECKOUT);
  return `Everything is left running:
  export KUBECONFIG=${plane.kubeconfig}

Look around:
  kubectl get sid -A --watch
  kubectl describe sid checkout -n shop
  kubectl get td default -o yaml
  openssl x509 -in ${mount}/tls.crt -noout -text
  curl -s ${await metricsURL(stage, controller)}
Try it:
  kubectl delete secret checkout-svid -n shop                      # it is back at once, with a new key
  kubectl patch sid checkout -n shop --type merge -p '{"spec":{"renewRequest":"now"}}'
  kubectl patch sid checkout -n shop --type merge -p '{"spec":{"mtls":{"allowedClients":["spiffe://example.org/ns/*/sa/*"]}}}'
                                                                   # and reports is served
For identities in namespaces of your own, let the trust domain allow them all:
  kubectl patch td default --type json -p '[{"op":"replace","path":"/spec/allowedNamespaces","value":{}}]'
Running, with their logs in ${path.join(stage.directory, 'logs')}:
${programs.map(({ name, pid }) => `  ${name.padEnd(12)} ${pid}`).join('\n')}
End it (within a day: then the tokens of the demo expire):
  npm run demo -- --stop`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// Programs are waited for without holding the event loop: it must not run dry and end a demo that looks like a success.
setInterval(() => undefined, 60_000);
main(process.argv.slice(2)).then(
  // What an interrupted start has left behind ends with this process.
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(1);
  },
);
