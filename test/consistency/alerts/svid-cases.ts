// SPDX-License-Identifier: Apache-2.0
/**
 * What becomes of SVIDs: late, old, expired; and of those of 15 minutes and of an hour whose renewal, planned as late as it
 * may be, does not happen. The runbooks say how many minutes are left when these alerts fire.
 * @module
 */
import type { Case } from './cases.ts';
import { both } from './troubles.ts';

/** An SVID of so many minutes, from the end of the window of renewals on. */
function notRenewed(minutes: number): Case['trouble'] {
  return both('signet_survival_ratio{}', { from: 0.4, perMinute: -1 / minutes });
}

export const SVID_CASES: Readonly<Record<string, Case>> = {
  'SVIDs have expired': {
    trouble: { ...both('signet_svids{validity="expired",renewable="true"}', 3), ...both('signet_survival_ratio{}', 0) },
    after: 20,
    fires: ['SignetSvidsExpired'],
    quietAt: 0,
  },
  'SVIDs of a suspended identity have expired': {
    trouble: both('signet_svids{validity="expired",renewable="false"}', 3),
    after: 30,
    fires: [],
    quietAt: 20,
  },
  'an SVID gets old': {
    trouble: {
      ...both('signet_survival_ratio{}', 0.2),
      ...both('signet_svids{validity="overdue",renewable="true"}', 1),
    },
    after: 20,
    fires: ['SignetSurvivalLow'],
    quietAt: 0,
  },
  'renewals are late': {
    trouble: both('signet_svids{validity="overdue",renewable="true"}', 5),
    after: 5,
    fires: ['SignetRenewalsOverdue'],
    quietAt: 2,
  },
  'an SVID of 15 minutes is not renewed, and 3 minutes are left': {
    trouble: { ...notRenewed(15), ...both('signet_svids{validity="overdue",renewable="true"}', 1) },
    after: 3,
    fires: ['SignetSurvivalLow'],
    quietAt: 1,
  },
  'an SVID of 15 minutes is renewed with 4 minutes left': {
    trouble: notRenewed(15),
    after: 3,
    fires: [],
    quietAt: 20,
    ends: 3,
  },
  'an SVID of an hour is not renewed, and 16 minutes are left': {
    trouble: notRenewed(60),
    after: 8,
    fires: ['SignetSurvivalLow'],
    quietAt: 6,
  },
  'an SVID of an hour is late before it is old': {
    trouble: { ...notRenewed(60), ...both('signet_svids{validity="overdue",renewable="true"}', 1) },
    after: 5,
    fires: ['SignetRenewalsOverdue'],
    quietAt: 2,
  },
};
