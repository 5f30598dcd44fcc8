// SPDX-License-Identifier: Apache-2.0
/** @module What a program printed, as a page of HTML that looks like the terminal it was printed to. */
import { escaped } from './html.ts';

/** Pixels; of a character of the font, and of a line. */
const CHARACTER = 7.83;
const LINE = 18;
const MARGIN = 16;

/** What is left on a terminal, where the end of a step takes the place of its beginning and of how far it was. */
export function shown(output: string): string[] {
  const lines = output.trim().split('\n');
  return lines.filter((line) => !line.endsWith(' ...') && !/^ {2}\S.* \(\d[\d.]* s\)$/u.test(line));
}

export function terminalSize(lines: readonly string[]): { readonly width: number; readonly height: number } {
  const widest = Math.max(...lines.map((line) => line.length));
  return { width: Math.ceil(widest * CHARACTER) + 2 * MARGIN, height: lines.length * LINE + 2 * MARGIN };
}

export function terminalPage(title: string, lines: readonly string[]): string {
  const text = lines.map((line) => `<div class="${kindOf(line)}">${escaped(line)}</div>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style>
${text.join('\n')}</html>`;
}

function kindOf(line: string): 'heading' | 'done' | 'plain' {
  if (/^\d+\. /u.test(line)) return 'heading';
  return line.startsWith('✓') || line.startsWith('The demo succeeded') ? 'done' : 'plain';
}

const STYLE = `
html{background:#14181f}
body{margin:${MARGIN}px;color:#d6dae1;font:13px/${LINE}px 'DejaVu Sans Mono',monospace}
div{height:${LINE}px;white-space:pre}
.heading{font-weight:bold;color:#fff}
.done{color:#7fd39b}
`;
