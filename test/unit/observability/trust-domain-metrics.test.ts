// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { TRUST_DOMAIN_REASONS } from '../../../src/api/conditions.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { type TrustDomainReading, UNAVAILABLE_STATES } from '../../../src/observability/trust-domain-metrics.ts';
import { NO_LABELS } from '../../support/metric-options.ts';

const OPTIONS = { ...NO_LABELS, trustDomainStates: ['AuthorityReady', 'AuthorityLost'] };

function aReading(changes: Partial<TrustDomainReading> = {}): TrustDomainReading {
  return {
    name: 'default',
    state: 'AuthorityReady',
    authorities: [
      { kind: 'Root', state: 'Active', count: 1 },
      { kind: 'Root', state: 'Retired', count: 0 },
    ],
    active: [{ kind: 'Root', notAfter: 4_000_000, overdue: true }],
    latestSVIDs: [{ kind: 'Root', id: 'r1', notAfter: 3_000_000 }],
    compromisedRoots: 0,
    rotation: {
      steps: { PublishingRoot: true, RemovingRoot: false },
      startedAt: 1_000_000,
      nextStepTime: 2_000_000,
      targets: 10,
      stale: 3,
      exposed: 0,
      quarantined: 1,
    },
    bundle: { sequence: 1_781_524_800, configMaps: 5, stale: 2 },
    ...changes,
  };
}

/** Every series of a TrustDomain, of one scrape for each list of readings. */
async function scrapes(...lists: readonly (readonly TrustDomainReading[])[]): Promise<string[][]> {
  const metrics = createMetrics(OPTIONS);
  const all: string[][] = [];
  for (const list of lists) {
    metrics.observe({ trustDomains: () => list });
    const text = await metrics.scrape();
    all.push(text.split('\n').filter((line) => /trust_domain=|^signet_trust_domains\{/.test(line)));
  }
  return all;
}

it('shows what a TrustDomain is at, in seconds', async () => {
  const [series] = await scrapes([aReading()]);
  expect(series?.toSorted()).toEqual([
    'signet_authorities_overdue{trust_domain="default",kind="Root"} 1',
    'signet_authorities{trust_domain="default",kind="Root",state="Active"} 1',
    'signet_authorities{trust_domain="default",kind="Root",state="Retired"} 0',
    'signet_authority_expiry_timestamp_seconds{trust_domain="default",kind="Root"} 4000',
    'signet_authority_latest_svid_expiry_timestamp_seconds{trust_domain="default",kind="Root",authority="r1"} 3000',
    'signet_authority_unavailable{trust_domain="default"} 0',
    'signet_bundle_config_maps{trust_domain="default"} 5',
    'signet_bundle_sequence{trust_domain="default"} 1781524800',
    'signet_bundle_stale_config_maps{trust_domain="default"} 2',
    'signet_compromised_roots{trust_domain="default"} 0',
    'signet_root_key_lost{trust_domain="default"} 0',
    'signet_rotation_exposed_svids{trust_domain="default"} 0',
    'signet_rotation_next_step_timestamp_seconds{trust_domain="default"} 2000',
    'signet_rotation_quarantined_targets{trust_domain="default"} 1',
    'signet_rotation_stale_targets{trust_domain="default"} 3',
    'signet_rotation_start_timestamp_seconds{trust_domain="default"} 1000',
    'signet_rotation_step{trust_domain="default",step="PublishingRoot"} 1',
    'signet_rotation_step{trust_domain="default",step="RemovingRoot"} 0',
    'signet_rotation_targets{trust_domain="default"} 10',
    'signet_trust_domains{state="AuthorityLost"} 0',
    'signet_trust_domains{state="AuthorityReady"} 1',
  ]);
});

it('says of each by itself whether it can sign', async () => {
  const states = ['AuthorityReady', 'Pending', 'RootKeyLost', ...UNAVAILABLE_STATES];
  expect(Object.keys(TRUST_DOMAIN_REASONS)).toEqual(expect.arrayContaining(states));
  const [series = []] = await scrapes(states.map((state) => aReading({ name: state, state })));
  const unavailable = series.filter((line) => /^signet_authority_unavailable.* 1$/u.test(line));
  expect(unavailable.map((line) => /"(.*)"/u.exec(line)?.[1])).toEqual(UNAVAILABLE_STATES);
  const keyless = series.filter((line) => /^signet_root_key_lost.* 1$/u.test(line));
  expect(keyless).toEqual(['signet_root_key_lost{trust_domain="RootKeyLost"} 1']);
});

it('counts TrustDomains by state, those of a state nobody knew of beforehand too', async () => {
  const names = ['a', 'b', 'c'].map((name) => aReading({ name, ...(name === 'c' ? { state: 'Novel' } : {}) }));
  const [series] = await scrapes(names, names);
  expect(series?.filter((line) => line.startsWith('signet_trust_domains'))).toEqual([
    'signet_trust_domains{state="AuthorityReady"} 2',
    'signet_trust_domains{state="AuthorityLost"} 0',
    'signet_trust_domains{state="Novel"} 1',
  ]);
});

it('does not add up over scrapes', async () => {
  const [first, second] = await scrapes([aReading()], [aReading()]);
  expect(second).toEqual(first);
});

it('leaves nothing behind of a TrustDomain, an authority or a count that is gone', async () => {
  const { rotation } = aReading();
  const quiet = { ...rotation, startedAt: undefined, nextStepTime: undefined, stale: undefined };
  const changed = aReading({ active: [], latestSVIDs: [], bundle: undefined, rotation: quiet });
  const [, second = [], third] = await scrapes([aReading()], [changed], []);
  for (const gone of ['expiry', 'bundle', 'stale', 'rotation_start', 'rotation_next']) {
    expect(second.filter((line) => line.includes(gone))).toEqual([]);
  }
  expect(second).toContain('signet_rotation_targets{trust_domain="default"} 10');
  expect(third).toEqual([
    'signet_trust_domains{state="AuthorityReady"} 0',
    'signet_trust_domains{state="AuthorityLost"} 0',
  ]);
});
