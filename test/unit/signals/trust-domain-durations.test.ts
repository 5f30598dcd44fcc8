// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { formatTimestamp } from '../../../src/api/timestamp.ts';
import type { RotationStatus, TrustDomainStatus } from '../../../src/api/trust-domain.ts';
import { TrustDomainDurations } from '../../../src/signals/trust-domain-durations.ts';
import { MINUTE, SECOND } from '../../../src/time.ts';
import { aTrustDomain } from '../../support/builders.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** What is measured while these statuses are written, each so long after the one before. */
async function measured(
  ...steps: readonly (readonly [after: number, status: (now: number) => TrustDomainStatus])[]
): Promise<string[]> {
  const clock = new ManualClock();
  const told: string[] = [];
  const durations = new TrustDomainDurations(clock, {
    bundlePropagated: (duration) => told.push(`bundle ${duration / SECOND}`),
    compromise: (phase, duration) => told.push(`${phase} ${duration / SECOND}`),
  });
  let status: TrustDomainStatus | undefined;
  const began = clock.now();
  for (const [after, next] of steps) {
    await clock.advance(after);
    const written = next(began);
    durations.written(aTrustDomain(status === undefined ? {} : { status }), written);
    status = written;
  }
  return told;
}

function bundle(sequence: number, current: number): () => TrustDomainStatus {
  return () => ({ bundle: { sequence, configMaps: { total: 3, current } } });
}

describe('a change of the anchors', () => {
  it('has propagated when the last bundle holds it', async () => {
    expect(
      await measured([0, bundle(1, 3)], [SECOND, bundle(2, 0)], [SECOND, bundle(2, 2)], [SECOND, bundle(2, 3)]),
    ).toEqual(['bundle 2']);
  });

  it('is measured once, and a new namespace is none', async () => {
    expect(
      await measured([0, bundle(1, 3)], [SECOND, bundle(2, 3)], [SECOND, bundle(2, 2)], [SECOND, bundle(2, 3)]),
    ).toEqual(['bundle 0']);
  });

  it('begins anew with the next one', async () => {
    expect(
      await measured([0, bundle(1, 3)], [SECOND, bundle(2, 1)], [MINUTE, bundle(3, 1)], [SECOND, bundle(3, 3)]),
    ).toEqual(['bundle 1']);
  });

  it('is not known of the first status', async () => {
    expect(await measured([0, bundle(7, 0)], [SECOND, bundle(7, 3)])).toEqual([]);
  });
});

function compromise(changes: Partial<RotationStatus>): (now: number) => TrustDomainStatus {
  return (began) => ({
    rotation: { action: 'Compromise', state: 'InProgress', message: '', startedAt: formatTimestamp(began), ...changes },
  });
}

it('measures a compromise until the SVIDs are replaced and until the anchor is gone', async () => {
  const steps = await measured(
    [0, compromise({ step: 'ReplacingSVIDs' })],
    [20 * SECOND, compromise({ step: 'WaitingForMargin' })],
    [SECOND, compromise({ step: 'WaitingForMargin' })],
    [MINUTE, compromise({ step: 'RemovingRoot' })],
    [SECOND, compromise({ state: 'Completed' })],
    [SECOND, compromise({ state: 'Completed' })],
  );
  expect(steps).toEqual(['svids_replaced 20', 'anchor_withdrawn 82']);
});
