// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { Finished } from '../../../src/controller/controller.ts';
import { SignetError } from '../../../src/errors.ts';
import { loggingObserver } from '../../../src/observability/controller-log.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { linesTo } from '../../support/log-lines.ts';

const error = new SignetError('ERR_ISSUANCE', 'no');

it.each<{ run: Partial<Finished>; level: string }>([
  { run: { outcome: 'success' }, level: 'debug' },
  { run: { outcome: 'requeue_after' }, level: 'debug' },
  { run: { outcome: 'canceled' }, level: 'debug' },
  { run: { outcome: 'error', error }, level: 'warn' },
  { run: { outcome: 'error', error: new SignetError('ERR_KUBE_CONFLICT', 'changed') }, level: 'debug' },
])('logs $run.outcome as $level and passes it on', ({ run, level }) => {
  const lines: string[] = [];
  const passed: string[] = [];
  const output = linesTo((line) => void lines.push(line));
  const logger = createLogger({ level: 'debug', format: 'json', now: () => 0, output });
  const next = { started: (key: string) => passed.push(key), finished: ({ key }: Finished) => passed.push(key) };
  const observer = loggingObserver(logger, next);
  observer.started('shop/checkout');
  observer.finished({ key: 'shop/checkout', outcome: 'success', duration: 1.4, ...run });
  expect(passed).toEqual(['shop/checkout', 'shop/checkout']);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level, key: 'shop/checkout', duration: 1 });
});
