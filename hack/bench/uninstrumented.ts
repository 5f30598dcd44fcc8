// SPDX-License-Identifier: Apache-2.0
/**
 * Loaded before the shipped build (`--import`), it takes everything out of it that counts, logs and tells: the controller
 * to hold the one as it is against.
 * @module
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';

/** In place of modules of `dist/`: what others import of them, doing nothing. */
const NOTHING: Readonly<Record<string, string>> = {
  '/dist/observability/metrics.js': `
    const nothing = () => undefined;
    export const createMetrics = () =>
      new Proxy({ contentType: 'text/plain', scrape: () => Promise.resolve('') }, {
        get: (known, name) => known[name] ?? nothing,
      });`,
  '/dist/observability/logger.js': `
    const nothing = () => undefined;
    const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => logger };
    export const createLogger = () => logger;`,
  '/dist/signals/app-observer.js': `
    import { NO_TRACER } from '../controller/tracer.js';
    const nothing = () => undefined;
    const identities = { issued: nothing, failed: nothing, foreignWrite: nothing, statusWritten: nothing };
    const controller = { started: nothing, finished: nothing };
    const queue = { added: nothing, retried: nothing, waited: nothing };
    export const appObserver = () => ({
      identities,
      reflectors: {},
      webhook: {},
      tracer: NO_TRACER,
      controller: () => controller,
      queue: () => queue,
      authorityStep: nothing,
      trustDomainWritten: nothing,
      leading: nothing,
      problem: (what, error) => console.error(what, error),
      warning: nothing,
    });`,
};

for (const module of Object.keys(NOTHING)) {
  const file = path.join(import.meta.dirname, '../..', module);
  if (!existsSync(file)) throw new Error(`${file} is not there: what is measured would be the instrumented build`);
}

registerHooks({
  load: (url, context, next) => {
    const source = Object.entries(NOTHING).find(([end]) => url.endsWith(end))?.[1];
    return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
  },
});
