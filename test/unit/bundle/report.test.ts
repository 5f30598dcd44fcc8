// SPDX-License-Identifier: Apache-2.0
/**
 * What is told of a bundle, by what is in place and what is in the way.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { type BundleTally, bundlePropagation, bundleReport } from '../../../src/bundle/report.ts';

function configMap(namespace: string, more: Partial<BundleTally> = {}): BundleTally {
  return { kind: 'ConfigMap', namespace, name: 'bundle', current: true, blocked: undefined, ...more };
}

const CLUSTER: BundleTally = {
  kind: 'ClusterTrustBundle',
  name: 'signet.dev:default:bundle',
  current: true,
  blocked: undefined,
};
const REFUSED = { current: false, blocked: { reason: 'WriteRefused', message: 'exceeded quota' } } as const;

describe('the status of a bundle', () => {
  it('counts ConfigMaps and names the ClusterTrustBundle', () => {
    const { status, condition } = bundleReport(7, [configMap('a'), configMap('b', { current: false }), CLUSTER]);
    expect(status).toEqual({
      sequence: 7,
      configMaps: { total: 2, current: 1 },
      clusterTrustBundle: CLUSTER.name,
    });
    expect(condition).toBeUndefined();
  });

  it('names no ClusterTrustBundle that is not in place', () => {
    expect(bundleReport(7, [{ ...CLUSTER, current: false }]).status).toEqual({
      sequence: 7,
      configMaps: { total: 0, current: 0 },
    });
  });

  it('lists ten of those in the way, and a condition names the first and counts the others', () => {
    const tallies = Array.from({ length: 12 }, (_, index) => configMap(`ns-${index}`, REFUSED));
    const { status, condition } = bundleReport(7, tallies);
    expect(status.blocked).toHaveLength(10);
    expect(status.blocked?.[0]).toEqual({
      kind: 'ConfigMap',
      namespace: 'ns-0',
      name: 'bundle',
      reason: 'WriteRefused: exceeded quota',
    });
    expect(condition).toMatchObject({ type: 'BundleBlocked', status: 'True', reason: 'WriteRefused' });
    expect(condition?.message).toMatch(/ConfigMap bundle in namespace ns-0 .*exceeded quota; and 11 more/);
  });
});

describe('the propagation of a bundle', () => {
  it('counts what does not hold the anchors, and names first what a person has to mend', () => {
    const tallies = [configMap('a'), configMap('b', { current: false }), configMap('c', REFUSED), CLUSTER];
    const { blockers, ...counts } = bundlePropagation(tallies);
    expect(counts).toEqual({ targets: 4, stale: 2, exposed: 0, secrets: 0, dependents: 0 });
    expect(blockers.map(({ namespace }) => namespace)).toEqual(['c', 'b']);
  });
});
