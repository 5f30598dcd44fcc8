// SPDX-License-Identifier: Apache-2.0
/**
 * Stories of an operator who rotates an authority and is told of it, in events of the TrustDomain and in metrics.
 * @module
 */
import { expect, it } from 'vitest';
import type { RotationRequest, TrustDomain } from '../../../src/api/trust-domain.ts';
import { storyWorld } from './world.ts';

const world = storyWorld();

async function ask(rotation: RotationRequest, done: (trustDomain: TrustDomain) => boolean): Promise<TrustDomain> {
  await world.cluster.patch({ kind: 'TrustDomain', name: 'default' }, { spec: { rotation } });
  return world.untilTrustDomain('default', (now) => now.status?.rotation?.id === rotation.id && done(now));
}

/** Reasons of events about this TrustDomain, in no order. */
async function untilTold({ metadata }: TrustDomain, wanted: readonly string[]): Promise<void> {
  await expect
    .poll(async () => {
      // Events of what belongs to no namespace are there.
      const events = await world.cluster.list('Event', 'default');
      const told = events.filter(({ regarding }) => regarding?.uid === metadata.uid);
      return told.map((event) => `${String(event['type'])} ${String(event['reason'])}`).toSorted();
    })
    .toEqual(wanted.toSorted());
}

async function seriesOf(pattern: RegExp): Promise<string[]> {
  const { text } = await world.signet.ask('/metrics');
  return text.split('\n').filter((line) => pattern.test(line));
}

it('a rotation and a compromise are told of, once', async () => {
  await world.issued();
  const rotated = await ask(
    { id: 'drill', action: 'RotateRoot' },
    ({ status }) => status?.rotation?.step === 'WaitingForOldSVIDs',
  );
  const ofRotation = ['Normal RotationAccepted', 'Normal RootPublished', 'Normal RootActivated'];
  await untilTold(rotated, ofRotation);
  await expect
    .poll(() => seriesOf(/^signet_(authorities|rotation_step)\{.* 1$|^signet_rotation_requests_total.* 1$/))
    .toEqual([
      'signet_authorities{trust_domain="default",kind="Root",state="Active"} 1',
      'signet_authorities{trust_domain="default",kind="Root",state="Retired"} 1',
      'signet_authorities{trust_domain="default",kind="Intermediate",state="Active"} 1',
      'signet_authorities{trust_domain="default",kind="Intermediate",state="Retired"} 1',
      'signet_rotation_requests_total{action="RotateRoot",result="accepted"} 1',
      'signet_rotation_step{trust_domain="default",step="WaitingForOldSVIDs"} 1',
    ]);

  const ended = await ask(
    { id: 'theft', action: 'Compromise', reason: 'a stolen backup' },
    ({ status }) => status?.rotation?.state === 'Completed',
  );
  await untilTold(ended, [
    ...ofRotation,
    'Normal RotationOvertaken',
    'Warning CompromiseBegun',
    'Normal RootPublished',
    'Normal RootActivated',
    'Normal SVIDsReplaced',
    'Normal RootWithdrawn',
    'Normal RootWithdrawn',
    'Normal RotationCompleted',
  ]);
  await expect
    .poll(() =>
      seriesOf(/^signet_(compromised_roots|rotation_start|rotation_stale|bundle_(config|stale)|events_total.*dropped)/),
    )
    .toEqual([
      'signet_events_total{result="dropped"} 0',
      'signet_compromised_roots{trust_domain="default"} 0',
      'signet_rotation_stale_targets{trust_domain="default"} 0',
      'signet_bundle_config_maps{trust_domain="default"} 1',
      'signet_bundle_stale_config_maps{trust_domain="default"} 0',
    ]);
});
