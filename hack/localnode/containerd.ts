// SPDX-License-Identifier: Apache-2.0
/**
 * The container runtime of the local node: containerd with runc and the bridge plugin of CNI, all of its state in the
 * folder of the node.
 * @module
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand, tryCommand } from '../controlplane/command.ts';
import { untilReady } from '../controlplane/readiness.ts';
import type { NodeHost } from './host.ts';
import { PAUSE_IMAGE } from './pause.ts';

const READY_WITHIN_MS = 30_000;
const PLUGINS = ['/usr/lib/cni', '/opt/cni/bin'];

export interface Runtime {
  readonly socket: string;
  /** Puts an image archive (as `docker save` writes it) where the kubelet finds it. */
  load(archive: string): Promise<void>;
}

export async function startContainerd(host: NodeHost): Promise<Runtime> {
  const place = (name: string): string => path.join(host.directory, name);
  const socket = place('containerd.sock');
  await mkdir(place('cni'), { recursive: true });
  await writeFile(path.join(place('cni'), '10-signet.conflist'), JSON.stringify(network(host)));
  await writeFile(place('containerd.toml'), configuration(host));
  const program = await host.start('containerd', 'containerd', ['--config', place('containerd.toml')]);
  const ctr = ['--address', socket, '--namespace', 'k8s.io'];
  await untilReady(
    program,
    async () => existsSync(socket) && (await tryCommand('ctr', [...ctr, 'version'])).code === 0,
    READY_WITHIN_MS,
  );
  return {
    socket,
    async load(archive) {
      await runCommand('ctr', [...ctr, 'images', 'import', archive]);
    },
  };
}

function network({ podRange }: NodeHost): unknown {
  return {
    cniVersion: '0.4.0',
    name: 'signet',
    plugins: [
      {
        type: 'bridge',
        bridge: 'pods',
        isGateway: true,
        hairpinMode: true,
        ipam: { type: 'host-local', ranges: [[{ subnet: podRange }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
    ],
  };
}

function configuration({ directory }: NodeHost): string {
  const plugins = PLUGINS.find((folder) => existsSync(folder)) ?? PLUGINS[0];
  const place = (name: string): string => JSON.stringify(path.join(directory, name));
  return `version = 2
root = ${place('containerd')}
state = ${place('containerd-state')}
[grpc]
  address = ${place('containerd.sock')}
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Machines that may not raise the priority of a process before the killer of the kernel.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${JSON.stringify(plugins)}
    conf_dir = ${place('cni')}
`;
}
