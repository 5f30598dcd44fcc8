// SPDX-License-Identifier: Apache-2.0
/**
 * Reads a command line of kubectl as kubectl does: which subcommand it is, which flags it has, what is left. What a
 * subcommand knows is asked of the program itself.
 * @module
 */
import { runCommand } from '../../../hack/controlplane/command.ts';
import type { Words } from './shell.ts';

export interface KubectlLine {
  /** Such as `create secret generic`. */
  readonly command: string;
  /** Without flags, and without what is behind `--`. */
  readonly operands: readonly string[];
  /** By their long names; empty: no value follows. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
}

interface Known {
  readonly children: ReadonlySet<string>;
  /** By `-f` and `--filename`: the long name, and whether a value follows. */
  readonly flags: ReadonlyMap<string, { readonly name: string; readonly takes: boolean }>;
}

/** Reads a line, the program's name included; an Error where kubectl has no such subcommand or flag. */
export type ReadKubectl = (words: Words) => Promise<KubectlLine>;

export function kubectlReader(program: string): ReadKubectl {
  const asked = new Map<string, Promise<Known>>();
  const know = (path: readonly string[]): Promise<Known> => {
    const key = path.join(' ');
    const known = asked.get(key) ?? ask(program, path);
    asked.set(key, known);
    return known;
  };
  /** The subcommand that words begin with, global flags aside, and how many words that were. */
  const descend = async (operands: readonly string[]): Promise<string[]> => {
    const path: string[] = [];
    while ((await know(path)).children.has(operands[path.length] ?? '')) path.push(operands[path.length] ?? '');
    return path;
  };
  return async ([, ...all]) => {
    const end = all.indexOf('--');
    const words = (end === -1 ? all : all.slice(0, end)).flatMap(apart);
    // Where a flag takes its value from the next word, that is no operand; which flags do, the subcommand says.
    const path = await descend(words.filter((word) => !word.startsWith('-')));
    const flags = new Map([...(await know(['options'])).flags, ...(await know(path)).flags]);
    const line = { command: path.join(' '), operands: [] as string[], flags: new Map<string, string[]>() };
    for (let i = 0; i < words.length; i += 1) {
      const [, name, value] = /^(--?[a-zA-Z][\w-]*)(?:=(.*))?$/su.exec(words[i] ?? '') ?? [];
      const flag = flags.get(name ?? '');
      if (name === undefined) line.operands.push(words[i] ?? '');
      else if (flag === undefined) throw new Error(`kubectl ${line.command} has no flag ${name}`);
      else {
        const given = value ?? (flag.takes ? words[(i += 1)] : undefined) ?? '';
        line.flags.set(flag.name, [...(line.flags.get(flag.name) ?? []), given]);
      }
    }
    return { ...line, operands: line.operands.slice(path.length) };
  };
}

/** `-it` is `-i -t`. */
function apart(word: string): string[] {
  return /^-[a-z]{2,}$/iu.test(word) ? word.slice(1).replaceAll(/./gu, ' -$&').trim().split(' ') : [word];
}

async function ask(program: string, path: readonly string[]): Promise<Known> {
  const args = path[0] === 'options' ? path : [...path, '--help'];
  const text = await runCommand(program, args);
  const children = [...text.matchAll(/^ {2}([a-z][\w-]*) {2,}\S/gmu)].map(([, name = '']) => name);
  const flags = [...text.matchAll(/^ {4}(?:(-\w), )?(--[\w-]+)=(.*):$/gmu)].flatMap(
    ([, short, name = '', standard]) => {
      const flag = { name, takes: standard !== 'true' && standard !== 'false' };
      return [name, ...(short === undefined ? [] : [short])].map((key) => [key, flag] as const);
    },
  );
  return { children: new Set(children), flags: new Map(flags) };
}
