// SPDX-License-Identifier: Apache-2.0
/**
 * docs/reference/metrics.md: the catalog of src/observability in sections, with what has to be said about their labels.
 * @module
 */
import { METRICS, type MetricKey } from '../../src/observability/metric-catalog.ts';

interface Section {
  readonly title: string;
  readonly text: string;
  readonly metrics: readonly MetricKey[];
}

const HEAD = `# Metrics

Generated from the catalog in \`src/observability\` by \`npm run generate\`.

\`/metrics\` at \`--metrics-address\` (\`:9402\`) serves these metrics in the Prometheus text format. Times are in seconds and
bytes in bytes, as Prometheus has it. Counts do not grow with the number of identities: there is no series for each of
them, but where \`--identity-metrics-limit\` asks for some. Series whose labels are known beforehand are there from the
start, at zero, so that the first failure is an increase already. What could not be read is missing, not zero:
\`signet_scrape_source_success\` says what that is, and everything else is served.

\`/livez\` fails when the process should be restarted, \`/readyz\` while it should get no work; both name the failed checks,
and all of them with \`?verbose\`.

[Alerts](alerts.md) says what of this is worth waking somebody; [Observability](../observability.md) how to turn all of it on.
`;

const SECTIONS: readonly Section[] = [
  {
    title: 'Identities',
    text: `\`reason\` of an issuance is \`FirstIssuance\` (the identity never had an SVID), \`SecretMissing\` (the Secret is gone, or the spec
names another one), \`SecretAdopted\` (it was kept or restored from an earlier identity of this name), \`SecretImmutable\` (it
cannot be changed in place), \`SecretEdited\` (key, certificate or a file was damaged), \`AuthorityChanged\` (its authority left
the TrustDomain), \`SpecChanged\`, \`PasswordChanged\` (the password of its key store), \`RenewRequested\` or \`RenewalDue\`.

Of one issuance the latency is the whole, the wait in \`signet_workqueue_wait_seconds\` and the duration of calls and
cryptography are parts of it, and minting is the cryptography of that. Gauges are read from the caches, so every replica
shows the same: take the \`max\` over replicas, not the sum. Counts and histograms are of the replica that signs.

A Secret that somebody else has changed is counted again when the controller restarts before it mends it.`,
    metrics: [
      'issuances',
      'issuanceFailures',
      'issuanceDuration',
      'issuanceLatency',
      'mintDuration',
      'renewalLateness',
      'identities',
      'identitiesForbidden',
      'svids',
      'survival',
      'survivalRatio',
      'nearestExpiry',
      'identityExpiry',
      'foreignWrites',
      'policyIdentities',
    ],
  },
  {
    title: 'Trust domains',
    text: `\`trust_domain\` is the name of the TrustDomain object, \`kind\` is \`Root\` or \`Intermediate\`, \`state\` of an authority \`Prepared\`,
\`Active\` or \`Retired\`, and \`authority\` its ID, as in the status of a ServiceIdentity. \`step\` is one of those that
[Rotation](../rotation.md) explains: \`PublishingRoot\`, \`WaitingForMargin\`, \`ReplacingSVIDs\`, \`WaitingForOldSVIDs\`,
\`RemovingRoot\`. \`action\` is \`RotateIntermediate\`, \`RotateRoot\` or \`Compromise\`.

All gauges are read from the status of the TrustDomains, so every replica shows the same, a standby too: take the
\`max\` over replicas, not the sum. Requests and durations count on the replica that answered.

For an authority that signs, the latest end of an SVID is not known but bounded: no SVID outlives its intermediate. Under a
root that signs, the bound is the latest of those of all intermediates.`,
    metrics: [
      'trustDomains',
      'authorityUnavailable',
      'rootKeyLost',
      'authorities',
      'authorityExpiry',
      'authoritiesOverdue',
      'latestSVIDExpiry',
      'compromisedRoots',
      'compromise',
      'rotationRequests',
      'rotationStep',
      'rotationStart',
      'rotationNextStep',
      'rotationTargets',
      'rotationStale',
      'rotationExposed',
      'rotationQuarantined',
      'bundleSequence',
      'bundleConfigMaps',
      'bundleStale',
      'bundlePropagation',
    ],
  },
  {
    title: 'The replica',
    text: `What is looked up for a scrape comes from sources, and one that fails takes no other with it. \`source\` is \`controllers\`
(the state of their queues), \`reflectors\`, \`identities\`, \`trust_domains\`, \`policies\`, \`lease_held\`, \`ready\`, \`clock_skew\`,
\`process\` or \`counts\` (all that is counted and not looked up). A webhook has \`controllers\`, \`reflectors\`, \`ready\`, \`process\` and \`counts\`.`,
    metrics: [
      'buildInfo',
      'ready',
      'leaseHeld',
      'clockSkew',
      'sourceSuccess',
      'events',
      'logLinesLeftOut',
      'spans',
      'eventLoopLag',
    ],
  },
  {
    title: 'Controllers and queues',
    text: `\`controller\` is \`service-identity\`, \`trust-domain\`, \`identity-policy\`, \`bundle\`, \`reload\`, and \`webhook\` where there is one to look
after; in the webhook \`serving-certificate\`. \`result\` is \`success\`, \`requeue_after\` (succeeded, and comes again at a known time), \`error\` (failed, comes again
after its back-off) or \`canceled\` (given up because the Lease was lost or the process stops; counts as no error).`,
    metrics: [
      'queueDepth',
      'queueDelayed',
      'queueOldest',
      'queueAdds',
      'queueRetries',
      'queueWait',
      'reconciles',
      'reconcileErrors',
      'reconcileDuration',
      'reconcilesInFlight',
      'longestReconcile',
    ],
  },
  {
    title: 'The API server',
    text: `Durations are by verb alone: a histogram of each resource would be a third of everything that is scraped. How long a call
on one resource took is in the [traces](traces.md).`,
    metrics: [
      'apiRequests',
      'apiDuration',
      'apiThrottled',
      'reflectorObjects',
      'reflectorActivity',
      'reflectorLists',
      'reflectorRestarts',
    ],
  },
  {
    title: 'Admission',
    text: `\`kind\` is written as \`ServiceIdentity.signet.dev\` or \`Pod\`. Reviews are counted by \`signet webhook\`, probes and steps by the
controller that holds the Lease. A denied Pod is one that would have mounted the SVID of another service account. \`result\`
of a probe is \`Refused\` (as it should be), \`Admitted\` (the webhook is not asked, or passed over), \`Unreachable\` (the API
server cannot reach it and refuses) or \`RefusedByOthers\`: [Admission](../admission.md) says what each result means.`,
    metrics: [
      'admissionReviews',
      'admissionDuration',
      'admissionRefusals',
      'policyViolations',
      'servingExpiry',
      'servingStart',
      'servingSteps',
      'servingLoads',
      'admissionProbes',
      'admissionWorks',
    ],
  },
  {
    title: 'The prober',
    text: `Where \`--prober-identities\` names two identities ([Observability](../observability.md#the-prober)).`,
    metrics: ['handshakes', 'handshakeDuration'],
  },
  {
    title: 'Process',
    text: '',
    metrics: ['residentMemory', 'heapUsed', 'cpu', 'startTime'],
  },
];

/** The page; throws where a metric is in no section, or in two. */
export function metricsPage(): string {
  const placed = SECTIONS.flatMap(({ metrics }) => metrics);
  const keys = Object.keys(METRICS) as MetricKey[];
  const misplaced = keys.filter((key) => placed.filter((other) => other === key).length !== 1);
  if (misplaced.length > 0)
    throw new Error(`hack/observability/metrics-page.ts: give a section to ${misplaced.join(', ')}`);
  return [HEAD, ...SECTIONS.map(section)].join('\n');
}

function section({ title, text, metrics }: Section): string {
  const rows = metrics.map((key) => {
    const { name, type, labels, help } = METRICS[key];
    const list = labels.map((label) => `\`${label}\``).join(', ') || 'none';
    return `| \`${name}\` | ${type} | ${list} | ${help.replaceAll('|', '\\|')} |`;
  });
  const lead = text === '' ? [] : [text, ''];
  return [`## ${title}`, '', ...lead, '| Metric | Type | Labels | Meaning |', '|---|---|---|---|', ...rows, ''].join(
    '\n',
  );
}
