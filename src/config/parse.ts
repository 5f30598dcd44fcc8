// SPDX-License-Identifier: Apache-2.0
/**
 * What the command line and the environment ask for. It reads nothing by itself and reports all problems at once.
 * @module
 */
import type { ControllerConfig } from './config.ts';
import { controllerConfig, type ReadFile } from './controller-config.ts';
import { COMMANDS, controllerHelp, programHelp } from './help.ts';
import { type Environment, readSources } from './sources.ts';
import { suggest } from './suggest.ts';

export type Command =
  | { readonly kind: 'controller'; readonly config: ControllerConfig }
  | { readonly kind: 'version' }
  /** For standard output, and success. */
  | { readonly kind: 'help'; readonly text: string }
  /** For standard error, and failure. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[]; readonly text: string };

export interface Input {
  /** Without the program and its script. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly readFile: ReadFile;
}

export function parseCommand({ argv, env, readFile }: Input): Command {
  const [name = '', ...flags] = argv;
  switch (name) {
    case 'controller':
      return isHelp(flags)
        ? { kind: 'help', text: controllerHelp() }
        : controllerCommand({ argv: flags, env, readFile });
    case 'version':
    case '--version':
      return { kind: 'version' };
    case 'help':
    case '--help':
    case '-h':
      return { kind: 'help', text: flags[0] === 'controller' ? controllerHelp() : programHelp() };
    default:
      return invalid([unknownCommand(name)]);
  }
}

function controllerCommand({ argv, env, readFile }: Input): Command {
  const sources = readSources(argv, env);
  const configured = controllerConfig(sources.given, readFile);
  const problems = [...sources.problems, ...('problems' in configured ? configured.problems : [])];
  return problems.length > 0 || 'problems' in configured
    ? invalid(problems)
    : { kind: 'controller', config: configured.config };
}

function isHelp(flags: readonly string[]): boolean {
  return flags.some((flag) => flag === '--help' || flag === '-h');
}

function unknownCommand(name: string): string {
  if (name === '') {
    return 'a command is missing: signet --help lists them';
  }
  const near = suggest(name, Object.keys(COMMANDS));
  const hint = near === undefined ? 'signet --help lists the commands' : `did you mean "signet ${near}"?`;
  return name.startsWith('-')
    ? `${name} stands before the command: write signet controller ${name}`
    : `unknown command "${name}": ${hint}`;
}

function invalid(problems: readonly string[]): Command {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const text = [`signet: ${count} with the configuration:`, ...problems.map((problem) => `  - ${problem}`), ''].join(
    '\n',
  );
  return { kind: 'invalid', problems, text };
}
