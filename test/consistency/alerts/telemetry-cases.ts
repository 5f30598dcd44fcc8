// SPDX-License-Identifier: Apache-2.0
/** @module What the prober finds, and what becomes of traces when their collector is gone, away, or too slow. */
import type { Case } from './cases.ts';

const NO_COLLECTOR = {
  'signet_spans_total{instance="a",result="sent"}': 0,
  'signet_spans_total{instance="a",result="dropped"}': { perMinute: 60 },
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
