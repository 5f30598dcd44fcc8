// SPDX-License-Identifier: Apache-2.0
/**
 * How much a controller exposes: about as much as docs/observability.md says, and whatever the number of identities. What
 * it costs is measured by benchmarks, and the page says what they printed.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../hack/bench/report.ts';
import { POLICIES, scrapedRegistry, sizeOf, TRUST_DOMAINS } from '../../hack/bench/scraped-registry.ts';
import { ROTATION_STEPS } from '../../src/api/trust-domain.ts';
import { METRICS } from '../../src/observability/metric-catalog.ts';

const PAGE = readFileSync(new URL('../../docs/observability.md', import.meta.url), 'utf8').replaceAll(/\s+/gu, ' ');
const REPORT = JSON.parse(readFileSync(new URL('../../docs/benchmarks.json', import.meta.url), 'utf8')) as Report;
/** Of a scrape; more is what nobody has looked at. */
const MOST = { series: 1300, bytes: 110_000 };

/** Numbers that the page says in such a sentence. */
function said(sentence: RegExp): number[] {
  const [, ...numbers] = sentence.exec(PAGE) ?? [];
  if (numbers.length === 0) throw new Error(`docs/observability.md says nothing like ${sentence.source}`);
  return numbers.map((number) => Number(number.replaceAll(',', '')));
}

/** In percent of the one that is true. */
function off(told: number | undefined, is: number): number {
  return (Math.abs((told ?? Number.NaN) - is) / is) * 100;
}

describe('a controller that was at work', () => {
  it('exposes what it has of TrustDomains, policies and calls', async () => {
    const text = await scrapedRegistry(10).scrape();
    const count = (name: string): number => text.split('\n').filter((line) => line.startsWith(`${name}{`)).length;
    expect(count(METRICS.rotationStep.name)).toBe(TRUST_DOMAINS * ROTATION_STEPS.length);
    expect(count(METRICS.policyIdentities.name)).toBe(POLICIES * 2);
    expect(text).toMatch(/signet_api_requests_total\{verb="update",resource="serviceidentities",code="200"\} 1/u);
    expect(text).toMatch(/signet_api_requests_total\{verb="create",resource="leases",code="503"\} 1/u);
    expect(text).not.toMatch(/resource="[^"]*\/|verb="attest"/u);
  });

  it('exposes as many series with 2,000 identities as with 10, and not many', async () => {
    const few = sizeOf(await scrapedRegistry(10).scrape());
    const many = sizeOf(await scrapedRegistry(2000).scrape());
    expect(many.series).toBe(few.series);
    expect(many.series).toBeLessThan(MOST.series);
    expect(many.bytes).toBeLessThan(MOST.bytes);
  });

  it('exposes about as much as docs say', async () => {
    const { series, bytes } = sizeOf(await scrapedRegistry(2000).scrape());
    const [trustDomains, policies, tellsSeries, kilobytes] = said(
      /with (\d+) TrustDomains in rotation and (\d+) policies.* exposes some ([\d,]+) series in (\d+) kB/u,
    );
    expect([trustDomains, policies]).toEqual([TRUST_DOMAINS, POLICIES]);
    expect(off(tellsSeries, series)).toBeLessThan(5);
    expect(off(kilobytes, bytes / 1000)).toBeLessThan(5);
  });
});

it('costs about as much CPU as docs say', () => {
  const measured = REPORT.rows.find(({ id }) => id === 'instrument_on_cpu')?.ratio ?? Number.NaN;
  const [more = Number.NaN] = said(/of CPU.* takes (\d+) % more/u);
  // In points: two runs of the benchmark differ by as much.
  expect(Math.abs(more - (measured - 1) * 100)).toBeLessThan(3);
});
