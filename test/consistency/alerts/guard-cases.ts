// SPDX-License-Identifier: Apache-2.0
/** @module What the ValidatingAdmissionPolicies refuse, as an API server counts it that is scraped as well. */
import type { Case } from './cases.ts';

/** The first refusal makes the series. */
function refusedBy(policy: string): string {
  return `apiserver_validating_admission_policy_check_total{instance="api",policy="${policy}",policy_binding="${policy}",enforcement_action="deny",error_type="no_error"}`;
}

export const GUARD_CASES: Readonly<Record<string, Case>> = {
  "the controller's account is refused a Secret of somebody else, for the first time ever": {
    trouble: { [refusedBy('signet-controller-secrets')]: 1 },
    after: 1,
    fires: ['SignetGuardRefused critical'],
    quietAt: 17,
  },
  'somebody is refused the Secret of an authority, again and again': {
    trouble: { [refusedBy('signet-authority-secrets')]: { from: 1, perMinute: 0.2 } },
    after: 40,
    fires: ['SignetGuardRefused warning'],
    quietAt: -1,
  },
  'both kinds of guards refuse something': {
    trouble: { [refusedBy('signet-controller-pods')]: 2, [refusedBy('signet-confirm-delete')]: 1 },
    after: 5,
    fires: ['SignetGuardRefused critical', 'SignetGuardRefused warning'],
    quietAt: 30,
  },
  'a policy of somebody else refuses something': {
    trouble: { [refusedBy('no-latest-tag')]: { from: 1, perMinute: 5 } },
    after: 5,
    fires: [],
    quietAt: 40,
  },
};
