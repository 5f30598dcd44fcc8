// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the commands out of what pages tell a reader to type: words as a shell hands them to programs, through pipes,
 * quotes, substitutions and here-documents. What it cannot read is an error, never a command that nobody looks at.
 * @module
 */

/** A command and its arguments. */
export type Words = readonly string[];
/** Commands, each of which reads what the one before it writes. */
export type Pipeline = readonly Words[];

/** For what a reader puts in. A number is a name, a quantity and JSON at once. */
export const STAND_IN = '1';
const PLACEHOLDER = /<[a-zA-Z][\w .-]*>/gu;

const SPACE = /(?:[ \t]|\\\n)+/uy;
const COMMENT = /#[^\n]*/uy;
const HERE = /<<-?\s*(['"]?)(\w+)\1/uy;
const REDIRECTION = /\d*(?:>>?|<)(?!\()(?:&\d)?/uy;
const OPERATOR = /&&|\|\||[|&;()\n]/uy;
const PART =
  /'(?<single>[^']*)'|"(?<double>(?:[^"\\$]|\\[^]|\$\([^()]*\)|\$(?!\())*)"|\\(?<escaped>[^\n])|[$<]\((?<inner>[^()]*)\)|(?<plain>(?:[^\s'"\\|&;()<>$]|\$(?!\())+)/uy;

type Token = { readonly word: string } | { readonly operator: string };

/** The script with something in each place of the form `<name>`. */
export function filledIn(script: string): string {
  return script.replaceAll(PLACEHOLDER, STAND_IN);
}

/** Every pipeline of a script, those of its substitutions before it; an Error where it cannot be read. */
export function pipelinesOf(script: string): Pipeline[] {
  const inner: Pipeline[] = [];
  const pipelines: Words[][] = [[]];
  let words: string[] = [];
  let dropped = false;
  const ended = (): void => {
    const command = words.slice(words.findIndex((word) => !/^\w+=/u.test(word)));
    if (words.some((word) => !/^\w+=/u.test(word))) pipelines.at(-1)?.push(command);
    words = [];
  };
  for (const token of tokensOf(script, inner)) {
    if ('word' in token) {
      if (!dropped) words.push(token.word);
      dropped = false;
    } else if (/[<>]/u.test(token.operator)) {
      // What is behind a redirection is a file; behind `2>&1` is nothing.
      dropped = !token.operator.includes('&');
    } else {
      ended();
      if (token.operator !== '|') pipelines.push([]);
    }
  }
  ended();
  return [...inner, ...pipelines.filter((commands) => commands.length > 0)];
}

function tokensOf(script: string, inner: Pipeline[]): Token[] {
  const tokens: Token[] = [];
  const here: string[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(script) ?? undefined;
    at += found?.[0].length ?? 0;
    return found;
  };
  while (at < script.length) {
    if (match(SPACE) !== undefined || match(COMMENT) !== undefined) continue;
    const document = match(HERE);
    const operator = document === undefined ? (match(REDIRECTION) ?? match(OPERATOR)) : undefined;
    if (document !== undefined) here.push(document[2] ?? '');
    else if (operator !== undefined) {
      tokens.push({ operator: operator[0] });
      if (operator[0] === '\n') at = behindDocuments(script, at, here.splice(0));
    } else tokens.push({ word: wordFrom(match, script.slice(at, at + 40), inner) });
  }
  if (here.length > 0) throw new Error(`nothing stands below << ${here.join(', ')}`);
  return tokens;
}

function wordFrom(match: (pattern: RegExp) => RegExpExecArray | undefined, rest: string, inner: Pipeline[]): string {
  let word: string | undefined;
  for (let part = match(PART)?.groups; part !== undefined; part = match(PART)?.groups) {
    const { single, double, escaped, inner: substituted, plain } = part;
    if (substituted !== undefined) inner.push(...pipelinesOf(substituted));
    word = `${word ?? ''}${single ?? (double === undefined ? undefined : unquoted(double, inner)) ?? escaped ?? plain ?? STAND_IN}`;
  }
  if (word === undefined) throw new Error(`no shell that is read here: ${rest}`);
  return word;
}

function unquoted(text: string, inner: Pipeline[]): string {
  return text.replaceAll(/\\([^])|\$\(([^()]*)\)/gu, (all, escaped?: string, substituted?: string) => {
    if (substituted === undefined) return '"\\$`'.includes(escaped ?? '') ? (escaped ?? '') : all;
    inner.push(...pipelinesOf(substituted));
    return STAND_IN;
  });
}

function behindDocuments(script: string, from: number, delimiters: readonly string[]): number {
  let at = from;
  for (const delimiter of delimiters) {
    const end = new RegExp(`^${delimiter}$\n?`, 'mu').exec(script.slice(at));
    if (end === null) throw new Error(`the here-document ${delimiter} never ends`);
    at += end.index + end[0].length;
  }
  return at;
}
