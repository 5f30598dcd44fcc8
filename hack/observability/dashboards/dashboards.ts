// SPDX-License-Identifier: Apache-2.0
/** @module All dashboards by the names of their files. */
import { DEBUGGING } from './debugging.ts';
import type { Dashboard } from './grafana.ts';
import { ON_CALL } from './on-call.ts';
import { OVERVIEW } from './overview.ts';

export const DASHBOARDS: Readonly<Record<string, Dashboard>> = {
  overview: OVERVIEW,
  'on-call': ON_CALL,
  debugging: DEBUGGING,
};
