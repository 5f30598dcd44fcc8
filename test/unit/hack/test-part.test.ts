// SPDX-License-Identifier: Apache-2.0
/** @module Programs of a test run that are heard line by line. */
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { type PartOptions, runPart } from '../../../hack/test-part.ts';

/** Runs a script of Node's and gives back its exit code and each piece of output. */
async function heard(script: string, options: PartOptions = {}): Promise<{ code: number; pieces: string[] }> {
  const pieces: string[] = [];
  const code = await runPart([process.execPath, '-e', script], {
    sink: { write: (text) => pieces.push(text) },
    ...options,
  });
  return { code, pieces };
}

it('passes on whole lines, of both outputs, and what is left at the end', async () => {
  const { code, pieces } = await heard(`
    process.stdout.write('one\\ntw');
    setTimeout(() => process.stdout.write('o\\nth'), 50);
    setTimeout(() => process.stderr.write('trouble\\n'), 100);
    setTimeout(() => process.stdout.write('ree'), 150);`);
  expect(code).toBe(0);
  expect(pieces.filter((piece) => !piece.endsWith('\n'))).toEqual([]);
  expect(pieces.join('').trim().split('\n').toSorted()).toEqual(['one', 'three', 'trouble', 'two']);
});

it('gives back the exit code, and one for a signal', async () => {
  expect(await heard('process.exit(3)')).toEqual({ code: 3, pieces: [] });
  expect((await heard('process.kill(process.pid)')).code).toBe(1);
});

it('says which program could not be started', async () => {
  const pieces: string[] = [];
  const code = await runPart(['no-such-program'], { sink: { write: (text) => pieces.push(text) } });
  expect(code).toBe(127);
  expect(pieces.join('')).toMatch(/^no-such-program could not be started: .*ENOENT/);
});

it('makes a program yield to us', async () => {
  const expected = Math.min(getPriority() + 1, 19);
  const lowered = `const look = () => os.getPriority() >= ${expected} ? console.log('lower') : setTimeout(look, 5); look()`;
  expect(await heard(lowered, { yields: true })).toEqual({ code: 0, pieces: ['lower\n'] });
});
