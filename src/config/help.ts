// SPDX-License-Identifier: Apache-2.0
/**
 * The texts of `--help`, from the flag table.
 * @module
 */
import { type Flag, type Role, SECTIONS } from './flag.ts';
import { envName, FLAGS, flagsOf } from './flags.ts';

export const COMMANDS: Readonly<Record<string, string>> = {
  controller: 'issue and renew identities',
  webhook: 'judge what is created and changed',
  all: 'both in one process, for development',
  version: 'print the version',
  help: 'print this text',
};

const WIDTH = 100;
const INDENT = 6;

export function programHelp(): string {
  const commands = Object.entries(COMMANDS).map(([name, help]) => `  ${name.padEnd(12)}${help}`);
  return [
    'Signet gives every Kubernetes service a short-lived SPIFFE identity as a plain Secret.',
    '',
    'Usage: signet <command> [flags]',
    '',
    'Commands:',
    ...commands,
    '',
    'signet controller --help lists the flags of the controller, signet webhook --help those of the webhook; signet all takes both.',
    '',
  ].join('\n');
}

const INTRODUCTIONS: Readonly<Record<Role, readonly string[]>> = {
  controller: [
    'Issues and renews the identities of a cluster.',
    '',
    'Usage: signet controller --trust-domain=NAME [flags]',
  ],
  webhook: [
    'Judges what users create and change, for the API servers of a cluster.',
    '',
    'Usage: signet webhook [flags]',
  ],
  all: [
    'Controller and webhook in one process, for development: they share what should be apart. The metrics of the webhook',
    'are served on the port after that of the controller.',
    '',
    'Usage: signet all --trust-domain=NAME [flags]',
  ],
};

export function roleHelp(role: Role): string {
  const flags: readonly Flag<unknown>[] = flagsOf(role).map((key) => FLAGS[key]);
  const example = role === 'webhook' ? FLAGS.webhookAddress : FLAGS.trustDomain;
  const lines = [
    ...INTRODUCTIONS[role],
    '',
    'Every flag can be set in the environment as well, as SIGNET_ and its name in capitals',
    `(${envName(example)}); the command line wins. Durations are written like 90s, 15m or 1h30m.`,
  ];
  for (const section of SECTIONS) {
    const own = flags.filter((flag) => flag.section === section);
    if (own.length > 0) lines.push('', `${section}:`, ...own.flatMap(flagHelp));
  }
  return `${lines.join('\n')}\n`;
}

/** How a flag is written: `--workers NUMBER`. */
export function flagUsage(flag: Flag<unknown>): string {
  return flag.value === undefined ? `--${flag.name}[=true|false]` : `--${flag.name} ${flag.value}`;
}

/** What counts when the flag is not given. */
export function flagDefault(flag: Flag<unknown>): string {
  return flag.required === true ? 'required' : (flag.default ?? flag.otherwise ?? 'none');
}

function flagHelp(flag: Flag<unknown>): string[] {
  const note = flag.required === true ? '(required)' : `(default: ${flagDefault(flag)})`;
  return [`  ${flagUsage(flag)}`, ...wrap(`${flag.help} ${note}`)];
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && INDENT + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((each) => ' '.repeat(INDENT) + each);
}
