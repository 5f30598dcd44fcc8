// SPDX-License-Identifier: Apache-2.0
/** @module What a process answers, logs and counts while a source of its metrics throws. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { observability } from '../../../src/app/observability-runnable.ts';
import type { Runnable } from '../../../src/controller/manager.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { linesTo } from '../../support/log-lines.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { NO_LABELS } from '../../support/metric-options.ts';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly port?: number;
  readonly source?: string;
  readonly err?: { readonly type: string };
}

let lines: Line[] = [];
let served: Runnable;
beforeEach(async () => {
  lines = [];
  const output = linesTo((line) => void lines.push(JSON.parse(line) as Line));
  served = observability({
    address: { host: '127.0.0.1', port: 0 },
    ready: {},
    metrics: createMetrics(NO_LABELS),
    sources: {
      ready: () => true,
      identities: () => {
        throw new TypeError('out of order');
      },
    },
    logger: createLogger({ level: 'info', format: 'json', now: () => 0, output }),
    clock: new ManualClock(),
  });
  await served.start((error) => expect.unreachable(String(error)));
});
afterEach(() => served.stop());

async function scrape(): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`http://127.0.0.1:${lines[0]?.port ?? 0}/metrics`);
  return { status: response.status, text: await response.text() };
}

it('answers with the rest, and logs which source it was', async () => {
  const { status, text } = await scrape();
  expect(status).toBe(200);
  expect(text).toMatch(/^signet_ready 1$/mu);
  expect(text).toMatch(/^signet_scrape_source_success\{source="identities"\} 0$/mu);
  expect(text).not.toMatch(/^signet_svids\{/mu);
  expect(lines.slice(1)).toMatchObject([
    { level: 'warn', msg: 'Metrics of a source could not be read', source: 'identities', err: { type: 'TypeError' } },
  ]);
});

it('does not fill the log, however often it is asked, and counts what it left out', async () => {
  for (let i = 0; i < 30; i += 1) await scrape();
  expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(20);
  expect((await scrape()).text).toMatch(/^signet_log_lines_left_out_total 11$/mu);
});
