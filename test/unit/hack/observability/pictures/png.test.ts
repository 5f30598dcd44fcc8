// SPDX-License-Identifier: Apache-2.0
import { deflateSync, inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { withPalette } from '../../../../../hack/observability/pictures/png.ts';

const chunk = (type: string, data: Buffer): Buffer => {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  return Buffer.concat([size, Buffer.from(type), data, Buffer.alloc(4)]);
};

/** A PNG of RGB rows, each with its filter in front; checksums are not looked at. */
function aPNG(width: number, rows: readonly (readonly number[])[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const data = deflateSync(Buffer.from(rows.flat()));
  return Buffer.concat([Buffer.alloc(8), chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/** The colors of a picture with a palette, by rows. */
function colorsOf(png: Buffer, width: number): string[][] {
  const part = (type: string): Buffer => {
    const at = png.indexOf(type);
    return png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4));
  };
  const palette = part('PLTE');
  const rows = inflateSync(part('IDAT'));
  return Array.from({ length: rows.length / (width + 1) }, (_, y) =>
    Array.from({ length: width }, (_x, x) => {
      const index = rows[y * (width + 1) + 1 + x] ?? 0;
      return palette.toString('hex', index * 3, index * 3 + 3);
    }),
  );
}

const FIRST = [0, 10, 20, 30, 40, 50, 60];

it.each([
  ['none', 0, [1, 2, 3, 4, 5, 6], ['010203', '040506']],
  ['left', 1, [1, 2, 3, 4, 5, 6], ['010203', '050709']],
  ['up', 2, [1, 2, 3, 4, 5, 6], ['0b1621', '2c3742']],
  ['average', 3, [1, 2, 3, 4, 5, 6], ['060c12', '1b242d']],
  ['Paeth', 4, [1, 2, 3, 4, 5, 6], ['0b1621', '2c3742']],
])('keeps every color where there are few: filter %s', (_, filter, bytes, expected) => {
  const png = aPNG(2, [FIRST, [filter, ...bytes]]);
  expect(colorsOf(withPalette(png), 2)).toEqual([['0a141e', '28323c'], expected]);
});

it('gives a color that is left out the nearest that is there', () => {
  const many = Array.from({ length: 256 }, (_, i) => [i, 0, 0]);
  // Each of these stands twice, and the last color once.
  const png = aPNG(513, [[0, ...many.flat(), ...many.flat(), 100, 0, 2]]);
  expect(colorsOf(withPalette(png), 513)[0]?.at(-1)).toBe('640000');
});

it('takes nothing but what Chromium writes', () => {
  const png = aPNG(1, [[0, 1, 2, 3]]);
  png[25] = 3;
  expect(() => withPalette(png)).toThrow('no PNG as Chromium writes it');
});
