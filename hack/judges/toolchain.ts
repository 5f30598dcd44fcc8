// SPDX-License-Identifier: Apache-2.0
/**
 * The programs of other people that judges and peers are made of, and what to do when one is missing.
 * A missing one is a failure, never a skipped test: a suite that judges nothing would pass as well.
 * @module
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Tool {
  readonly command: string;
  readonly version: readonly string[];
  readonly accepts: RegExp;
  readonly wanted: string;
}

const TOOLS = {
  go: { command: 'go', version: ['env', 'GOVERSION'], accepts: /^go1\.(2[6-9]|[3-9]\d)/u, wanted: 'Go 1.26 or newer' },
  java: {
    command: 'java',
    version: ['--version'],
    accepts: /^\S+ (1[7-9]|[2-9]\d)\b/u,
    wanted: 'a Java runtime, 17 or newer',
  },
  javac: {
    command: 'javac',
    version: ['--version'],
    accepts: /^javac (1[7-9]|[2-9]\d)\b/u,
    wanted: 'a Java development kit, 17 or newer',
  },
  openssl: { command: 'openssl', version: ['version'], accepts: /^OpenSSL [3-9]\./u, wanted: 'OpenSSL 3 or newer' },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof TOOLS;

/** First line of what the tool says of its version. Throws, naming what to install, when it is absent or too old. */
export async function requireTool(name: ToolName): Promise<string> {
  const tool: Tool = TOOLS[name];
  const advice = `The tests need ${tool.wanted} ("${tool.command}" on PATH): install it, there is no way to go without`;
  let printed: string;
  try {
    printed = (await run(tool.command, tool.version)).stdout;
  } catch (cause) {
    throw new Error(`${advice}.`, { cause });
  }
  const [version = ''] = printed.split('\n');
  if (!tool.accepts.test(version)) throw new Error(`${advice}; found "${version}".`);
  return version;
}
