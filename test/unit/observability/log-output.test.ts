// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';
import { gathering } from '../../../src/observability/log-output.ts';
import { ManualClock } from '../../support/manual-clock.ts';

it('writes lines together, a moment after the first', async () => {
  const clock = new ManualClock();
  const written: string[] = [];
  const output = gathering((lines) => void written.push(lines), clock);
  output.write('a');
  await clock.advance(49);
  output.write('b');
  expect(written).toEqual([]);
  await clock.advance(1);
  expect(written).toEqual(['ab']);
  output.write('c');
  output.flush();
  output.flush();
  await clock.advance(100);
  expect(written).toEqual(['ab', 'c']);
  expect(clock.timers).toBe(0);
});

it('does not let many lines wait', () => {
  const written: string[] = [];
  const output = gathering((lines) => void written.push(lines), new ManualClock());
  for (let i = 0; i < 9; i += 1) output.write('x'.repeat(1024));
  expect(written.map(({ length }) => length)).toEqual([9 * 1024]);
});

it.each(['| true', '| cat', '> /dev/full'])('ends when told to, wherever its lines go: %s', (redirection) => {
  const module = path.resolve(import.meta.dirname, '../../../src/observability/log-output.ts');
  const program = [
    `const { standardOutput } = await import(${JSON.stringify(module)});`,
    'const after = (delay, run) => { const timer = setTimeout(run, delay); return () => clearTimeout(timer); };',
    'const output = standardOutput({ after });',
    "process.once('exit', () => output.flush());",
    "for (let i = 0; i < 5; i += 1) { output.write('line\\n'); output.flush(); await new Promise((r) => setTimeout(r, 20)); }",
    "output.write('last\\n');",
  ].join(' ');
  const quoted = program.replaceAll("'", String.raw`'\''`);
  const shell = `${JSON.stringify(process.execPath)} --input-type=module -e '${quoted}' ${redirection}`;
  const { signal, stdout } = spawnSync('sh', ['-c', shell], { timeout: 8000, encoding: 'utf8' });
  expect(signal).toBeNull();
  if (redirection === '| cat') expect(stdout).toBe(`${'line\n'.repeat(5)}last\n`);
});
