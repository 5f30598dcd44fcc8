// SPDX-License-Identifier: Apache-2.0
/** @module A graph of series over time as SVG: axes with round numbers, a line a series, and a legend below. */
import { escaped } from './html.ts';
import { formatted, sizeOf } from './units.ts';

export interface Line {
  readonly name: string;
  /** Seconds since the epoch, and the value then. */
  readonly points: readonly (readonly [time: number, value: number])[];
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Seconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly unit: string;
}

const LEFT = 62;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 20;
/** A gap in a series longer than this many seconds is no line. */
const GAP = 10;
const COLORS = ['#3274d9', '#d9822b', '#2e9e5b', '#c23b4e', '#8a4fbe', '#0f9aa8', '#a67c00', '#d14d9c'] as const;

export function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? COLORS[0];
}

export function chart(lines: readonly Line[], frame: Frame): string {
  const { width, height, start, end, unit } = frame;
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const size = sizeOf(Math.max(0, ...values), unit);
  const ticks = roundTicks(Math.min(0, ...values) / size, Math.max(0, ...values) / size).map((tick) => tick * size);
  const [low = 0] = ticks;
  const high = ticks.at(-1) ?? 1;
  const x = (time: number): number => LEFT + ((time - start) / (end - start)) * (width - LEFT - RIGHT);
  const y = (value: number): number => height - BOTTOM - ((value - low) / (high - low)) * (height - TOP - BOTTOM);
  const across = ticks.map((tick) => {
    const at = y(tick).toFixed(1);
    return `<path class="grid" d="M${LEFT} ${at}H${width - RIGHT}"/><text class="y" x="${LEFT - 6}" y="${at}">${escaped(formatted(tick, unit))}</text>`;
  });
  const minutes = minuteMarks(start, end).map(
    (time) => `<text class="x" x="${x(time).toFixed(1)}" y="${height - 5}">${clockTime(time)}</text>`,
  );
  const drawn = lines.map(
    ({ points }, index) => `<path class="line" stroke="${colorOf(index)}" d="${pathOf(points, x, y)}"/>`,
  );
  return `<svg width="${width}" height="${height}">${[...across, ...minutes, ...drawn].join('')}</svg>`;
}

function pathOf(points: Line['points'], x: (time: number) => number, y: (value: number) => number): string {
  let last = -Infinity;
  return points
    .map(([time, value]) => {
      const command = time - last > GAP ? 'M' : 'L';
      last = time;
      return `${command}${x(time).toFixed(1)} ${y(value).toFixed(1)}`;
    })
    .join('');
}

/** From below the lowest to above the highest in three to six even steps of 1, 2 or 5. */
export function roundTicks(low: number, high: number): number[] {
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / 3));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= 4) ?? span;
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Whole minutes, so many that their labels do not touch. */
function minuteMarks(start: number, end: number): number[] {
  const every = 60 * Math.max(1, Math.ceil((end - start) / 60 / 5));
  const first = Math.ceil(start / every) * every;
  return Array.from({ length: Math.max(0, Math.floor((end - first) / every) + 1) }, (_, i) => first + i * every);
}

function clockTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 16);
}
