// SPDX-License-Identifier: Apache-2.0
/**
 * What the prober finds, what cannot be read for a scrape, and what becomes of traces when their collector is gone, away,
 * or too slow.
 * @module
 */
import type { Case } from './cases.ts';
import { HEALTHY } from './healthy.ts';
import { both } from './troubles.ts';

const NO_COLLECTOR = {
  'signet_spans_total{instance="a",result="sent"}': 0,
  'signet_spans_total{instance="a",result="dropped"}': { perMinute: 60 },
};

/** Nobody tells of identities any more, whatever becomes of them. */
const UNREADABLE: Case['trouble'] = {
  ...Object.fromEntries(
    Object.keys(HEALTHY)
      .filter((series) => /^signet_(svids|survival_ratio|identities)\{/u.test(series))
      .map((series) => [series, undefined]),
  ),
  ...both('signet_scrape_source_success{source="identities"}', 0),
};

export const TELEMETRY_CASES: Readonly<Record<string, Case>> = {
  'stored SVIDs do not work': {
    trouble: {
      'signet_probe_handshakes_total{instance="a",result="success"}': 0,
      'signet_probe_handshakes_total{instance="a",result="refused"}': { perMinute: 2 },
    },
    after: 10,
    fires: ['SignetHandshakesFailing'],
    quietAt: 1,
  },
  'no replica can read the identities that it knows': {
    trouble: UNREADABLE,
    after: 8,
    fires: ['SignetMetricsIncomplete'],
    quietAt: 4,
  },
  'the signer cannot read the identities that it knows': {
    trouble: Object.fromEntries(Object.entries(UNREADABLE).filter(([series]) => series.includes('instance="a"'))),
    after: 8,
    fires: ['SignetMetricsIncomplete'],
    quietAt: 4,
  },
  'the signer has lost a count': {
    trouble: { 'signet_scrape_source_success{instance="a",source="counts"}': 0 },
    after: 8,
    fires: ['SignetMetricsIncomplete'],
    quietAt: 4,
  },
  'a webhook cannot read its caches for a few scrapes': {
    trouble: { 'signet_scrape_source_success{instance="w",source="reflectors"}': 0 },
    after: 4,
    fires: [],
    quietAt: 10,
    ends: 4,
  },
  'the collector of traces is gone': {
    trouble: NO_COLLECTOR,
    after: 40,
    fires: ['SignetSpansDropped'],
    quietAt: 28,
  },
  'the collector of traces is away for ten minutes': {
    trouble: NO_COLLECTOR,
    after: 30,
    fires: [],
    quietAt: 60,
    ends: 10,
  },
  'the collector of traces is too slow for a twentieth of them': {
    trouble: { 'signet_spans_total{instance="a",result="dropped"}': { perMinute: 3 } },
    after: 46,
    fires: [],
    quietAt: 40,
  },
};
