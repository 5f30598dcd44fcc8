// SPDX-License-Identifier: Apache-2.0
/** @module Metrics of a program that knows no values of labels beforehand. */
import type { MetricsOptions } from '../../src/observability/metrics.ts';

export const NO_LABELS: MetricsOptions = {
  version: '0',
  controllers: [],
  issuanceReasons: [],
  identityStates: [],
  trustDomainStates: [],
  rotationActions: [],
  reflectors: [],
};
