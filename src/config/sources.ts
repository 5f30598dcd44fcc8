// SPDX-License-Identifier: Apache-2.0
/**
 * Where the text of each flag comes from: the command line first, then the environment. It knows which flags exist,
 * not what their values mean.
 * @module
 */
import { type Flag, type Role } from './flag.ts';
import { envName, FLAGS, type FlagKey, flagsOf } from './flags.ts';
import { suggest } from './suggest.ts';

/** As the process got it. Variables that are set but empty count as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The text of a flag, and how to name its origin in a message. */
export interface Given {
  readonly text: string;
  readonly origin: string;
}

export interface Sources {
  readonly given: ReadonlyMap<FlagKey, Given>;
  readonly problems: readonly string[];
}

export function readSources(role: Role, argv: readonly string[], env: Environment): Sources {
  const keys = flagsOf(role);
  const byName: ReadonlyMap<string, FlagKey> = new Map(keys.map((key) => [FLAGS[key].name, key]));
  const given = new Map<FlagKey, Given>();
  const problems: string[] = [];
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
    const key = byName.get(name ?? '');
    if (key === undefined) {
      problems.push(unknownArgument(argument, name, role));
    } else if (given.has(key)) {
      problems.push(`--${name} is given twice: keep one`);
      takeValue(FLAGS[key], inline, rest);
    } else {
      const text = takeValue(FLAGS[key], inline, rest);
      given.set(key, { text: text ?? '', origin: `--${name}` });
      if (text === undefined) {
        problems.push(`--${name} needs a value: write --${name}=${FLAGS[key].value}`);
      }
    }
  }
  for (const key of keys) {
    const found = given.has(key) ? undefined : fromEnvironment(FLAGS[key], env);
    if (found !== undefined) {
      given.set(key, found);
    }
  }
  return { given, problems };
}

/** The value behind `=`, the next argument, or `true` for a switch; undefined when there is none. */
function takeValue(flag: Flag<unknown>, inline: string | undefined, rest: string[]): string | undefined {
  if (inline !== undefined) {
    return inline === '' ? undefined : inline;
  }
  if (flag.value === undefined) {
    return 'true';
  }
  const next = rest[0];
  return next === undefined || next === '' || next.startsWith('-') ? undefined : rest.shift();
}

function fromEnvironment(flag: Flag<unknown>, env: Environment): Given | undefined {
  for (const variable of [envName(flag), ...(flag.alsoEnv ?? [])]) {
    const text = env[variable];
    if (text !== undefined && text !== '') {
      return { text, origin: variable };
    }
  }
  return undefined;
}

function unknownArgument(argument: string, name: string | undefined, role: Role): string {
  const bare = name ?? argument.replace(/^-+/, '');
  const near = suggest(
    bare,
    flagsOf(role).map((key) => FLAGS[key].name),
  );
  const hint = near === undefined ? `signet ${role} --help lists all flags` : `did you mean --${near}?`;
  return argument.startsWith('-')
    ? `unknown flag ${argument.split('=')[0]}: ${hint}`
    : `unexpected argument "${argument}": ${hint}`;
}
