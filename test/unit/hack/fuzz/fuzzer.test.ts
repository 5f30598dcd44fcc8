// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Finding, Fuzzer } from '../../../../hack/fuzz/fuzzer.ts';
import { mutateDER } from '../../../../hack/fuzz/mutate-der.ts';
import { mutateJSON } from '../../../../hack/fuzz/mutate-json.ts';
import { seededRandom } from '../../../../hack/fuzz/random.ts';
import type { Target } from '../../../../hack/fuzz/target.ts';
import { octetString, sequence, unsignedInteger } from '../../../../src/pki/der.ts';
import { atEnd, cursorOver, enterAny } from '../../../../src/pki/der-reader.ts';

async function fuzzed(feed: Target['feed'], seed: number, inputs: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  const seeds = [Buffer.from('begin')];
  const fuzzer = new Fuzzer({ target: { feed }, seeds, seed, onFinding: (finding) => findings.push(finding) });
  await fuzzer.begin();
  for (let left = inputs; left > 0; left -= 1) await fuzzer.next();
  return findings;
}

async function inputsOf(seed: number): Promise<string[]> {
  const fed: string[] = [];
  await fuzzed((input) => `${fed.push(input.toString('hex')) % 10}`, seed, 200);
  return fed;
}

/** Throws for one input in sixteen million, and tells how near others come. */
function stepByStep(input: Buffer): string {
  const steps = Array.from({ length: 8 }, (_, at) => (input[at] ?? 0) % 8 === at).indexOf(false);
  if (steps === -1) throw new Error('there it is');
  return `${steps}`;
}

describe('a fuzzer', () => {
  it('feeds the same with the same seed, and other things with another', async () => {
    expect(await inputsOf(7)).toEqual(await inputsOf(7));
    expect(await inputsOf(7)).not.toEqual(await inputsOf(8));
  });

  it('finds its way by outcomes, and tells a fault once', async () => {
    const findings = await fuzzed(stepByStep, 1, 40_000);
    expect(findings.map(({ message }) => message)).toEqual(['Error: there it is']);
    expect([...(findings[0]?.input.subarray(0, 8) ?? [])].map((octet) => octet % 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('takes what a target changes of an input for no change of it', async () => {
    const findings = await fuzzed(
      (input) => {
        const text = input.toString('latin1');
        input.fill(0);
        if (text === '\0\0\0\0\0') throw new Error('wiped');
        return '';
      },
      1,
      100,
    );
    expect(findings).toEqual([]);
  });
});

const material = (seed: number) => ({
  random: seededRandom(seed),
  tokens: [Buffer.from('token')],
  other: () => Buffer.from('{"other":[1,2]}'),
});

describe('changes that know a format', () => {
  it('leave DER with right lengths', () => {
    const original = Buffer.from(
      sequence(unsignedInteger(Uint8Array.of(7)), octetString(sequence(octetString(new Uint8Array(200)))), sequence()),
    );
    const changed = new Set<string>();
    for (let seed = 0; seed < 200; seed += 1) {
      const made = mutateDER(original, material(seed));
      const cursor = cursorOver(made);
      while (!atEnd(cursor)) enterAny(cursor);
      changed.add(made.toString('hex'));
    }
    expect(changed.size).toBeGreaterThan(50);
  });

  it('leave JSON JSON, a line of many as well', () => {
    for (const text of ['{"a":{"b":[1,null,"x"]},"c":true}', '{"a":1}\n{"b":{"c":[]}}']) {
      for (let seed = 0; seed < 200; seed += 1) {
        const lines = mutateJSON(Buffer.from(text), material(seed)).toString().split('\n');
        for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
      }
    }
  });
});
