// SPDX-License-Identifier: Apache-2.0
/** @module Only so many calls run at a time; one that ended, however it did, makes room. */
import { expect, it } from 'vitest';
import { bounded } from '../../../src/webhook/bounded.ts';

it('refuses one too many, and takes the next when one has ended', async () => {
  const first = Promise.withResolvers<string>();
  const made: string[] = [];
  const call = bounded(1, (name: string) => {
    made.push(name);
    return name === 'a' ? first.promise : Promise.resolve(name);
  });
  const running = call('a');
  await expect(call('b')).rejects.toThrow(/1 live reads are under way/);
  first.reject(new Error('no answer'));
  await expect(running).rejects.toThrow('no answer');
  expect(await call('c')).toBe('c');
  expect(made).toEqual(['a', 'c']);
});
