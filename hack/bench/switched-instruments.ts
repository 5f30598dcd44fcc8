// SPDX-License-Identifier: Apache-2.0
/**
 * Loaded before the shipped build (`--import`), it lets SIGUSR2 take everything out of it that counts, logs and tells, and
 * put it back: the same process with and without.
 * @module
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';

/** Of modules of `dist/`, what makes what is switched. */
const MAKERS: Readonly<Record<string, string>> = {
  '/dist/observability/metrics.js': 'createMetrics',
  '/dist/observability/logger.js': 'createLogger',
  '/dist/signals/app-observer.js': 'appObserver',
};
/** Hooks that give others. */
const GIVING: ReadonlySet<string> = new Set(['child', 'controller', 'controllerObserver', 'queue', 'queueObserver']);
/** Hooks that are no part of the work on identities. */
const LEFT: ReadonlySet<string> = new Set(['observe', 'problem', 'scrape']);
/** Marks the module itself, beside the one that stands for it. */
const SELF = '?switched';
/** Where the modules that stand for others find `switched`. */
const GLOBAL = 'signetSwitchedInstruments';

let on = true;
process.on('SIGUSR2', () => {
  on = !on;
});

Object.defineProperty(globalThis, GLOBAL, { value: switched });

/** The same hooks, which do nothing while it is off. */
function switched(hooks: unknown): unknown {
  if (typeof hooks !== 'object' || hooks === null) return hooks;
  return Object.fromEntries(Object.entries(hooks).map(([name, hook]) => [name, switchedHook(hooks, name, hook)]));
}

function switchedHook(hooks: object, name: string, hook: unknown): unknown {
  // Parts ask which tracer they have, to do without when it is none.
  if (LEFT.has(name) || name === 'tracer') return hook;
  if (typeof hook !== 'function') return switched(hook);
  if (GIVING.has(name)) return (...args: unknown[]) => switched(Reflect.apply(hook, hooks, args));
  return (...args: unknown[]) => (on ? Reflect.apply(hook, hooks, args) : undefined);
}

for (const module of Object.keys(MAKERS)) {
  const file = path.join(import.meta.dirname, '../..', module);
  if (!existsSync(file)) throw new Error(`${file} is not there: what is measured would always be instrumented`);
}

registerHooks({
  load: (url, context, next) => {
    const [, maker] = Object.entries(MAKERS).find(([end]) => url.endsWith(end)) ?? [];
    if (maker === undefined) return next(url, context);
    const source = `
      import { ${maker} as make } from ${JSON.stringify(`${url}${SELF}`)};
      export * from ${JSON.stringify(`${url}${SELF}`)};
      export const ${maker} = (...args) => globalThis.${GLOBAL}(make(...args));`;
    return { format: 'module', source, shortCircuit: true };
  },
});
