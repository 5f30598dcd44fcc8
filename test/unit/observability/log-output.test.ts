// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SignetError } from '../../../src/errors.ts';
import { createAudit } from '../../../src/observability/audit.ts';
import { gathering } from '../../../src/observability/log-output.ts';
import { createLogger, type Logger } from '../../../src/observability/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function anOutput() {
  const clock = new ManualClock();
  const written: string[] = [];
  const output = gathering((lines) => void written.push(lines), clock);
  const tell = (line: string): void => output.later(() => output.write(line));
  return { clock, output, tell, written };
}

it('writes lines together, a moment after the first', async () => {
  const { clock, output, tell, written } = anOutput();
  tell('a');
  await clock.advance(49);
  tell('b');
  expect(written).toEqual([]);
  await clock.advance(1);
  expect(written).toEqual(['ab']);
  tell('c');
  output.flush();
  output.flush();
  await clock.advance(100);
  expect(written).toEqual(['ab', 'c']);
  expect(clock.timers).toBe(0);
});

it('does not let many lines wait', () => {
  const { clock, tell, written } = anOutput();
  for (let i = 0; i < 64; i += 1) tell('x');
  expect(written).toEqual(['x'.repeat(64)]);
  expect(clock.timers).toBe(0);
});

describe('what waits', () => {
  const QUARTER = 64 * 1024;

  it('is written early where its lines are long, in their order, and the rest when it is due', async () => {
    const { clock, output, tell, written } = anOutput();
    for (const letter of 'abcdefghi') output.later(() => output.write(letter.repeat(QUARTER)));
    await clock.advance(50);
    const lengths = written.map((text) => text.length / QUARTER);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4);
    expect(written.join('').replaceAll(/(.)\1+/gu, '$1')).toBe('abcdefghi');
    tell('last');
    output.flush();
    expect(written.at(-1)).toBe('last');
  });

  it('is not much also where it has not become lines yet', () => {
    const { clock, output, written } = anOutput();
    for (const letter of 'abc') output.later(() => output.write(letter), QUARTER);
    expect(written).toEqual([]);
    output.later(() => output.write('d'), QUARTER);
    expect([written, clock.timers]).toEqual([['abcd'], 0]);
    output.later(() => output.write('e'), QUARTER);
    expect(written).toEqual(['abcd']);
  });

  it.each([
    ['a user', (logger: Logger) => logger.info('Refused', { user: 'x'.repeat(4 * QUARTER) })],
    [
      'a message',
      (logger: Logger) => logger.info('Lost', { err: new SignetError('ERR_CONFIG', 'x'.repeat(4 * QUARTER)) }),
    ],
  ])('is written at once where a line holds on to much, such as %s', (_, tell) => {
    const { output, written } = anOutput();
    tell(createLogger({ level: 'info', format: 'json', now: () => 0, output }));
    expect(written).toHaveLength(1);
  });

  it('is written at once where a line of the audit stream holds on to much', () => {
    const { output, written } = anOutput();
    const audit = createAudit({ output, now: () => 0, instance: 'signet-0' });
    audit({ code: 'ADMISSION_DENIED', outcome: 'refused', user: 'x'.repeat(4 * QUARTER) });
    expect(written).toHaveLength(1);
  });
});

it('tells of a line that could not be made, and writes the others', () => {
  const { output, tell, written } = anOutput();
  tell('first\n');
  output.later(() => {
    throw new TypeError('my-secret');
  });
  tell('last\n');
  output.flush();
  const lost = '{"level":"error","msg":"Line could not be written","err":{"type":"TypeError"}}';
  expect(written).toEqual([`first\n${lost}\nlast\n`]);
});

it('writes what is told while lines are written, after them', async () => {
  const { clock, output, tell, written } = anOutput();
  output.later(() => {
    tell('second');
    output.write('first');
  });
  await clock.advance(50);
  await clock.advance(50);
  expect(written).toEqual(['first', 'second']);
});

it.each(['| true', '| cat', '> /dev/full'])('ends when told to, wherever its lines go: %s', (redirection) => {
  const module = path.resolve(import.meta.dirname, '../../../src/observability/log-output.ts');
  const program = [
    `const { standardOutput } = await import(${JSON.stringify(module)});`,
    'const after = (delay, run) => { const timer = setTimeout(run, delay); return () => clearTimeout(timer); };',
    'const output = standardOutput({ after });',
    "process.once('exit', () => output.flush());",
    "for (let i = 0; i < 5; i += 1) { output.later(() => output.write('line\\n')); output.flush(); await new Promise((r) => setTimeout(r, 20)); }",
    "output.later(() => output.write('last\\n'));",
  ].join(' ');
  const quoted = program.replaceAll("'", String.raw`'\''`);
  const shell = `${JSON.stringify(process.execPath)} --input-type=module -e '${quoted}' ${redirection}`;
  const { signal, stdout } = spawnSync('sh', ['-c', shell], { timeout: 8000, encoding: 'utf8' });
  expect(signal).toBeNull();
  if (redirection === '| cat') expect(stdout).toBe(`${'line\n'.repeat(5)}last\n`);
});
