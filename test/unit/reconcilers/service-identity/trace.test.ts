// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { SignetError } from '../../../../src/errors.ts';
import { reconcileIdentity } from '../../../../src/reconcilers/service-identity/reconcile.ts';
import { anIdentityHarness } from '../../../support/identity-harness.ts';
import { recordingTracer } from '../../../support/recording-tracer.ts';

it('makes an issuance a span with its parts, by what they are found again', async () => {
  const harness = await anIdentityHarness();
  const tracer = recordingTracer();
  harness.api.sync();
  await reconcileIdentity('shop/checkout', { ...harness.deps, tracer });
  expect(tracer.spans.map(({ name }) => name)).toEqual(['issue', 'mint', 'verify', 'store']);
  const issued = harness.observer.issued.mock.calls[0]?.[1] as { facts: Record<string, unknown> };
  const [issue, mint] = tracer.spans;
  expect(issue?.attributes).toEqual({
    'signet.reason': 'FirstIssuance',
    'signet.correlation_id': 'uid-checkout:1',
    'k8s.namespace.name': 'shop',
    'signet.object_name': 'checkout',
    'signet.spiffe_id': 'spiffe://example.org/ns/shop/sa/checkout',
    'signet.serial_number': issued.facts['serialNumber'],
    'signet.authority_id': issued.facts['authorityID'],
  });
  expect(mint?.attributes).toEqual({ 'signet.key_algorithm': 'ECDSA-P256' });
});

it('does nothing else where the Secret cannot be written, and nothing of a key is told', async () => {
  const harness = await anIdentityHarness();
  const tracer = recordingTracer();
  harness.api.sync();
  const refusal = new SignetError('ERR_KUBE_FORBIDDEN', 'no');
  const bodies: Buffer[] = [];
  const calls = {
    ...harness.deps.calls,
    createSecret: (_namespace: string, body: Buffer) => {
      bodies.push(body);
      return Promise.reject(refusal);
    },
  };
  await expect(reconcileIdentity('shop/checkout', { ...harness.deps, calls, tracer })).rejects.toBe(refusal);
  expect(tracer.spans.map(({ name }) => name)).toEqual(['issue', 'mint', 'verify', 'store']);
  expect(bodies.map((body) => body.every((octet) => octet === 0))).toEqual([true]);
  expect(JSON.stringify(tracer.spans)).not.toMatch(/PRIVATE KEY|LS0tLS1/);
});
