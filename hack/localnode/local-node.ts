// SPDX-License-Identifier: Apache-2.0
/**
 * A Kubernetes with one real node on this machine: a control plane of its own, a scheduler, containerd and a kubelet,
 * so that charts are installed and pods run as they would anywhere. Linux and root only; no registry, no daemon.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { type Program, Supervisor } from '../controlplane/process.ts';
import { obtainProgram, onPath } from '../controlplane/programs.ts';
import type { Progress } from '../progress.ts';
import { startContainerd } from './containerd.ts';
import { createHost, type NodeHost } from './host.ts';
import { NODE_NAME, prepareKubelet } from './kubelet.ts';
import { pauseImage } from './pause.ts';

const NEEDED = ['containerd', 'ctr', 'runc', 'unshare', 'nsenter', 'ip', 'iptables', 'cc', 'tar'];

export interface LocalNode {
  readonly plane: ControlPlane;
  /** Puts an image archive on the node; pods use it with `imagePullPolicy: Never`. */
  load(archive: string): Promise<void>;
  /** SIGKILL, and a new one; pods live on. */
  restartKubelet(): Promise<void>;
  /** Ends everything, pods included, and leaves nothing. */
  stop(): Promise<void>;
}

/** Starts a control plane and a node, Ready when this returns. Nothing is left when it fails. */
export async function startLocalNode(progress: Progress): Promise<LocalNode> {
  refuseUnableMachine();
  const [kubelet, scheduler] = await Promise.all([
    obtainProgram('kubelet', process.env, progress),
    obtainProgram('kube-scheduler', process.env, progress),
  ]);
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    // Every address: pods come from another network. Advertised to nobody, so any address that is not loopback will do.
    const apiServerFlags = ['--bind-address=0.0.0.0', '--advertise-address=10.203.0.1'];
    const plane = await startControlPlane({ local: true, audit: true, apiServerFlags, progress });
    undo.push(() => plane.stop());
    const supervisor = Supervisor.create();
    const directory = await mkdtemp(path.join(tmpdir(), 'signet-node-'));
    supervisor.removeAtEnd(directory);
    undo.push(
      () => rm(directory, { recursive: true, force: true }),
      () => supervisor.close(),
    );
    await progress.run('Starting kube-scheduler', () => startScheduler(supervisor, plane, scheduler, directory));
    const host = await createHost(supervisor, directory, Number(new URL(plane.server).port));
    undo.push(() => host.close());
    return { plane, stop, ...(await startNode(host, plane, kubelet, progress)) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startNode(
  host: NodeHost,
  plane: ControlPlane,
  program: string,
  progress: Progress,
): Promise<Pick<LocalNode, 'load' | 'restartKubelet'>> {
  const runtime = await progress.run('Starting containerd', async () => {
    const started = await startContainerd(host);
    await started.load(await pauseImage(host.directory));
    return started;
  });
  const start = await prepareKubelet({ program, host, runtime, plane });
  let running: Program | undefined;
  const restartKubelet = async (): Promise<void> => {
    await running?.stop('SIGKILL');
    running = await start();
  };
  await progress.run('Starting the kubelet', async () => {
    await restartKubelet();
    await kubectl(plane.kubectl, ['wait', '--for=create', '--timeout=60s', `node/${NODE_NAME}`]);
    await kubectl(plane.kubectl, ['wait', '--for=condition=Ready', '--timeout=60s', `node/${NODE_NAME}`]);
  });
  return { load: (archive) => runtime.load(archive), restartKubelet };
}

async function startScheduler(
  supervisor: Supervisor,
  plane: ControlPlane,
  command: string,
  directory: string,
): Promise<void> {
  const kubeconfig = await plane.userKubeconfig('CN=system:kube-scheduler', plane.server);
  await supervisor.start({
    name: 'kube-scheduler',
    command,
    args: [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0', '--profiling=false'],
    logFile: path.join(directory, 'logs', 'kube-scheduler.log'),
  });
}

function refuseUnableMachine(): void {
  const missing = NEEDED.filter((program) => onPath(program, process.env) === undefined);
  if (process.platform === 'linux' && process.getuid?.() === 0 && missing.length === 0) return;
  throw new Error(
    `No local node on this machine: it takes Linux, root and ${NEEDED.join(', ')}` +
      `${missing.length === 0 ? '' : ` (missing: ${missing.join(', ')})`}.\n` +
      'What to do: on Debian, apt-get install containerd runc containernetworking-plugins iptables buildah debootstrap; ' +
      'or name a cluster in KUBECONFIG.',
  );
}
