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

const PATTERN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const ZERO = 0x30;

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
  if (!PATTERN.test(text)) return undefined;
  const day = dayAt(text);
  const timeOfDay = timeAt(text, 11);
  const zoneAt = text.endsWith('Z') ? text.length - 1 : text.length - 6;
  const offset = zoneAt === text.length - 1 ? 0 : timeAt(`${text.slice(zoneAt + 1)}:00`, 0);
  if (day === undefined || timeOfDay === undefined || offset === undefined) return undefined;
  const milliseconds = zoneAt === 19 ? 0 : Number(text.slice(20, Math.min(23, zoneAt)).padEnd(3, '0'));
  return day * DAY + timeOfDay + milliseconds - (text[zoneAt] === '-' ? -offset : offset);
}

/** The number that stands at a place of a text known to have digits there. */
function numberAt(text: string, at: number, digits: number): number {
  let value = 0;
  for (let index = at; index < at + digits; index += 1) value = value * 10 + text.charCodeAt(index) - ZERO;
  return value;
}

/** Milliseconds since midnight of the hh:mm:ss at a place; leap seconds do not exist here. */
function timeAt(text: string, at: number): Duration | undefined {
  const hour = numberAt(text, at, 2);
  const minute = numberAt(text, at + 3, 2);
  const second = numberAt(text, at + 6, 2);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return hour * HOUR + minute * MINUTE + second * SECOND;
}

/** Days since the epoch of the yyyy-mm-dd in front, in the Gregorian calendar; undefined where there is no such day. */
function dayAt(text: string): number | undefined {
  const year = numberAt(text, 0, 4);
  const month = numberAt(text, 5, 2);
  const day = numberAt(text, 8, 2);
  if (month < 1 || month > 12 || day < 1 || day > daysOf(month, year)) return undefined;
  // Years begin in March here, so that the leap day is the last day of a year.
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_OF_ERA + dayOfEra - EPOCH_OFFSET;
}

function daysOf(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
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
