// SPDX-License-Identifier: Apache-2.0
/** @module Children that cannot outlive their parent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand } from '../../../../hack/controlplane/command.ts';
import { logTail, type ProgramOptions, Supervisor } from '../../../../hack/controlplane/process.ts';
import { StartError, untilReady } from '../../../../hack/controlplane/readiness.ts';

let folder: string;
let supervisor: Supervisor;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'signet-process-test-'));
  supervisor = Supervisor.create();
});
afterEach(async () => {
  await supervisor.close();
  await rm(folder, { recursive: true, force: true });
});

function shell(script: string): ProgramOptions {
  return { name: 'script', command: '/bin/sh', args: ['-c', script], logFile: path.join(folder, 'logs', 'script.log') };
}

async function isRunning(pid: number): Promise<boolean> {
  const all = await runCommand('ps', ['-A', '-o', 'pid=,stat=']);
  return all.split('\n').some((line) => new RegExp(`^\\s*${pid}\\s+[^Z]`).test(line));
}

it('keeps what a program says and how it ended', async () => {
  const program = await supervisor.start(shell('echo out; echo err >&2; exit 3'));
  expect(await program.exited).toEqual({ code: 3, signal: null });
  expect(program.exit()).toEqual({ code: 3, signal: null });
  expect(logTail(program.logFile).split('\n').sort()).toEqual(['err', 'out']);
});

it('says which program could not be started', async () => {
  const start = supervisor.start({ ...shell(''), command: '/no/such/program' });
  await expect(start).rejects.toThrow('script could not be started (/no/such/program)');
});

it('ends a whole process group, with force when it does not listen', async () => {
  const deaf = await supervisor.start(shell('trap "" TERM; sleep 60 & echo $! ; wait; sleep 60'));
  await expect.poll(() => logTail(deaf.logFile)).toMatch(/^\d+$/);
  expect(await deaf.stop('SIGTERM', 50)).toEqual({ code: null, signal: 'SIGKILL' });
  const grandchild = Number(logTail(deaf.logFile));
  await expect.poll(() => isRunning(grandchild)).toBe(false);
  deaf.signal('SIGTERM');
});

it('kills what runs when it closes, and lets it live when it releases', async () => {
  const killed = await supervisor.start(shell('sleep 60'));
  await supervisor.close();
  expect(killed.exit()).toEqual({ code: null, signal: 'SIGKILL' });
  const other = Supervisor.create();
  const kept = await other.start(shell('sleep 60'));
  await other.release();
  expect(await isRunning(kept.pid)).toBe(true);
  await kept.stop('SIGKILL');
});

it('refuses to remove a folder that is not a temporary one of ours', () => {
  expect(() => supervisor.removeAtEnd('/home/somebody')).toThrow('Not a temporary folder of ours');
});

it('takes programs and folders with it when the parent is killed', async () => {
  const doomed = path.join(folder, 'signet-doomed folder');
  await mkdir(doomed);
  const module = new URL('../../../../hack/controlplane/process.ts', import.meta.url).href;
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { Supervisor } from ${JSON.stringify(module)};
       const supervisor = Supervisor.create();
       supervisor.removeAtEnd(${JSON.stringify(doomed)});
       const start = (script) => supervisor.start({ name: 'x', command: '/bin/sh', args: ['-c', script], logFile: ${JSON.stringify(path.join(doomed, 'log'))} });
       const gone = await start('exit 0');
       await gone.exited;
       const one = await start('trap "" TERM INT HUP; sleep 61');
       console.log(one.pid);
       setInterval(() => undefined, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  expect(await isRunning(Number(line))).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => existsSync(doomed), { timeout: 8_000 }).toBe(false);
  expect(await isRunning(Number(line))).toBe(false);
});

it('waits for readiness, and gives the end of the log when it will not come', async () => {
  const slow = await supervisor.start(shell('echo hello; sleep 60'));
  let asked = 0;
  await untilReady(slow, async () => ++asked === 3, 5_000);
  expect(asked).toBe(3);
  await expect(untilReady(slow, async () => false, 0)).rejects.toThrow(/script was not ready after 0 s.*hello/s);
  const dead = await supervisor.start({
    ...shell('echo bind: address already in use; exit 7'),
    logFile: `${folder}/d`,
  });
  const failure = untilReady(dead, async () => false, 60_000);
  await expect(failure).rejects.toThrow(StartError);
  await expect(failure).rejects.toMatchObject({
    log: 'bind: address already in use',
    message: expect.stringMatching(/script ended at once \(exit code 7\).*What to do/s),
  });
});
