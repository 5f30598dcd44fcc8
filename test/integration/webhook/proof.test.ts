// SPDX-License-Identifier: Apache-2.0
/**
 * The continuous proof that admission works: what is told to people when it does not, on the configuration and on every
 * policy that only admission can judge, and that it is told again when it does.
 * @module
 */
import { expect, it } from 'vitest';
import type { IdentityPolicy } from '../../../src/api/identity-policy.ts';
import { getJSON, kubectl } from '../../support/control-plane.ts';
import { policyWorld } from './policy-world.ts';
import { webhookWorld } from './webhook-world.ts';

const place = webhookWorld();
const { world } = place;
const { policy } = policyWorld(world);

interface Told {
  readonly reason: string;
  readonly type: string;
  readonly note: string;
  readonly eventTime: string;
  readonly regarding: { readonly kind: string; readonly name: string };
}

/** What was told of admission since a moment, in that order. */
async function events(since: string): Promise<readonly Told[]> {
  const { items } = await getJSON<{ readonly items: readonly Told[] }>(['events.events.k8s.io', '-n', 'default']);
  return items
    .filter(({ reason, eventTime }) => reason.startsWith('Admission') && eventTime > since)
    .toSorted((a, b) => (a.eventTime < b.eventTime ? -1 : 1));
}

function notEnforced({ status }: IdentityPolicy) {
  return status?.conditions?.find(({ type }) => type === 'NotEnforced');
}

it('is told on the configuration, and on each policy that nobody judges, for as long as it fails', async () => {
  const namespace = await world.namespace();
  const name = await policy(namespace, {
    validations: [{ name: 'who', expression: "request.operation == 'CREATE'", message: 'make another one' }],
  });
  const ref = { kind: 'IdentityPolicy', name } as const;
  const judged = await world.cluster.until(ref, (now) => now?.status?.observedGeneration === 1);
  expect(judged && notEnforced(judged)).toBeUndefined();
  const since = (await events('')).at(-1)?.eventTime ?? '';

  await kubectl(['delete', 'validatingwebhookconfiguration', 'signet-webhook']);
  const passedOver = await world.cluster.until(ref, (now) => now !== undefined && notEnforced(now) !== undefined);
  expect(passedOver && notEnforced(passedOver)).toMatchObject({
    reason: 'AdmissionPassedOver',
    message: expect.stringContaining('validations[who] is judged at admission only, and the last dry run showed'),
  });
  await expect
    .poll(() => events(since))
    .toMatchObject([
      {
        reason: 'AdmissionNotWorking',
        type: 'Warning',
        note: 'Admission does not work: what the webhook must refuse would be admitted (the ValidatingWebhookConfiguration signet-webhook is not in the cluster; apply it)',
        regarding: { kind: 'ValidatingWebhookConfiguration', name: 'signet-webhook' },
      },
    ]);

  await place.installation.applyConfigurations();
  await world.cluster.until(ref, (now) => now !== undefined && notEnforced(now) === undefined);
  await expect.poll(async () => (await events(since)).at(-1)?.reason).toBe('AdmissionWorking');
});
