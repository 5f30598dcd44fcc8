// SPDX-License-Identifier: Apache-2.0
/**
 * The two time types of the program. Both count milliseconds, so nothing is ever converted inside;
 * RFC 3339 strings and Go durations exist only at the edges (ADR 0002).
 * @module
 */

/** A point in time: milliseconds since the Unix epoch. Certificate times are whole seconds of it. */
export type Instant = number;

/** A length of time in milliseconds. */
export type Duration = number;

export const SECOND: Duration = 1000;
export const MINUTE: Duration = 60 * SECOND;
export const HOUR: Duration = 60 * MINUTE;
export const DAY: Duration = 24 * HOUR;
