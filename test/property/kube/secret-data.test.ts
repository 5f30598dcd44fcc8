// SPDX-License-Identifier: Apache-2.0
/**
 * The reader of Secrets against JSON.parse: it takes what a Secret can be, finds the same in it, and refuses the rest.
 * @module
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { isSignetError } from '../../../src/errors.ts';
import { parseSecret, type SecretWithData } from '../../../src/kube/secret-data.ts';

interface Parsed {
  readonly metadata: unknown;
  readonly type?: string;
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, string | null>> | null;
}

/** A member with a backslash at the end of its name, in JSON. */
const backslashName = /\\\\"\s*:/;
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('"', '\\', '\u2028', '\ud800', '{"data":{'),
);
/** Without a backslash: once V8 has seen a member called so, it takes others with escapes for it (nodejs/node#63785). */
const name = text.filter((each) => !each.includes('\\'));
const texts = fc.dictionary(name, text, { maxKeys: 4 });
const anything = fc.jsonValue({ maxDepth: 8 }).filter((value) => !backslashName.test(JSON.stringify(value)));
const octets = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64'));

const metadata = fc.record(
  {
    name: fc.stringMatching(/^[a-z0-9.-]{1,20}$/),
    uid: fc.stringMatching(/^[0-9a-f-]{1,36}$/),
    resourceVersion: fc.stringMatching(/^[0-9]{1,12}$/),
    labels: texts,
    annotations: texts,
    managedFields: fc.array(fc.record({ manager: text, fieldsV1: anything }), { maxLength: 3 }),
  },
  { requiredKeys: ['name', 'uid', 'resourceVersion'] },
);

const secret = fc.record(
  {
    kind: fc.constant('Secret'),
    metadata,
    apiVersion: fc.constant('v1'),
    type: text,
    immutable: fc.boolean(),
    data: fc.oneof(fc.dictionary(name, fc.oneof(octets, fc.constant(null)), { maxKeys: 6 }), fc.constant(null)),
    other: anything,
  },
  { requiredKeys: ['kind', 'metadata'] },
);

/** The JSON in one of its many spellings. */
const spelled = fc
  .record({ secret, indent: fc.constantFrom(undefined, 1, '\t', '\r\n'), seed: fc.nat(), escapes: fc.boolean() })
  .map(({ secret: value, indent, seed, escapes }) => {
    const entries = Object.entries(value);
    const turned = [...entries.slice(seed % entries.length), ...entries.slice(0, seed % entries.length)];
    // JSON.stringify writes the indent as it is, so only white space makes JSON.
    const json = JSON.stringify(Object.fromEntries(turned), undefined, indent);
    return escapes ? withEscapes(json) : json;
  });

/** Non-ASCII as \u escapes, as some proxies write them. */
function withEscapes(json: string): string {
  return json.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function expected(json: string): unknown {
  const { metadata: meta, type, immutable, data } = JSON.parse(json) as Parsed;
  const files = Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value ?? '', 'base64')]);
  return { metadata: meta, type, immutable, data: new Map(files as [string, Buffer][]) };
}

/** What comes of it, or that it was refused; anything else that is thrown fails the test. */
function outcomeOf(bytes: Buffer): SecretWithData | 'refused' {
  try {
    return parseSecret(bytes);
  } catch (error) {
    expect(isSignetError(error, 'ERR_KUBE_PROTOCOL')).toBe(true);
    return 'refused';
  }
}

it('finds in any Secret what JSON.parse finds', () => {
  fc.assert(
    fc.property(spelled, (json) => {
      const bytes = Buffer.from(json);
      expect(parseSecret(bytes)).toEqual(expected(bytes.toString()));
    }),
    { numRuns: 1000 },
  );
});

it('refuses what is damaged, or finds in it what JSON.parse finds', () => {
  const damage = fc.array(
    fc.record({
      at: fc.nat(),
      cut: fc.nat(3),
      put: fc.oneof(
        fc.constantFrom(
          '"',
          '\\',
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          ' ',
          '\u0000',
          '0',
          '-',
          'e',
          '.',
          '\\u00',
          '=',
          'null',
        ),
        fc.string({ maxLength: 3 }),
      ),
    }),
    { minLength: 1, maxLength: 3 },
  );
  let taken = 0;
  fc.assert(
    fc.property(spelled, damage, (json, cuts) => {
      let damaged = Buffer.from(json);
      for (const { at, cut, put } of cuts) {
        const from = at % (damaged.length + 1);
        damaged = Buffer.concat([damaged.subarray(0, from), Buffer.from(put), damaged.subarray(from + cut)]);
      }
      fc.pre(!backslashName.test(damaged.toString()));
      const outcome = outcomeOf(damaged);
      if (outcome === 'refused') return;
      taken += 1;
      expect(outcome).toEqual(expected(damaged.toString()));
    }),
    { numRuns: 3000 },
  );
  // White space, letters inside a text: not all damage is one.
  expect(taken).toBeGreaterThan(100);
});

it('refuses any other octets', () => {
  const tokens = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    'true',
    'null',
    '-1.5e+3',
    '"data"',
    '"kind"',
    ' ',
    '\\',
  );
  const soup = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tokens, { maxLength: 100 }).map((parts) => Buffer.from(parts.join(''))),
  );
  fc.assert(
    fc.property(soup, (bytes) => {
      expect(outcomeOf(bytes)).toBe('refused');
    }),
    { numRuns: 3000 },
  );
});
