// SPDX-License-Identifier: Apache-2.0
/** @module Values as a dashboard shows them: in the units that panels name, short enough for an axis. */

const SECONDS: readonly (readonly [size: number, unit: string])[] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
  [0.001, 'ms'],
];
const BYTES: readonly (readonly [size: number, unit: string])[] = [
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
  [1, 'B'],
];

const SIZES: Readonly<Record<string, readonly (readonly [size: number, unit: string])[]>> = {
  s: SECONDS,
  bytes: BYTES,
};
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** What a value of about this size is counted in: an axis of hours has steps of whole hours. */
export function sizeOf(value: number, unit: string): number {
  return SIZES[unit]?.find(([size]) => Math.abs(value) >= size)?.[0] ?? 1;
}

/** `unit` as Grafana calls it; an Error for one that no panel has used so far. */
export function formatted(value: number, unit: string): string {
  if (!Number.isFinite(value)) return '–';
  switch (unit) {
    case 'none':
      return short(value);
    case 's':
      return scaled(value, SECONDS);
    case 'bytes':
      return scaled(value, BYTES);
    case 'percentunit':
      return `${short(value * 100)} %`;
    case 'reqps':
      return `${short(value)}/s`;
    case 'bool_yes_no':
      return value === 0 ? 'No' : 'Yes';
    default:
      throw new Error(`no picture knows the unit ${unit}`);
  }
}

function scaled(value: number, sizes: readonly (readonly [size: number, unit: string])[]): string {
  if (value === 0) return '0';
  const fitting = sizes.find(([size]) => Math.abs(value) >= size) ?? sizes.at(-1);
  const [size, unit] = fitting ?? [1, ''];
  return `${short(value / size)} ${unit}`;
}

/** Three digits that matter. */
function short(value: number): string {
  if (Math.abs(value) >= 1e6) return COMPACT.format(value);
  return String(Number(value.toPrecision(3)));
}
