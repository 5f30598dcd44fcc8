// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { SignetError } from '../../../src/errors.ts';
import { AUDIT_FIELDS, type Audit, createAudit } from '../../../src/observability/audit.ts';
import { auditIdentities, auditRotation } from '../../../src/signals/audit-observer.ts';
import { aServiceIdentity } from '../../support/builders.ts';
import { linesTo } from '../../support/log-lines.ts';

const NOW = Date.UTC(2026, 5, 15, 12);

/** What is written while `tell` is at work. */
function written(tell: (audit: Audit) => void): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const output = linesTo((line) => void lines.push(JSON.parse(line)));
  tell(createAudit({ output, now: () => NOW, instance: 'signet-0' }));
  return lines;
}

const FACTS = {
  spiffeID: 'spiffe://example.org/ns/shop/sa/checkout',
  serialNumber: '4f00',
  fingerprint: '9a00',
  authorityID: '7700',
  notBefore: NOW,
  notAfter: NOW + 3_600_000,
};

it('writes one line with every field that a reader needs, in the documented order', () => {
  const [line = {}] = written((audit) =>
    auditIdentities(audit).issued(aServiceIdentity(), {
      reason: 'RenewalDue',
      facts: FACTS,
      clamped: false,
      duration: 5,
      minting: 1,
    }),
  );
  expect(line).toEqual({
    channel: 'audit',
    schema: 1,
    time: '2026-06-15T12:00:00.000Z',
    code: 'SVID_ISSUED',
    outcome: 'success',
    instance: 'signet-0',
    correlationID: 'uid-checkout:1',
    kind: 'ServiceIdentity',
    namespace: 'shop',
    name: 'checkout',
    reason: 'RenewalDue',
    serviceAccount: 'checkout',
    spiffeID: FACTS.spiffeID,
    serialNumber: '4f00',
    fingerprint: '9a00',
    authorityID: '7700',
    notBefore: '2026-06-15T12:00:00Z',
    notAfter: '2026-06-15T13:00:00Z',
  });
  const order = Object.keys(AUDIT_FIELDS);
  expect(Object.keys(line)).toEqual(Object.keys(line).toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
});

it('tells of failures with the code of the error, and cuts out what looks like a key', () => {
  const error = new SignetError('ERR_KUBE_FORBIDDEN', 'no: -----BEGIN PRIVATE KEY-----');
  const action = { kind: 'IssueSVID', reason: 'RenewalDue' } as Parameters<
    ReturnType<typeof auditIdentities>['failed']
  >[1];
  const [line] = written((audit) => auditIdentities(audit).failed(aServiceIdentity(), action, error));
  expect(line).toMatchObject({
    code: 'SVID_FAILED',
    outcome: 'failure',
    errorCode: 'ERR_KUBE_FORBIDDEN',
    detail: '[redacted]',
  });
});

function blocked(message: string) {
  return aServiceIdentity({
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'PolicyViolation',
          message,
          observedGeneration: 1,
          lastTransitionTime: '2026-06-15T12:00:00Z',
        },
      ],
    },
  });
}

describe('a refusal', () => {
  it('is told once for its words', () => {
    const lines = written((audit) => {
      const { statusWritten } = auditIdentities(audit);
      statusWritten(blocked('use Ed25519'), undefined);
      statusWritten(blocked('use Ed25519'), blocked('use Ed25519').status);
      statusWritten(blocked('use RSA'), blocked('use Ed25519').status);
    });
    expect(lines.map(({ code, detail }) => [code, detail])).toEqual([
      ['POLICY_REFUSED', 'use Ed25519'],
      ['POLICY_REFUSED', 'use RSA'],
    ]);
  });
});

it.each([
  [true, 'COMPROMISE'],
  [false, 'ROTATION'],
])('tells a rotation from a compromise (%s)', (compromise, code) => {
  const event = {
    reason: 'RootWithdrawn',
    type: 'Normal',
    message: '',
    note: 'gone',
    fields: { request: 'r1' },
  } as const;
  const [line] = written((audit) => auditRotation(audit, 'default', event, compromise));
  expect(line).toMatchObject({ code, kind: 'TrustDomain', name: 'default', reason: 'RootWithdrawn', request: 'r1' });
});
