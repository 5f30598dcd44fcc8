// SPDX-License-Identifier: Apache-2.0
/**
 * The host that the local node runs in: mount, process and network namespaces of its own. Whatever ends the first
 * process in them ends every container, mount, bridge and packet filter rule with it, so nothing can be left behind;
 * a pair of virtual interfaces is the only way in or out.
 * @module
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { KUBERNETES_SERVICE } from '../controlplane/certificates.ts';
import { runCommand, tryCommand } from '../controlplane/command.ts';
import type { Program, Supervisor } from '../controlplane/process.ts';
import { untilReady } from '../controlplane/readiness.ts';

const READY_WITHIN_MS = 10_000;
const CGROUPS = '/sys/fs/cgroup';
/** Where containerd puts pods that a kubelet without cgroups of its own starts. */
const POD_CGROUP = 'k8s.io';
/** What a kubelet sets for the whole machine. */
const SYSCTLS = ['/proc/sys/vm/overcommit_memory', '/proc/sys/kernel/panic', '/proc/sys/kernel/panic_on_oops'];

/**
 * The first process: it only collects children that lost their parent. Its own /run, /var/log and /var/lib/cni keep
 * what is written to fixed paths out of the machine's.
 */
const FIRST_PROCESS = `
mount -t proc proc /proc &&
for at in /run /var/log /var/lib/cni; do mkdir -p $at && mount -t tmpfs tmpfs $at; done &&
ip link set lo up && echo up &&
while :; do sleep 1000; done
`;

export interface NodeHost {
  readonly directory: string;
  /** The machine's address towards the node. */
  readonly outside: string;
  /** The node's address. */
  readonly address: string;
  /** The addresses of pods, in CIDR form. */
  readonly podRange: string;
  /** The file system as programs inside see it. */
  readonly root: string;
  /** Starts a program inside. */
  start(name: string, command: string, args: readonly string[]): Promise<Program>;
  /** Ends everything inside and undoes what was changed outside. */
  close(): Promise<void>;
}

/** Creates the namespaces; pods in them reach the API server, which listens on `apiServerPort` of every address. */
export async function createHost(supervisor: Supervisor, directory: string, apiServerPort: number): Promise<NodeHost> {
  const before = await Promise.all(SYSCTLS.map(async (file) => [file, await readFile(file, 'utf8')] as const));
  const logFile = path.join(directory, 'logs', 'host.log');
  const namespaces = ['--mount', '--pid', '--net', '--fork', '--kill-child=SIGKILL'];
  const args = [...namespaces, 'sh', '-c', FIRST_PROCESS];
  const first = await supervisor.start({ name: 'the host of the node', command: 'unshare', args, logFile });
  await untilReady(first, async () => (await readFile(logFile, 'utf8')).includes('up\n'), READY_WITHIN_MS);
  const pid = await childOf(first.pid);
  const inside = ['--target', String(pid), '--mount', '--pid', '--net'];
  const number = await freeNumber();
  const [outside, address] = [`10.203.${number}.1`, `10.203.${number}.2`];
  const podRange = `10.204.${number}.0/24`;
  const link = `sgn${number}`;
  await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', String(pid));
  await ip('address', 'add', `${outside}/30`, 'dev', link);
  await ip('link', 'set', link, 'up');
  const run = (command: string, ...rest: string[]) => runCommand('nsenter', [...inside, command, ...rest]);
  await run('ip', 'address', 'add', `${address}/30`, 'dev', 'uplink');
  await run('ip', 'link', 'set', 'uplink', 'up');
  await run('ip', 'route', 'add', 'default', 'via', outside);
  await ip('route', 'add', podRange, 'via', address);
  // No kube-proxy: the one Service that pods cannot do without.
  for (const chain of ['PREROUTING', 'OUTPUT']) {
    const match = ['-t', 'nat', '-A', chain, '-d', KUBERNETES_SERVICE, '-p', 'tcp', '--dport', '443'];
    await run('iptables', ...match, '-j', 'DNAT', '--to-destination', `${outside}:${apiServerPort}`);
  }
  return {
    directory,
    outside,
    address,
    podRange,
    root: `/proc/${pid}/root`,
    start: (name, command, rest) =>
      supervisor.start({
        name,
        command: 'nsenter',
        args: [...inside, command, ...rest],
        logFile: path.join(directory, 'logs', `${name}.log`),
      }),
    async close() {
      const containers = await containersOf(directory);
      await first.stop('SIGKILL');
      // The kernel may have been faster.
      await tryCommand('ip', ['link', 'delete', link]);
      await removeCgroups(containers);
      await Promise.all(before.map(([file, text]) => writeFile(file, text)));
    },
  };
}

function ip(...args: string[]): Promise<string> {
  return runCommand('ip', args);
}

async function childOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return Number(text.trim().split(' ')[0]);
}

/** Two nodes on one machine must not share addresses. */
async function freeNumber(): Promise<number> {
  const links = await runCommand('ip', ['-o', 'link']);
  for (let number = 1; number < 255; number += 1) if (!links.includes(`sgn${number}@`)) return number;
  throw new Error('No free number for a local node: ip link shows 254 interfaces sgn*; remove those that nobody uses');
}

/** Containers that still run. */
async function containersOf(directory: string): Promise<string[]> {
  const tasks = path.join(directory, 'containerd-state/io.containerd.runtime.v2.task/k8s.io');
  // Nothing was ever started.
  return existsSync(tasks) ? readdir(tasks) : [];
}

/** The processes are gone; their cgroups, of either version, stay until somebody removes them. */
async function removeCgroups(containers: readonly string[]): Promise<void> {
  const roots = [CGROUPS, ...(await readdir(CGROUPS)).map((name) => path.join(CGROUPS, name))];
  for (const root of roots) {
    const pods = path.join(root, POD_CGROUP);
    for (const container of containers) await removeFolder(path.join(pods, container));
    await removeFolder(pods);
  }
}

/** Does nothing where there is none, or where another runtime has something in it. */
async function removeFolder(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EBUSY' && code !== 'ENOTDIR') throw error;
  }
}
