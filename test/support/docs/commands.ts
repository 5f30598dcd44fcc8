// SPDX-License-Identifier: Apache-2.0
/**
 * Every command that the pages tell a reader to type: in fenced blocks of a shell, behind the prompt of those that show
 * what is answered, and between backticks in a sentence.
 * @module
 */
import { type Block, type Page, readPages } from './pages.ts';
import { filledIn, type Pipeline, pipelinesOf, type Words } from './shell.ts';

export interface Script {
  /** Where it stands, for people. */
  readonly place: string;
  readonly file: string;
  /** With something in each place that a reader fills. */
  readonly text: string;
  /** A sentence may name a command without all that it needs, and show the rest as `...`. */
  readonly kind: 'Block' | 'Session' | 'Sentence';
}

export interface Documented {
  readonly script: Script;
  readonly pipeline: Pipeline;
}

const SHELLS = ['sh', 'bash', 'shell'];
const PROGRAMS = /^(?:\w+=\S+ )*(?:kubectl|helm|npm|npx|node|signet|docker|openssl|go|make|vitest) /u;

export function scripts(pages: ReadonlyMap<string, Page> = readPages()): Script[] {
  return [...pages.values()].flatMap((page) => [
    ...page.blocks.flatMap((block) => ofBlock(page.file, block)),
    ...page.code.filter((code) => PROGRAMS.test(code)).map((code) => ofSentence(page.file, code)),
  ]);
}

/** The pipelines of a script; an Error with its place where it cannot be read. */
export function documented(script: Script): Documented[] {
  try {
    return pipelinesOf(script.text).map((pipeline) => ({ script, pipeline }));
  } catch (error) {
    throw new Error(`${script.place}: ${String(error)}`, { cause: error });
  }
}

/** The commands of these programs, those that `xargs` is told to run included. */
export function commandsOf(programs: readonly string[], all: readonly Script[] = scripts()): Documented[] {
  return all.flatMap(documented).flatMap(({ script, pipeline }) => {
    const words = pipeline.map((command) => (command[0] === 'xargs' ? behindXargs(command) : command));
    return words.some(([program = '']) => programs.includes(program)) ? [{ script, pipeline: words }] : [];
  });
}

function behindXargs(command: Words): Words {
  return command.slice(1 + command.slice(1).findIndex((word) => !word.startsWith('-')));
}

function ofBlock(file: string, { language, line, text }: Block): Script[] {
  const place = `${file}:${line}`;
  if (SHELLS.includes(language)) return [{ place, file, text: filledIn(text), kind: 'Block' }];
  return language === 'console' ? [{ place, file, text: filledIn(typed(text)), kind: 'Session' }] : [];
}

function ofSentence(file: string, code: string): Script {
  return { place: `${file}, ${code}`, file, text: `${filledIn(code)}\n`, kind: 'Sentence' };
}

/** What a reader types of a block: all of it, or what stands behind prompts. */
export function typedOf({ language, text }: Block): string {
  return language === 'console' ? typed(text) : text;
}

/** The lines behind prompts, and those after them that belong to them: a quote is open. */
function typed(session: string): string {
  const lines: string[] = [];
  let open = false;
  for (const line of session.split('\n')) {
    if (line.startsWith('$ ')) lines.push(line.slice(2));
    else if (open) lines.push(line);
    else continue;
    open = ((lines.join('\n').match(/'/gu) ?? []).length & 1) === 1;
  }
  return `${lines.join('\n')}\n`;
}
