// SPDX-License-Identifier: Apache-2.0
/**
 * Our path validator beside everybody else's, one bent chain at a time: where Go or OpenSSL refuses we refuse, and
 * where only we refuse the reason stands in the list.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Verdicts } from '../../hack/judges/judge-process.ts';
import { expectAccepted } from './support/exceptions.ts';
import { Judges, ourVerdict, refusals } from './support/judges.ts';
import { MUTATIONS } from './support/mutations/all.ts';
import type { Dice } from './support/mutations/mutation.ts';
import { exhibitOf, SCENES } from './support/scene.ts';
import { printTable } from './support/tally.ts';

const judges = new Judges();
const refused = { Go: 0, OpenSSL: 0, Java: 0, Signet: 0 };
beforeAll(() => judges.start());
afterAll(async () => {
  await judges.stop();
  const all = `${MUTATIONS.length}`;
  printTable('Path validator: mutations of the plain chain that each verifier refuses', [
    ['verifier', 'refused', 'of'],
    ...Object.entries(refused).map(([verifier, count]) => [verifier, `${count}`, all]),
  ]);
});

describe('without a mutation everybody accepts', () => {
  test.each(Object.entries(SCENES))('%s', async (_, scene) => {
    expectAccepted(await judges.everybody(exhibitOf(scene)));
  });
});

describe.each(['wrong', 'stricter', 'harmless'] as const)('%s', (kind) => {
  test.each(MUTATIONS.filter((mutation) => mutation.kind === kind).map(({ name, ...rest }) => [name, rest] as const))(
    '%s',
    async (_, { apply }) => {
      for (const first of [0, 1, 2]) {
        const exhibit = exhibitOf(apply(SCENES.plain, counting(first)));
        const [go, openssl, java] = await Promise.all([
          judges.go(exhibit, ['x509']),
          judges.openssl(exhibit),
          judges.java(exhibit),
        ]);
        const ours = ourVerdict(exhibit);
        if (first === 0) note({ Go: refuses(go), OpenSSL: refuses(openssl), Java: refuses(java), Signet: ours !== '' });
        expect({
          'Go or OpenSSL refuses': refuses(go) || refuses(openssl),
          'Signet refuses': ours !== '',
          verdicts: { ours, ...go, ...openssl },
        }).toMatchObject({ 'Go or OpenSSL refuses': kind === 'wrong', 'Signet refuses': kind !== 'harmless' });
      }
    },
  );
});

/** Three different, reproducible choices of where a mutation hits. */
function counting(first: number): Dice {
  let next = first;
  return (n) => (next += 7) % n;
}

function refuses(verdicts: Verdicts): boolean {
  return Object.keys(refusals(verdicts)).length > 0;
}

function note(verdicts: Readonly<Record<keyof typeof refused, boolean>>): void {
  for (const verifier of Object.keys(refused) as (keyof typeof refused)[]) {
    if (verdicts[verifier]) refused[verifier]++;
  }
}
