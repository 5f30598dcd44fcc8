// SPDX-License-Identifier: Apache-2.0
/**
 * Rows `instrument_*` and `scrape_*`: what everything that is counted, logged and audited of one issuance takes, alone and
 * in a controller at work, and what a scrape takes with ten thousand identities beside ten.
 * @module
 */
import { systemClock } from '../../src/controller/clock.ts';
import { createAudit } from '../../src/observability/audit.ts';
import { gathering } from '../../src/observability/log-output.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { appObserver } from '../../src/signals/app-observer.ts';
import { HOUR } from '../../src/time.ts';
import { benchInstrumentCost, type CostSize } from './instrument-cost.ts';
import { type Limit, median, type Row } from './report.ts';
import { anIdentity, LABELS, POLICIES, scrapedRegistry, sizeOf, TRUST_DOMAINS } from './scraped-registry.ts';

const ISSUANCES = 20_000;
const ROUNDS = 5;
const SIZES = [10, 10_000] as const;
/** Of a scrape with ten thousand identities, in ms. */
const LIMIT: Limit = {
  most: 50,
  remedy: 'see what the sources of src/app/readings.ts compute, and which metric has new series',
};

export async function benchInstrument(cost: CostSize, log: (line: string) => void): Promise<Row[]> {
  log(`${ROUNDS} rounds of ${ISSUANCES} issuances`);
  const rounds = Array.from({ length: ROUNDS }, () => microseconds());
  return [
    { id: 'instrument_issuance', value: median(rounds), unit: 'us', note: 'metrics, log and audit of one issuance' },
    ...(await scrapes()),
    ...(await benchInstrumentCost(cost, log)),
  ];
}

/** Of everything that is told of one issuance: queue, run, two calls, the issuance itself. */
function microseconds(): number {
  const sink = gathering(() => undefined, systemClock);
  const metrics = createMetrics(LABELS);
  const observer = appObserver({
    logger: createLogger({ level: 'info', format: 'json', now: Date.now, output: sink }),
    metrics,
    clock: systemClock,
    record: () => undefined,
    audit: createAudit({ output: sink, now: Date.now, instance: 'bench' }),
  });
  const queue = observer.queue('service-identity');
  const controller = observer.controller('service-identity');
  const identity = anIdentity(0, Date.now());
  const facts = {
    spiffeID: 'spiffe://example.org/ns/shop/sa/checkout',
    serialNumber: '4f'.repeat(16),
    fingerprint: '9a'.repeat(32),
    authorityID: '77'.repeat(16),
    notBefore: Date.now(),
    notAfter: Date.now() + HOUR,
  };
  const begun = performance.now();
  for (let i = 0; i < ISSUANCES; i += 1) {
    const key = 'shop/id-0';
    queue.added();
    queue.waited(1, key);
    controller.started(key);
    metrics.apiCall({ verb: 'update', resource: 'secrets', code: '200', duration: 2 });
    metrics.apiCall({ verb: 'update', resource: 'serviceidentities', code: '200', duration: 2 });
    observer.identities.issued(identity, { reason: 'RenewalDue', facts, clamped: false, duration: 5, minting: 0.2 });
    observer.identities.statusWritten(identity, identity.status);
    controller.finished({ key, outcome: 'requeue_after', duration: 5 });
  }
  sink.flush();
  return ((performance.now() - begun) * 1000) / ISSUANCES;
}

async function scrapes(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of SIZES) {
    const metrics = scrapedRegistry(size);
    const times: number[] = [];
    let text = '';
    for (let round = 0; round < ROUNDS; round += 1) {
      const begun = performance.now();
      text = await metrics.scrape();
      times.push(performance.now() - begun);
    }
    const { series, bytes } = sizeOf(text);
    const note = `${series} series, ${Math.round(bytes / 1000)} kB, with ${TRUST_DOMAINS} TrustDomains and ${POLICIES} policies`;
    rows.push({
      id: `scrape_${size}`,
      value: median(times),
      unit: 'ms',
      note,
      ...(size === 10_000 && { limit: LIMIT }),
    });
  }
  return rows;
}
