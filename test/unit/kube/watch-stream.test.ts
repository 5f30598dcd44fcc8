// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { LineDecoder } from '../../../src/kube/watch-stream.ts';

const text = '{"a":"Zürich 🦀"}\n{"b":2}\n\n{"c":"é"}\n';
const lines = ['{"a":"Zürich 🦀"}', '{"b":2}', '{"c":"é"}'];

it('finds the lines however the bytes are split', () => {
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size += 1) {
    const seen: string[] = [];
    const decoder = new LineDecoder((line) => seen.push(line));
    for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.subarray(at, at + size));
    expect(seen).toEqual(lines);
    expect(decoder.pending).toBe(0);
  }
});

it('says how much of an unfinished line it holds', () => {
  const decoder = new LineDecoder(() => undefined);
  decoder.push(Buffer.from('{}\n{"a'));
  expect(decoder.pending).toBe(3);
});

it('takes lines up to the bound and no longer ones, whole or in parts', () => {
  const seen: string[] = [];
  const take = (): LineDecoder => new LineDecoder((line) => seen.push(line), 8);
  take().push(Buffer.from('12345678\n'));
  expect(seen).toEqual(['12345678']);
  expect(() => take().push(Buffer.from('123456789\n'))).toThrow(RangeError);
  expect(() => take().push(Buffer.from('123456789'))).toThrow(RangeError);
  const parts = take();
  parts.push(Buffer.from('12345'));
  parts.push(Buffer.from('678'));
  expect(() => parts.push(Buffer.from('9\n'))).toThrow(RangeError);
});
