// SPDX-License-Identifier: Apache-2.0
/**
 * What a rule of Prometheus is made of, and the times in it. Rules are functions of a scale, so that tests can let a
 * healthy hour pass in two minutes with the very same expressions.
 * @module
 */

/** critical: wakes somebody. warning: somebody looks within the day. info: for those who look anyway. */
export type Severity = 'critical' | 'warning' | 'info';

export interface Alert {
  /** With `Signet` in front. Two of one name differ in severity and share their runbook. */
  readonly alert: string;
  readonly severity: Severity;
  readonly expr: string;
  /** Minutes for which it has to be so. */
  readonly for: number;
  /** One line, with the labels and the value of Prometheus' templates. */
  readonly summary: string;
}

export interface Recording {
  readonly record: string;
  readonly expr: string;
}

export interface Group {
  readonly name: string;
  readonly rules: readonly (Alert | Recording)[];
}

/** Times of rules, divided by the scale of a test. */
export interface Times {
  /** A duration as Prometheus writes it. */
  minutes(count: number): string;
  /** Seconds of the life of something, as a number. */
  seconds(count: number): number;
}

export function timesAt(scale: number): Times {
  return {
    minutes: (count) => durationText(Math.round((count * 60) / scale)),
    seconds: (count) => count / scale,
  };
}

const UNITS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
];

function durationText(seconds: number): string {
  const [size, unit] = UNITS.find(([size]) => seconds > 0 && seconds % size === 0) ?? [1, 's'];
  return `${seconds / size}${unit}`;
}

/** The page of an alert: `no-signer` for SignetNoSigner. */
export function runbookOf(alert: string): string {
  return alert
    .replace(/^Signet/u, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/gu, '-')
    .toLowerCase();
}
