// SPDX-License-Identifier: Apache-2.0
/**
 * Characters that nobody sees, or that move what is seen: what JSON lets through of them would fool a terminal, or
 * whoever reads the lines of a log.
 * @module
 */

/** Controls beyond C0, formats (marks of writing direction among them) and Unicode's own ends of lines. */
const UNSEEN = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

const DELETE = '\u007f';

/** Lines of JSON, or of text in which everything foreign is a JSON string, with those characters as JSON escapes them. */
export function withUnseenEscaped(lines: string): string {
  // Nearly all lines are ASCII, and counting octets is ten times as fast as looking for anything in them.
  const ascii = Buffer.byteLength(lines) === lines.length;
  return ascii && !lines.includes(DELETE) ? lines : lines.replaceAll(UNSEEN, escaped);
}

/** Each half of a pair by itself, as in JSON. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => String.raw`\u${unit.toString(16).padStart(4, '0')}`).join('');
}
