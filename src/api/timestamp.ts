// SPDX-License-Identifier: Apache-2.0
/**
 * RFC 3339 times as the API server writes them (metav1.Time, MicroTime), converted without `Date`, which the pure ring
 * does not have.
 * @module
 */
import { DAY, type Duration, HOUR, type Instant, MINUTE, SECOND } from '../time.ts';

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what four digits of year can say. */
const MIN_INSTANT: Instant = -62_135_596_800_000;
const MAX_INSTANT: Instant = 253_402_300_799_000;

const PATTERN = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

const DAYS_OF_ERA = 146_097;
/** Days from 0000-03-01, the start of the eras below, to 1970-01-01. */
const EPOCH_OFFSET = 719_468;

/** RFC 3339 in UTC, rounded down to whole seconds, as metav1.Time; kept inside the years 1 to 9999. */
export function formatTimestamp(instant: Instant): string {
  const seconds = Math.floor(Math.min(Math.max(instant, MIN_INSTANT), MAX_INSTANT) / SECOND);
  const days = Math.floor((seconds * SECOND) / DAY);
  const time = seconds - days * (DAY / SECOND);
  const { year, month, day } = civilDate(days);
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  return `${date}T${pad(Math.floor(time / 3600), 2)}:${pad(Math.floor(time / 60) % 60, 2)}:${pad(time % 60, 2)}Z`;
}

/** Milliseconds since the epoch (what is finer is cut off), or undefined for a text that is no time. */
export function parseTimestamp(text: string): Instant | undefined {
  // All that the API server writes of whole seconds; with many identities these are read by the hundred thousand.
  if (text.length === 20 && text.charCodeAt(19) === LETTER_Z) return parseWholeSeconds(text);
  return parseAny(text);
}

const LETTER_Z = 0x5a;
const SEPARATORS: readonly (readonly [at: number, code: number])[] = [
  [4, 0x2d],
  [7, 0x2d],
  [10, 0x54],
  [13, 0x3a],
  [16, 0x3a],
];

/** yyyy-mm-ddThh:mm:ssZ */
function parseWholeSeconds(text: string): Instant | undefined {
  for (const [at, code] of SEPARATORS) if (text.charCodeAt(at) !== code) return undefined;
  const day = dayOf(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10));
  const timeOfDay = timeOf(digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19));
  return day === undefined || timeOfDay === undefined ? undefined : day * DAY + timeOfDay;
}

/** NaN where something else is among them. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

function parseAny(text: string): Instant | undefined {
  const parts = PATTERN.exec(text);
  if (parts === null) return undefined;
  const [, date = '', time = '', fraction = '', zone = ''] = parts;
  const day = parseDate(date);
  const timeOfDay = parseTimeOfDay(time);
  const offset = zone === 'Z' ? 0 : parseTimeOfDay(`${zone.slice(1)}:00`);
  if (day === undefined || timeOfDay === undefined || offset === undefined) return undefined;
  const milliseconds = Number(fraction.slice(1, 4).padEnd(3, '0'));
  return day * DAY + timeOfDay + milliseconds - (zone.startsWith('-') ? -offset : offset);
}

/** Milliseconds since midnight of hh:mm:ss; leap seconds do not exist here. */
function parseTimeOfDay(text: string): Duration | undefined {
  const [hour = 0, minute = 0, second = 0] = text.split(':').map(Number);
  return timeOf(hour, minute, second);
}

function timeOf(hour: number, minute: number, second: number): Duration | undefined {
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  return hour * HOUR + minute * MINUTE + second * SECOND;
}

/** Days since the epoch of yyyy-mm-dd in the Gregorian calendar, or undefined where there is no such day. */
function parseDate(text: string): number | undefined {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  return dayOf(year, month, day);
}

function dayOf(year: number, month: number, day: number): number | undefined {
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1)) return undefined;
  // Years begin in March here, so that the leap day is the last day of a year.
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  const days = era * DAYS_OF_ERA + dayOfEra - EPOCH_OFFSET;
  const back = civilDate(days);
  return back.month === month && back.day === day ? days : undefined;
}

function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + EPOCH_OFFSET;
  const era = Math.floor(shifted / DAYS_OF_ERA);
  const dayOfEra = shifted - era * DAYS_OF_ERA;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
