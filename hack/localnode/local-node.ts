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
import { createHost } from './host.ts';
import { type KubeletOptions, NODE_NAME, prepareKubelet } from './kubelet.ts';
import { pauseImage } from './pause.ts';

const NEEDED = ['containerd', 'ctr', 'runc', 'unshare', 'nsenter', 'ip', 'iptables', 'cc', 'tar'];

export interface LocalNode {
  readonly plane: ControlPlane;
  /** What the kubelet mounts for a pod, as this process can read it. */
  volume(podUID: string, kind: 'secret', name: string): string;
  /** Puts an image archive on the node; pods use it with `imagePullPolicy: Never`. */
  load(archive: string): Promise<void>;
  /** SIGKILL, and a new one; pods live on. */
  restartKubelet(): Promise<void>;
  /** Ends everything, pods included, and leaves nothing. */
  stop(): Promise<void>;
}

export interface NodeOptions {
  /** Applied before the node starts. */
  readonly manifests?: readonly string[];
  /** How often the kubelet looks at a pod that did not change; 10 s by default, 1 min on most clusters. */
  readonly syncFrequency?: string;
}

/** Starts a control plane and a node, Ready when this returns. Nothing is left when it fails. */
export async function startLocalNode(progress: Progress, options: NodeOptions = {}): Promise<LocalNode> {
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
    const plane = await startControlPlane({
      local: true,
      audit: true,
      apiServerFlags,
      progress,
      manifests: options.manifests ?? [],
    });
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
    const { syncFrequency = '10s' } = options;
    const node = await startNode({ host, plane, program: kubelet, syncFrequency }, progress);
    const volume: LocalNode['volume'] = (uid, kind, name) =>
      path.join(host.root, directory, 'kubelet/pods', uid, 'volumes', `kubernetes.io~${kind}`, name);
    return { plane, stop, volume, ...node };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startNode(
  { host, plane, program, syncFrequency }: Omit<KubeletOptions, 'runtime'>,
  progress: Progress,
): Promise<Pick<LocalNode, 'load' | 'restartKubelet'>> {
  const runtime = await progress.run('Starting containerd', async () => {
    const started = await startContainerd(host);
    await started.load(await pauseImage(host.directory));
    return started;
  });
  const start = await prepareKubelet({ program, host, runtime, plane, syncFrequency });
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
