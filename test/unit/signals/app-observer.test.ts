// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { ServiceIdentityStatus } from '../../../src/api/service-identity.ts';
import { formatTimestamp } from '../../../src/api/timestamp.ts';
import type { RotationStatus, TrustDomainStatus } from '../../../src/api/trust-domain.ts';
import { SignetError } from '../../../src/errors.ts';
import type { EventRecord } from '../../../src/kube/events.ts';
import { NO_AUDIT } from '../../../src/observability/audit.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { appObserver } from '../../../src/signals/app-observer.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { aServiceIdentity, aTrustDomain } from '../../support/builders.ts';
import { linesTo } from '../../support/log-lines.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { NO_LABELS } from '../../support/metric-options.ts';

const ROTATION: RotationStatus = {
  id: 'drill',
  action: 'RotateRoot',
  state: 'InProgress',
  step: 'PublishingRoot',
  message: '3 of 10',
  startedAt: '2026-06-15T12:00:00Z',
  targets: 10,
  stale: 3,
  exposed: 0,
};

const FACTS = {
  spiffeID: 'spiffe://a/b',
  serialNumber: '1',
  fingerprint: '',
  authorityID: '',
  notBefore: 0,
  notAfter: 1,
};
const ISSUED = { facts: FACTS, reason: 'FirstIssuance', clamped: false, duration: 1, minting: 1 } as const;

function observed() {
  const clock = new ManualClock();
  const events: EventRecord[] = [];
  const lines: Record<string, unknown>[] = [];
  const output = linesTo((line) => void lines.push(JSON.parse(line)));
  const metrics = createMetrics({ ...NO_LABELS, rotationActions: ['RotateRoot'] });
  const observer = appObserver({
    logger: createLogger({ level: 'info', format: 'json', now: () => 0, output }),
    metrics,
    clock,
    record: (event) => events.push(event),
    audit: NO_AUDIT,
  });
  return { observer, metrics, events, lines, clock };
}

/** Everything that is told of these statuses, written one after the other. */
async function toldOf(...statuses: readonly TrustDomainStatus[]) {
  const { observer, metrics, events, lines } = observed();
  let status: TrustDomainStatus = {};
  for (const next of statuses) {
    observer.trustDomainWritten(aTrustDomain({ status }), next);
    status = next;
  }
  const requests = (await metrics.scrape()).match(/^signet_rotation_requests_total.*$/gm);
  return { events, lines, requests };
}

it('tells of a rotation in an event of the cluster-scoped object, in the log and in a count, once', async () => {
  const { events, lines, requests } = await toldOf({ rotation: ROTATION }, { rotation: { ...ROTATION, stale: 2 } });
  expect(events).toEqual([
    {
      regarding: { apiVersion: 'signet.dev/v1alpha1', kind: 'TrustDomain', name: 'default', uid: 'uid-default' },
      type: 'Normal',
      reason: 'RotationAccepted',
      action: 'Rotate',
      note: 'RotateRoot (request drill) has begun',
    },
  ]);
  expect(lines).toMatchObject([
    { level: 'info', msg: 'Rotation was accepted', trustDomain: 'default', request: 'drill', action: 'RotateRoot' },
    { level: 'info', msg: 'Rotation is in its next step', step: 'PublishingRoot', targets: 10, stale: 3 },
  ]);
  expect(requests).toEqual([
    'signet_rotation_requests_total{action="RotateRoot",result="accepted"} 1',
    'signet_rotation_requests_total{action="RotateRoot",result="refused"} 0',
  ]);
});

it('warns of what a person has to mend', async () => {
  const condition = { type: 'Ready', status: 'False', reason: 'AuthorityLost', message: 'both are gone' } as const;
  const { events, lines } = await toldOf({
    conditions: [{ ...condition, lastTransitionTime: '2026-06-15T12:00:00Z' }],
  });
  expect(events).toMatchObject([
    { type: 'Warning', reason: 'AuthorityLost', action: 'Reconcile', note: 'both are gone' },
  ]);
  expect(lines).toMatchObject([
    { level: 'warn', reason: 'AuthorityLost', condition: 'Ready', detail: 'both are gone' },
  ]);
});

it('tells of PKCS#12 files that cannot be written, once for each reason', () => {
  const { observer, events } = observed();
  const ready = { type: 'Ready', status: 'True', reason: 'Issued', message: '', lastTransitionTime: '' } as const;
  const blocked = { ...ready, type: 'FormatBlocked', reason: 'PasswordNotFound', message: 'create it' } as const;
  const other = { ...blocked, reason: 'PasswordInvalid', message: 'mend it' } as const;
  let before: ServiceIdentityStatus = {};
  for (const conditions of [[ready], [ready, blocked], [ready, blocked], [ready, other], [ready]]) {
    const status = { conditions };
    observer.identities.statusWritten(aServiceIdentity({ status }), before);
    before = status;
  }
  expect(events).toMatchObject([
    { regarding: { name: 'checkout' }, type: 'Warning', reason: 'PasswordNotFound', note: 'create it' },
    { type: 'Warning', reason: 'PasswordInvalid', note: 'mend it' },
  ]);
});

it('tells of the end of an SVID whose identity waited for somebody else before', () => {
  const { observer, events } = observed();
  const held = { type: 'Ready', reason: 'Suspended', message: 'suspended', lastTransitionTime: '' } as const;
  const notAfter = '2026-01-01T00:00:00Z';
  const before: ServiceIdentityStatus = { notAfter, conditions: [{ ...held, status: 'True' }] };
  const after: ServiceIdentityStatus = {
    notAfter,
    conditions: [{ ...held, status: 'False', message: 'the SVID expired; suspended' }],
  };
  observer.identities.statusWritten(aServiceIdentity({ status: before }), {});
  expect(events).toEqual([]);
  observer.identities.statusWritten(aServiceIdentity({ status: after }), before);
  observer.identities.statusWritten(aServiceIdentity({ status: after }), after);
  expect(events).toMatchObject([{ type: 'Warning', reason: 'Expired', note: 'the SVID expired; suspended' }]);
});

it('tells nothing of the webhook once another replica looks after it', async () => {
  const { observer, metrics } = observed();
  const told = async () =>
    (await metrics.scrape()).match(/^signet_(?:webhook_certificate_expiry|admission_works).*$/gm)?.toSorted();
  observer.leading(true);
  observer.webhook.looked({ notBefore: 1_699_900_000_000, notAfter: 1_700_000_000_000 });
  observer.webhook.probed({ result: 'Refused' }, { name: 'signet-webhook', uid: 'u' });
  expect(await told()).toEqual([
    'signet_admission_works 1',
    'signet_webhook_certificate_expiry_timestamp_seconds 1700000000',
  ]);
  observer.leading(false);
  expect(await told()).toBeUndefined();
});

it('lets the news of a first SVID wait for work, of which there may be thousands', () => {
  const { observer, events } = observed();
  observer.identities.issued(aServiceIdentity(), ISSUED);
  observer.identities.issued(aServiceIdentity({ status: { serialNumber: '0' } }), ISSUED);
  expect(events).toMatchObject([{ type: 'Normal', reason: 'Issued', patient: true }]);
});

it.each([
  ['before its renewal was due', 2 * SECOND, '2'],
  ['since its renewal is due', MINUTE + 2 * SECOND, '60'],
])('counts the latency of a renewal from when it was due, of a key that fails %s', async (_, late, seconds) => {
  const { observer, metrics, clock } = observed();
  const identity = aServiceIdentity();
  const key = `${identity.metadata.namespace}/${identity.metadata.name}`;
  const queue = observer.queue('service-identity');
  queue.waited(0, key);
  const error = new SignetError('ERR_KUBE_FORBIDDEN', 'the status was refused');
  observer.controller('service-identity').finished({ key, duration: 1, outcome: 'error', error });
  await clock.advance(MINUTE);
  queue.waited(0, key);
  const status = { renewalTime: formatTimestamp(clock.now() - late) };
  observer.identities.issued({ ...identity, status }, { ...ISSUED, reason: 'RenewalDue' });
  const told = (await metrics.scrape()).match(/^signet_issuance_latency_seconds_sum .*$/m)?.[0];
  expect(told).toBe(`signet_issuance_latency_seconds_sum ${seconds}`);
});
