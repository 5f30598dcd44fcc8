// SPDX-License-Identifier: Apache-2.0
/**
 * Bundle documents of every kind of root, read by the reference library.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildJudges } from '../../hack/judges/build.ts';
import { JudgeProcess } from '../../hack/judges/judge-process.ts';
import { encodePEM } from '../../src/pki/pem.ts';
import { bundleContent } from '../../src/reconcilers/bundle/content.ts';
import { formatBundle } from '../../src/spiffe/bundle.ts';
import { DAY, SECOND } from '../../src/time.ts';
import { ALGORITHMS, aRoot, NOW } from './support/authorities.ts';

const SEQUENCE = NOW / SECOND;
const TRUST_DOMAIN = 'example.org';

let judge: JudgeProcess;
beforeAll(async () => {
  judge = new JudgeProcess((await buildJudges()).go);
  judge.start();
});
afterAll(() => judge.stop());

async function roots(algorithms: typeof ALGORITHMS): Promise<readonly Uint8Array[]> {
  const request = { trustDomain: TRUST_DOMAIN, notBefore: NOW, notAfter: NOW + DAY };
  const made = await Promise.all(algorithms.map((algorithm) => aRoot({ ...request, algorithm })));
  return made.map(({ certificate }) => certificate.der);
}

/** What go-spiffe holds of a document for some anchors; empty: it reads exactly these. */
async function verdict(
  document: string,
  anchors: readonly Uint8Array[],
  at: number = SEQUENCE,
): Promise<string | undefined> {
  const bundle = Buffer.from(document);
  const verdicts = await judge.ask({ chain: [], anchors, at, judges: ['bundle'], trustDomain: TRUST_DOMAIN, bundle });
  return verdicts['spiffe-bundle'];
}

function documentOf(anchors: readonly Uint8Array[]): string {
  const pem = anchors.map((der) => encodePEM('CERTIFICATE', der).toString()).join('');
  return bundleContent(pem, SEQUENCE).document;
}

describe('a bundle document', () => {
  test.each(ALGORITHMS)('of a root with a key of type %s', async (algorithm) => {
    const anchors = await roots([algorithm]);
    expect(await verdict(documentOf(anchors), anchors)).toBe('');
  });

  test('of old and new roots of different kinds', async () => {
    const anchors = await roots(ALGORITHMS);
    expect(await verdict(documentOf(anchors), anchors)).toBe('');
  });

  test('without any root', async () => {
    expect(await verdict(formatBundle({ authorities: [], sequence: SEQUENCE }), [])).toBe('');
  });

  test('is judged by what is in it', async () => {
    const anchors = await roots(['ECDSA-P256']);
    const others = await roots(['ECDSA-P256']);
    expect(await verdict(documentOf(anchors), others)).toContain('lacks');
    expect(await verdict(documentOf([...anchors, ...others]), anchors)).toContain('2 authorities');
    expect(await verdict(documentOf(anchors), anchors, SEQUENCE + 1)).toContain('sequence');
    expect(await verdict('{}', [])).not.toBe('');
  });
});
