// SPDX-License-Identifier: Apache-2.0
/**
 * What the command line and the environment ask for. It reads nothing by itself and reports all problems at once.
 * @module
 */
import type { ControllerConfig, ListenAddress, WebhookConfig } from './config.ts';
import { controllerConfig } from './controller-config.ts';
import { ROLES, type Role } from './flag.ts';
import type { ReadFile } from './flag-values.ts';
import { COMMANDS, programHelp, roleHelp } from './help.ts';
import { collectorAccess } from './otlp-environment.ts';
import { type Environment, readSources } from './sources.ts';
import { suggest } from './suggest.ts';
import { webhookConfig } from './webhook-config.ts';

export type Command =
  | { readonly kind: 'controller'; readonly config: ControllerConfig }
  | { readonly kind: 'webhook'; readonly config: WebhookConfig }
  | { readonly kind: 'all'; readonly controller: ControllerConfig; readonly webhook: WebhookConfig }
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
    case 'webhook':
    case 'all':
      return isHelp(flags) ? { kind: 'help', text: roleHelp(name) } : roleCommand(name, { argv: flags, env, readFile });
    case 'version':
    case '--version':
      return { kind: 'version' };
    case 'help':
    case '--help':
    case '-h':
      return { kind: 'help', text: helpOn(flags[0]) };
    default:
      return invalid([unknownCommand(name)]);
  }
}

function roleCommand(role: Role, { argv, env, readFile }: Input): Command {
  const { given, problems } = readSources(role, argv, env);
  const collector = given.has('otlpEndpoint') ? collectorAccess(env, readFile) : undefined;
  const controller = role === 'webhook' ? undefined : controllerConfig(given, readFile, collector?.value);
  const webhook = role === 'controller' ? undefined : webhookConfig(given, readFile, collector?.value);
  // What both take is wrong once.
  const found = [controller, webhook, collector].flatMap(problemsOf);
  const all = new Set([...problems, ...found]);
  if (all.size > 0) return invalid([...all]);
  const first = configOf(controller);
  const second = configOf(webhook);
  if (first !== undefined && second !== undefined)
    return { kind: 'all', controller: first, webhook: { ...second, metricsAddress: next(second.metricsAddress) } };
  if (first !== undefined) return { kind: 'controller', config: first };
  return second === undefined ? invalid([unknownCommand(role)]) : { kind: 'webhook', config: second };
}

type Configured<T> = { readonly config: T } | { readonly problems: readonly string[] } | undefined;

function problemsOf(configured: Configured<unknown> | { readonly problems: readonly string[] }): readonly string[] {
  return configured !== undefined && 'problems' in configured ? configured.problems : [];
}

function configOf<T>(configured: Configured<T>): T | undefined {
  return configured !== undefined && 'config' in configured ? configured.config : undefined;
}

/** The port after this one; where any free one will do, any other. */
function next({ host, port }: ListenAddress): ListenAddress {
  return { host, port: port === 0 ? 0 : port + 1 };
}

function helpOn(topic: string | undefined): string {
  const role = ROLES.find((known) => known === topic);
  return role === undefined ? programHelp() : roleHelp(role);
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
