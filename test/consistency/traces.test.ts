// SPDX-License-Identifier: Apache-2.0
/** @module Every span and attribute that the code makes stands in the catalog, and the other way round. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { API_CALL, SPAN_ATTRIBUTES, SPANS } from '../../src/observability/span-catalog.ts';

const SRC = path.resolve(import.meta.dirname, '../../src');
const TEXT = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('span-catalog.ts'))
  .map((file) => readFileSync(path.join(SRC, file), 'utf8'))
  .join('\n');

function found(pattern: RegExp): string[] {
  return [...new Set([...TEXT.matchAll(pattern)].map(([, name = '']) => name))].toSorted();
}

it('has every span of the code, and no other', () => {
  const named = Object.keys(SPANS).filter((name) => name !== API_CALL);
  expect(found(/\.span\(\s*'([^']+)'/gu)).toEqual(named.toSorted());
});

it('has every attribute of the code, and no other', () => {
  const inCode = [...found(/\b[sS]pan\.set\(\s*'([^']+)'/gu), ...found(/^\s+'((?:http|error)\.[a-z_.]+)':/gmu)];
  expect(inCode.toSorted()).toEqual(Object.keys(SPAN_ATTRIBUTES).toSorted());
});

it('gives every attribute to a span', () => {
  const given = new Set(['error.type', ...Object.values(SPANS).flatMap(({ attributes }) => attributes)]);
  expect(Object.keys(SPAN_ATTRIBUTES).filter((name) => !given.has(name))).toEqual([]);
});

it('tells everything in the example of a pipeline by its name', () => {
  const file = readFileSync(path.resolve(SRC, '../hack/observability/otel-collector.yaml'), 'utf8');
  const keys = [...file.matchAll(/key: (\S+?),/gu)].map(([, key = '']) => key);
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.filter((key) => !(key in SPAN_ATTRIBUTES))).toEqual([]);
});
