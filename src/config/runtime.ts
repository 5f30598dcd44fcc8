// SPDX-License-Identifier: Apache-2.0
/**
 * What the Node.js process that holds CA keys must not be started with: whatever lets others look into its memory or
 * its connections.
 * @module
 */

/** Beginnings of the names of options, of Node.js and of V8, under which no key may be loaded. */
const FORBIDDEN = [
  // They open an inspector or say where.
  '--inspect',
  '--debug-port',
  // They write memory, or what is known of it, to disk.
  '--heapsnapshot',
  '--heap-snapshot',
  '--heap-prof',
  '--cpu-prof',
  '--build-snapshot',
  '--report',
  '--experimental-report',
  '--abort-on',
  // They tell what goes over TLS connections, private keys in Secrets among it.
  '--tls-keylog',
  '--trace-tls',
  // They bring in options that nobody sees here.
  '--experimental-config-file',
  '--experimental-default-config-file',
];
const WANTED = '--disable-sigusr1';

export interface RuntimeFindings {
  /** Options under which no key may be loaded. */
  readonly forbidden: readonly string[];
  /** Something to mend that does not stand in the way. */
  readonly warning: string | undefined;
}

/** Judges the options Node.js was started with: its own arguments, and NODE_OPTIONS. */
export function judgeRuntime(execArgv: readonly string[], nodeOptions: string | undefined): RuntimeFindings {
  const options = [...execArgv, ...splitOptions(nodeOptions ?? '')];
  const forbidden = options.filter((option) => FORBIDDEN.some((prefix) => optionName(option).startsWith(prefix)));
  const warning = options.some((option) => optionName(option) === WANTED)
    ? undefined
    : `started without ${WANTED}: SIGUSR1 would open an inspector on a process that holds CA keys; start Node.js with it`;
  return { forbidden, warning };
}

/** Splits NODE_OPTIONS as Node.js does: quotes may stand anywhere, and a backslash escapes between them only. */
function splitOptions(text: string): string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*(?:"|\\?$)|[^\s"])+/gsu) ?? [];
  return words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)(?:"|\\?$)/gsu, (_quoted, inside: string) => inside.replace(/\\(.)/gsu, '$1')),
  );
}

/** The name in its usual spelling: Node.js takes underscores for dashes, and V8 a single dash for two. */
function optionName(option: string): string {
  const [name = ''] = option.split('=', 1);
  return name.replace(/^--?/u, '--').replaceAll('_', '-');
}
