// SPDX-License-Identifier: Apache-2.0
/** @module Whoever may create policies must not make up series without end, and the first refusal of some rules counts. */
import { expect, it } from 'vitest';
import { ENFORCE_LABEL } from '../../../src/api/well-known.ts';
import { createMetrics, type Metrics } from '../../../src/observability/metrics.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { NO_LABELS } from '../../support/metric-options.ts';

const POLICIES = Array.from({ length: 102 }, (_, nth) => `policy-${nth}`);

/** Names in the label `policy`, each with what its series count together. */
async function counted(metrics: Metrics, name: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const line of (await metrics.scrape()).split('\n')) {
    const [, policy, value] = line.startsWith(name) ? (/policy="([^"]*)".* (\d+)$/u.exec(line) ?? []) : [];
    if (policy !== undefined) counts[policy] = (counts[policy] ?? 0) + Number(value);
  }
  return counts;
}

const EXPECTED = { ...Object.fromEntries(POLICIES.slice(0, 100).map((policy) => [policy, 1])), other: 2 };

it('counts what policies match under the names of the first hundred, and of the others together', async () => {
  const metrics = createMetrics(NO_LABELS);
  metrics.observe({
    policies: () => POLICIES.map((policy) => ({ policy, enforcement: 'Enforce', matched: 1, violating: 0 })),
  });
  expect(await counted(metrics, 'signet_policy_identities{')).toEqual(EXPECTED);
});

it('counts broken rules under as many names, built-in rules aside', async () => {
  const metrics = createMetrics(NO_LABELS);
  for (const policy of [undefined, ...POLICIES]) metrics.violation({ policy, rule: 'issue.maxTTL', effect: 'Deny' });
  const expected = { ...EXPECTED, 'built-in': 1 };
  expect(await counted(metrics, 'signet_admission_policy_violations_total{')).toEqual(expected);
  for (const policy of ['policy-99', 'policy-101', undefined]) {
    metrics.violation({ policy, rule: 'issue.maxTTL', effect: 'Deny' });
  }
  expect(await counted(metrics, 'signet_admission_policy_violations_total{')).toEqual({
    ...expected,
    'policy-99': 2,
    other: 3,
    'built-in': 2,
  });
});

async function lines(metrics: Metrics): Promise<string[]> {
  return (await metrics.scrape())
    .split('\n')
    .filter((line) => line.startsWith('signet_admission_policy_violations_total{'));
}

it('counts the first mount of a foreign SVID that is refused as an increase, where Pods are judged', async () => {
  const metrics = createMetrics({ ...NO_LABELS, reviewedKinds: ['Pod'] });
  const [series = ''] = await lines(metrics);
  expect(series).toMatch(/policy="built-in",rule="own-svid",effect="deny",.* 0$/u);
  const decision = evaluate([], {
    kind: 'Pod',
    name: 'p',
    namespace: { name: 'shop', labels: { [ENFORCE_LABEL]: '' }, annotations: {} },
    path: 'spec',
    spec: { serviceAccountName: 'checkout', volumes: [{ name: 'v', secret: { secretName: 'cart-svid' } }] },
    identities: [{ name: 'cart', serviceAccountName: 'cart', secretName: 'cart-svid' }],
  });
  for (const violation of decision.violations) metrics.violation(violation);
  expect(await lines(metrics)).toEqual([series.replace(/0$/u, '1')]);
  expect(await lines(createMetrics({ ...NO_LABELS, reviewedKinds: ['ServiceIdentity'] }))).toEqual([]);
});
