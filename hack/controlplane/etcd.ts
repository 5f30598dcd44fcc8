// SPDX-License-Identifier: Apache-2.0
/**
 * The etcd of a local control plane. It listens on a Unix socket in the control plane's private folder: no port to
 * find free, and nobody else on the machine can read the Secrets in it.
 * @module
 */
import { request } from 'node:http';
import path from 'node:path';
import type { Program, Supervisor } from './process.ts';
import { untilReady } from './readiness.ts';

const READY_WITHIN_MS = 60_000;
/** Names a member that never talks to others; nothing listens there. */
const MEMBER_URL = 'http://localhost:2380';

export function etcdEndpoint(directory: string): string {
  return `unix://${socket(directory)}`;
}

/** The folder with everything that it stores. */
export function etcdData(directory: string): string {
  return path.join(directory, 'etcd');
}

function etcdFlags(directory: string): string[] {
  return [
    '--name=signet',
    `--data-dir=${etcdData(directory)}`,
    // The data lives as long as the control plane: a machine that crashes takes nothing of value with it.
    '--unsafe-no-fsync',
    `--listen-client-urls=${etcdEndpoint(directory)}`,
    '--advertise-client-urls=http://localhost:2379',
    `--listen-peer-urls=unix://${path.join(directory, 'peer.sock')}`,
    `--initial-advertise-peer-urls=${MEMBER_URL}`,
    `--initial-cluster=signet=${MEMBER_URL}`,
    // A single member elects itself: the default timeout is a second of every start.
    '--heartbeat-interval=20',
    '--election-timeout=200',
    '--quota-backend-bytes=8589934592',
  ];
}

export async function startEtcd(supervisor: Supervisor, command: string, directory: string): Promise<Program> {
  const program = await supervisor.start({
    name: 'etcd',
    command,
    args: etcdFlags(directory),
    cwd: directory,
    logFile: path.join(directory, 'logs', 'etcd.log'),
  });
  await untilReady(program, () => isHealthy(directory), READY_WITHIN_MS);
  return program;
}

function socket(directory: string): string {
  return path.join(directory, 'etcd.sock');
}

function isHealthy(directory: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(
      { socketPath: socket(directory), path: '/health', agent: false, timeout: 5_000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    call.on('timeout', () => call.destroy(new Error('timed out')));
    // Not listening yet: the next try decides.
    call.on('error', () => resolve(false));
    call.end();
  });
}
