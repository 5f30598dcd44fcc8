// SPDX-License-Identifier: Apache-2.0
/** @module Troubles that more than one list of cases is made of. */
import { onBoth, type World } from './healthy.ts';

type Trouble = Readonly<Record<string, World[string] | undefined>>;

/** The beginning of the trouble, as a time. */
export const BEGIN = 600;

export const NO_SIGNER = { 'signet_lease_held{instance="a"}': 0, 'signet_admission_works{instance="a"}': undefined };
export const FAILING = {
  'signet_issuance_failures_total{instance="a",code="ERR_KUBE_UNAVAILABLE"}': { perMinute: 20 },
  'signet_issuances_total{instance="a",reason="RenewalDue",result="success"}': { perMinute: 40 },
};

export const both = (series: string, value: World[string] | undefined): Trouble => onBoth({ [series]: value });
