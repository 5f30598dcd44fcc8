// SPDX-License-Identifier: Apache-2.0
/**
 * Service levels as error budgets: the share of failures over several windows, and alerts that compare a long window
 * (enough has failed to matter) with a short one (it still fails).
 * @module
 */
import { EXPIRED, UNLESS_DOWN } from './causes.ts';
import type { Alert, Recording, Times } from './rule.ts';

/** Minutes. */
const WINDOWS = [5, 30, 60, 120, 360, 1440] as const;

/** What is refused or outrun is no failure of Signet: quota, admission, somebody else's write. */
const NOT_OURS = 'ERR_KUBE_(FORBIDDEN|INVALID|BAD_REQUEST|CONFLICT|ALREADY_EXISTS|NOT_FOUND)|ERR_NOT_SIGNING';

interface Level {
  readonly name: 'issuance' | 'admission' | 'handshake';
  /** Allowed share of failures. */
  readonly budget: number;
  /** Selectors of counters. */
  readonly bad: string;
  readonly good: string;
}

const LEVELS: readonly Level[] = [
  {
    name: 'issuance',
    budget: 0.001,
    bad: `signet_issuance_failures_total{code!~"${NOT_OURS}"}`,
    good: 'signet_issuances_total{result="success"}',
  },
  {
    name: 'admission',
    budget: 0.001,
    bad: 'signet_admission_reviews_total{outcome="error"}',
    good: 'signet_admission_reviews_total{outcome!="error"}',
  },
  {
    name: 'handshake',
    budget: 0.0001,
    bad: 'signet_probe_handshakes_total{result!="success"}',
    good: 'signet_probe_handshakes_total{result="success"}',
  },
];

export function levelRecordings(times: Times): Recording[] {
  return LEVELS.flatMap(({ name, bad, good }) =>
    WINDOWS.map((window) => {
      const range = times.minutes(window);
      const failed = `sum(rate(${bad}[${range}]))`;
      return {
        record: recordOf(name, window),
        // Of nothing nothing fails: without traffic there is no value, and no alert.
        expr: `${failed} / (${failed} + sum(rate(${good}[${range}])))`,
      };
    }),
  );
}

function recordOf(name: string, minutes: number): string {
  return `signet:${name}_errors:ratio_rate${minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`}`;
}

/** `factor`: how many times faster than allowed the budget of 30 days is used up. */
function burning(level: Level, factor: number, windows: readonly [long: number, short: number]): string {
  return windows.map((window) => `${recordOf(level.name, window)} > ${rounded(factor * level.budget)}`).join(' and ');
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

export function levelAlerts(times: Times): Alert[] {
  const [issuance, admission, handshake] = LEVELS;
  if (issuance === undefined || admission === undefined || handshake === undefined) return [];
  // One failure of three issuances is a large share and no trouble.
  const enough = (level: Level, window: number): string =>
    `and sum(increase(${level.bad}[${times.minutes(window)}])) >= 5`;
  const fast = (level: Level): string =>
    `((${burning(level, 14.4, [60, 5])}) or (${burning(level, 6, [360, 30])})) ${enough(level, 360)}`;
  const slow = (level: Level): string =>
    `(${burning(level, 3, [1440, 120])}) ${enough(level, 1440)} unless (${fast(level)})`;
  const notProven = 'unless on () (signet:admission_works:max == 0)';
  return [
    {
      alert: 'SignetIssuanceFailing',
      severity: 'critical',
      expr: `${fast(issuance)} ${UNLESS_DOWN}`,
      for: 2,
      summary: '{{ $value | humanizePercentage }} of the issuances fail',
    },
    {
      alert: 'SignetIssuanceDegraded',
      severity: 'warning',
      expr: `${slow(issuance)} ${UNLESS_DOWN}`,
      for: 15,
      summary: '{{ $value | humanizePercentage }} of the issuances of a day have failed',
    },
    {
      alert: 'SignetAdmissionFailing',
      severity: 'critical',
      expr: `${fast(admission)} ${notProven}`,
      for: 2,
      summary: '{{ $value | humanizePercentage }} of the admission reviews end in an error',
    },
    {
      alert: 'SignetHandshakesFailing',
      severity: 'critical',
      expr: `${fast(handshake)} ${UNLESS_DOWN} unless on () (${EXPIRED})`,
      for: 2,
      summary: '{{ $value | humanizePercentage }} of the handshakes with stored SVIDs fail',
    },
  ];
}
