#!/usr/bin/env -S node --disable-sigusr1 --expose-gc --max-semi-space-size=8 --v8-pool-size=0 --no-maglev-destroy-on-background --max-old-space-size=256
// SPDX-License-Identifier: Apache-2.0
/**
 * The process edge: arguments, environment, signals and the exit code. The only file that reads `process`.
 * @module
 */
import { readFileSync } from 'node:fs';
import type { ControllerConfig, WebhookConfig } from './config/config.ts';
import { nodeRefusal } from './config/node-version.ts';
import { parseCommand } from './config/parse.ts';
import { judgeRuntime } from './config/runtime.ts';
import { type Running, together } from './controller/together.ts';
import type { ProcessReading } from './observability/metric-sources.ts';
import { type Duration, SECOND } from './time.ts';
import { VERSION } from './version.ts';

const INVALID = 2;
/** For what is under way when everything has stopped. */
const LAST_WORDS: Duration = 2 * SECOND;

process.exitCode = await main();

async function main(): Promise<number> {
  const refusal = nodeRefusal(process.versions.node);
  if (refusal !== undefined) {
    process.stderr.write(`signet: ${refusal}\n`);
    return INVALID;
  }
  const command = parseCommand({ argv: process.argv.slice(2), env: process.env, readFile });
  switch (command.kind) {
    case 'help':
      process.stdout.write(command.text);
      return 0;
    case 'version':
      process.stdout.write(`signet ${VERSION}\n`);
      return 0;
    case 'invalid':
      process.stderr.write(command.text);
      return INVALID;
    case 'controller':
      return run('CA keys', (warning) => controller(command.config, warning));
    case 'webhook':
      return run('a serving key', (warning) => webhook(command.config, warning));
    case 'all':
      return run('CA keys', (warning) => both(command.controller, command.webhook, warning));
    default:
      return command satisfies never;
  }
}

/** `what` the process would hold: nobody may look into its memory. The warning goes to its log. */
async function run(what: string, start: (warning: string | undefined) => Promise<Running>): Promise<number> {
  const { forbidden, warning } = judgeRuntime(process.execArgv, process.env['NODE_OPTIONS']);
  if (forbidden.length === 0) return untilStopped(await start(warning));
  process.stderr.write(
    `signet: refuses to hold ${what} in a process started with ${forbidden.join(', ')}; start it without\n`,
  );
  return INVALID;
}

async function both(
  controllerConfig: ControllerConfig,
  webhookConfig: WebhookConfig,
  warning: string | undefined,
): Promise<Running> {
  return together([await controller(controllerConfig, warning), await webhook(webhookConfig, undefined)]);
}

async function controller(config: ControllerConfig, warning: string | undefined): Promise<Running> {
  // Imported here because undici fails to load in a Node.js that is too old, before that could be told.
  const { startController } = await import('./app/controller-process.ts');
  return startController({ config, env: process.env, pid: process.pid, warning, readProcess, atExit, collectGarbage });
}

async function webhook(config: WebhookConfig, warning: string | undefined): Promise<Running> {
  // The webhook alone pays for express and CEL.
  const { startWebhook } = await import('./app/webhook-process.ts');
  return startWebhook({ config, env: process.env, warning, readProcess, atExit });
}

async function untilStopped(running: Running): Promise<number> {
  const stop = (): void => void running.stop();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const { error, unfinished } = await running.stopped;
  // Whatever did not stop in time must not keep the process: the Lease is given up, and writes are refused.
  if (unfinished.length > 0) process.exit(1);
  const code = error === undefined ? 0 : 1;
  // Nor may somebody else's answer that never ends.
  setTimeout(() => process.exit(code), LAST_WORDS).unref();
  return code;
}

function atExit(run: () => void): void {
  process.once('exit', run);
}

function readProcess(): ProcessReading {
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: process.memoryUsage.rss(),
    heapUsedBytes: process.memoryUsage().heapUsed,
    cpu: (user + system) / 1000,
    startedAt: Date.now() - process.uptime() * 1000,
  };
}

/** Does nothing in a process that was started without --expose-gc: it only takes more memory. */
function collectGarbage(): void {
  globalThis.gc?.({ type: 'major', flavor: 'last-resort' });
}

function readFile(path: string): string {
  return readFileSync(path, 'utf8');
}
