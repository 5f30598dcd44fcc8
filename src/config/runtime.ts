// SPDX-License-Identifier: Apache-2.0
/**
 * What the Node.js process that holds CA keys must not be started with: whatever lets others look into its memory.
 * @module
 */

/** Prefixes of Node.js options that open an inspector or write memory to disk. */
const FORBIDDEN = ['--inspect', '--heapsnapshot', '--report', '--experimental-report', '--heap-prof', '--abort-on'];
const WANTED = '--disable-sigusr1';

export interface RuntimeFindings {
  /** Options under which no key may be loaded. */
  readonly forbidden: readonly string[];
  /** Something to mend that does not stand in the way. */
  readonly warning: string | undefined;
}

/** Judges the options Node.js was started with: its own arguments, and NODE_OPTIONS. */
export function judgeRuntime(execArgv: readonly string[], nodeOptions: string | undefined): RuntimeFindings {
  const options = [...execArgv, ...(nodeOptions ?? '').split(/\s+/)];
  const forbidden = options.filter((option) => FORBIDDEN.some((prefix) => option.startsWith(prefix)));
  const warning = options.includes(WANTED)
    ? undefined
    : `started without ${WANTED}: SIGUSR1 would open an inspector on a process that holds CA keys`;
  return { forbidden, warning };
}
