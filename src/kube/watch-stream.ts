// SPDX-License-Identifier: Apache-2.0
/**
 * Cuts a watch response into its lines, one JSON document each, whatever way the bytes were split on the wire.
 * @module
 */

/** Twice what etcd accepts for one object (1.5 MiB), as base64 in JSON, and then some. */
const MAX_LINE = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

export class LineDecoder {
  readonly #onLine: (line: string) => void;
  readonly #max: number;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(onLine: (line: string) => void, max: number = MAX_LINE) {
    this.#onLine = onLine;
    this.#max = max;
  }

  /** Bytes of a line whose end has not come. */
  get pending(): number {
    return this.#size;
  }

  /** Calls back for every line that is complete now. Throws a RangeError when a line grows out of bounds. */
  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = this.#take(chunk, start, end);
      start = end + 1;
      if (line !== '') this.#onLine(line);
    }
    if (start === chunk.length) return;
    this.#grow(chunk.length - start);
    this.#parts.push(start === 0 ? chunk : chunk.subarray(start));
  }

  // Text is decoded a whole line at a time, so a character split over two chunks is never seen halved.
  #take(chunk: Buffer, start: number, end: number): string {
    if (this.#size === 0) {
      if (end - start > this.#max) throw tooLong(this.#max);
      return chunk.toString('utf8', start, end);
    }
    this.#grow(end - start);
    this.#parts.push(chunk.subarray(start, end));
    const line = Buffer.concat(this.#parts, this.#size).toString('utf8');
    this.#parts = [];
    this.#size = 0;
    return line;
  }

  #grow(bytes: number): void {
    this.#size += bytes;
    if (this.#size > this.#max) throw tooLong(this.#max);
  }
}

function tooLong(max: number): RangeError {
  return new RangeError(`line of more than ${max} bytes`);
}
