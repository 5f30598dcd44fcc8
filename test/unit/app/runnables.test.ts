// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { runnablesOf } from '../../../src/app/runnables.ts';
import { settle } from '../../support/manual-clock.ts';

it('lets nothing write any more before the Lease is given up, and cuts off what the next holder does anyway', async () => {
  const said: string[] = [];
  const running = Promise.withResolvers<void>();
  const note = (word: string) => (): void => void said.push(word);
  const runnables = runnablesOf({
    caches: { start: async () => true, stop: async () => undefined },
    parts: [
      {
        runnables: [],
        controller: {
          stop: (grace) => {
            said.push(`part stops within ${grace}`);
            return running.promise;
          },
        },
      },
    ],
    term: { begin: () => undefined, end: async (grace) => note(`term ends within ${grace}`)() },
    elector: { start: () => undefined, stop: async () => note('Lease given up')() },
  });
  const stopped = runnables.at(-1)?.stop();
  await settle();
  expect(said).toEqual(['term ends within undefined', 'part stops within 0']);
  running.resolve();
  await stopped;
  expect(said.slice(2)).toEqual(['Lease given up', 'term ends within 0']);
});
