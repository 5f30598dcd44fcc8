// SPDX-License-Identifier: Apache-2.0
/**
 * What is told of a published bundle: the status and condition of its TrustDomain, and the counts a rotation waits for.
 * Counted from what is stored.
 * @module
 */

import type { BlockerStatus, BundleStatus } from '../api/trust-domain.ts';
import { blockerReason, type Count, MAX_BLOCKERS } from '../authority/propagation.ts';
import type { BundleReport } from '../authority/status.ts';
import type { BundleKind } from './objects.ts';
import type { BundleBlocked } from './plan.ts';

/** One place that has to hold the bundle. */
export interface BundleTally {
  readonly kind: BundleKind;
  readonly namespace?: string;
  readonly name: string;
  /** Whether it holds the present content. */
  readonly current: boolean;
  readonly blocked: BundleBlocked | undefined;
}

export function bundleReport(sequence: number, tallies: readonly BundleTally[]): BundleReport {
  const configMaps = tallies.filter(({ kind }) => kind === 'ConfigMap');
  const cluster = tallies.find(({ kind, current }) => kind === 'ClusterTrustBundle' && current);
  const inTheWay = tallies.filter(({ blocked }) => blocked !== undefined);
  const blocked = inTheWay.slice(0, MAX_BLOCKERS).map(blockerOf);
  const status: BundleStatus = {
    sequence,
    configMaps: { total: configMaps.length, current: configMaps.filter(({ current }) => current).length },
    ...(cluster === undefined ? {} : { clusterTrustBundle: cluster.name }),
    ...(blocked.length === 0 ? {} : { blocked }),
  };
  const [first] = inTheWay;
  if (first?.blocked === undefined) return { status };
  const { reason, message } = first.blocked;
  const more = inTheWay.length === 1 ? '' : `; and ${inTheWay.length - 1} more, see status.bundle.blocked`;
  const where = first.namespace === undefined ? 'cluster-wide' : `in namespace ${first.namespace}`;
  const words = `${first.kind} ${first.name} ${where} does not hold the bundle: ${message}${more}`;
  return { status, condition: { type: 'BundleBlocked', status: 'True', reason, message: words } };
}

export function bundlePropagation(tallies: readonly BundleTally[]): Count {
  const stale = tallies.filter(({ current }) => !current);
  // What a person has to mend comes before what is merely not written yet.
  const ordered = stale.toSorted((a, b) => Number(a.blocked === undefined) - Number(b.blocked === undefined));
  const blockers = ordered.slice(0, MAX_BLOCKERS).map(blockerOf);
  return { targets: tallies.length, stale: stale.length, exposed: 0, blockers, secrets: 0, dependents: 0 };
}

function blockerOf({ kind, namespace, name, blocked }: BundleTally): BlockerStatus {
  return { kind, ...(namespace === undefined ? {} : { namespace }), name, reason: blockerReason(blocked) };
}
