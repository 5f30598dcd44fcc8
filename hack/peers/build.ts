// SPDX-License-Identifier: Apache-2.0
/**
 * How the peers of the handshake lab are started: those in Go and Java are built into the per-user cache first.
 * Run by itself, it only builds.
 * @module
 */
import { join } from 'node:path';
import { buildCached } from '../judges/build-cache.ts';
import { requireTool } from '../judges/toolchain.ts';

/** The TLS implementations under test. */
export const STACKS = ['node', 'go', 'openssl', 'java'] as const;
export type Stack = (typeof STACKS)[number];

const JVM_FLAGS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx128m', '-Xshare:auto'];

/** Program and first arguments for each stack; a directory is all that is to be added. */
export type PeerCommands = Readonly<Record<Stack, readonly string[]>>;

/** Builds what is missing. Throws when a toolchain is absent or a build fails. */
export async function buildPeers(): Promise<PeerCommands> {
  await requireTool('openssl');
  const target = await buildCached({
    name: 'peers',
    title: 'the peers of the handshake lab',
    go: { folder: join(import.meta.dirname, 'go'), output: 'peer', note: '' },
    java: { folder: join(import.meta.dirname, 'java'), source: 'Peer.java' },
  });
  return {
    node: node('node-peer.ts'),
    go: [join(target, 'peer')],
    openssl: node('openssl-peer.ts'),
    java: ['java', ...JVM_FLAGS, '-cp', join(target, 'java'), 'Peer'],
  };
}

function node(script: string): string[] {
  return [process.execPath, join(import.meta.dirname, script)];
}

if (import.meta.main) await buildPeers();
