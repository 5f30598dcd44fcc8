// SPDX-License-Identifier: Apache-2.0
/**
 * What can be asked of the fuzzer, and what is wrong with what was asked.
 * @module
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { TARGETS } from './targets.ts';

/** Where findings are kept, from the root of the repository. */
export const FINDINGS = '.cache/fuzz';
const WIDTH = Math.max(...TARGETS.map(({ name }) => name.length));

export const HELP: string = `Usage: npm run fuzz -- <target> [--minutes N] [--seed S] [--input FILE]

Changes the inputs of test/fuzz/corpus/<target> again and again and feeds them to a parser, until the time is over.
A finding is a promise of the parser that an input breaks: it is kept in ${FINDINGS}.

Targets:
${TARGETS.map(({ name, about }) => `  ${name.padEnd(WIDTH)}  ${about}`).join('\n')}

  --minutes  how long, 1 by default, 10 for a release; a part of one will do
  --seed     a whole number that chooses the way, 1 by default; keys of a target are others each time
  --input    feeds this file alone, which repeats a finding; may be given more than once
  --help     says this

Exit code 1 when anything was found.`;

export interface Wanted {
  readonly target: string;
  readonly seed: number;
  readonly minutes: number;
  readonly files: readonly string[] | undefined;
}

/** What is asked for, `help`, or what is wrong with it. */
export function wantedOf(argv: readonly string[]): Wanted | string {
  let given: ReturnType<typeof parsed>;
  try {
    given = parsed(argv);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { values, positionals } = given;
  if (values.help === true) return 'help';
  const [target, ...more] = positionals;
  if (target === undefined || more.length > 0) return 'name one target';
  if (!TARGETS.some(({ name }) => name === target)) return `unknown target ${target}`;
  const [minutes, seed] = [Number(values.minutes ?? 1), Number(values.seed ?? 1)];
  if (!(minutes > 0 && minutes <= 24 * 60))
    return `--minutes ${values.minutes}: must be a number above 0, at most a day`;
  if (!Number.isSafeInteger(seed)) return `--seed ${values.seed}: must be a whole number`;
  const missing = values.input?.find((file) => !existsSync(file));
  return missing === undefined
    ? { target, seed, minutes, files: values.input }
    : `--input ${missing}: there is no such file`;
}

function parsed(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      minutes: { type: 'string' },
      seed: { type: 'string' },
      input: { type: 'string', multiple: true },
    },
  });
}
