// SPDX-License-Identifier: Apache-2.0
/**
 * metav1.MicroTime: RFC 3339 in UTC with microseconds, as Leases and Events carry it.
 * @module
 */
import type { Instant } from '../time.ts';

export function microTime(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, -1)}000Z`;
}
