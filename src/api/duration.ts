// SPDX-License-Identifier: Apache-2.0
/**
 * Durations as users write them in specs and flags: Go style, in hours, minutes and seconds, largest unit first.
 * @module
 */
import { type Duration, HOUR, MINUTE, SECOND } from '../time.ts';

/** The grammar; the CRDs carry the same text. The digits keep every sum far below what int64 nanoseconds hold. */
export const DURATION_PATTERN: RegExp = /^([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$/;

/** Longest text in characters: six, seven and nine digits with their units. */
export const MAX_DURATION_LENGTH = 25;

/** Longest value `parseDuration` returns, about 164 years. */
export const MAX_DURATION: Duration = 999_999 * HOUR + 9_999_999 * MINUTE + 999_999_999 * SECOND;

/** Parses "1h", "1h30m", "90s" and the like into milliseconds; never throws. Fractions, signs and other units are refused. */
export function parseDuration(text: string): { value: Duration } | { problem: string } {
  const parts = text.length <= MAX_DURATION_LENGTH && text !== '' ? DURATION_PATTERN.exec(text) : null;
  if (parts === null) return { problem: 'must be a duration in h, m and s (in this order), such as "1h" or "1h30m"' };
  return { value: amount(parts[1]) * HOUR + amount(parts[2]) * MINUTE + amount(parts[3]) * SECOND };
}

/** The number of a part such as "30m"; a part that was left out counts nothing. */
function amount(part: string | undefined): number {
  return Number.parseInt(part ?? '0', 10);
}

/** The shortest text for a duration, rounded down to whole seconds: "1h30m", "45s"; "0s" for none. Inverse of `parseDuration`. */
export function formatDuration(duration: Duration): string {
  const hours = Math.floor(duration / HOUR);
  const minutes = Math.floor((duration % HOUR) / MINUTE);
  const seconds = Math.floor((duration % MINUTE) / SECOND);
  const parts = [hours > 0 ? `${hours}h` : '', minutes > 0 ? `${minutes}m` : '', seconds > 0 ? `${seconds}s` : ''];
  return parts.join('') || '0s';
}
