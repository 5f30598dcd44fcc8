// SPDX-License-Identifier: Apache-2.0
/**
 * How the demo speaks: numbered headings, steps with their elapsed time, plain lines. Everything on stdout and in
 * order; bold and colors on a terminal only (and never with NO_COLOR).
 * @module
 */
import { styleText } from 'node:util';
import { createProgress, type Progress } from '../progress.ts';

export interface Narrator {
  readonly progress: Progress;
  heading(text: string): void;
  /** A line of detail below a step. */
  detail(text: string): void;
  /** Lines that are shown as they are. */
  block(text: string): void;
  success(text: string): void;
}

export function createNarrator(): Narrator {
  const stream = process.stdout;
  let headings = 0;
  const print = (text: string): void => {
    stream.write(`${text}\n`);
  };
  return {
    progress: createProgress({ stream }),
    heading: (text) => {
      headings += 1;
      print(`\n${styleText('bold', `${headings}. ${text}`, { stream })}`);
    },
    detail: (text) => print(`   ${text}`),
    block: (text) => print(`\n${text.trimEnd()}\n`),
    success: (text) => print(styleText(['bold', 'green'], text, { stream })),
  };
}
