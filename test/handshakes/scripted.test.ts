// SPDX-License-Identifier: Apache-2.0
/**
 * The lab of handshakes judges root rotations made by hand: it sees no failure in a sound one, and it does when roots
 * are not waited for or cross-certificates are missing.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Duration, SECOND } from '../../src/time.ts';
import type { PodFiles } from '../support/handshakes/chain-state.ts';
import { withoutCrossCertificate } from '../support/handshakes/edits.ts';
import { type LabOptions, startLab } from '../support/handshakes/lab.ts';
import { ScriptedRotation } from '../support/handshakes/scripted-rotation.ts';
import { runSeed } from '../support/handshakes/seed.ts';
import type { Tally } from '../support/handshakes/tally.ts';

const NAMESPACE = 'scripted';
const IDENTITIES = ['checkout', 'frontend', 'reports', 'stock'];
const MARGIN: Duration = 1.5 * SECOND;
/** For what comes after a lag: reading the files, and the handshake itself. */
const ALLOWANCE: Duration = 0.5 * SECOND;
const EVENLY = { node: 1, go: 1, java: 1, openssl: 1 };
const seed = runSeed();

interface Change {
  /** Between publishing a root and signing under it, and between that and dropping the old one. */
  readonly wait: Duration;
  readonly lag: Partial<LabOptions['lag']>;
  readonly edit?: (files: PodFiles) => PodFiles;
}

describe('a root rotation by hand', () => {
  it('breaks no handshake, when every step waits for the lag', async () => {
    const tally = await rotate({ wait: MARGIN, lag: {} });
    expect(tally.failures).toEqual([]);
    expect(tally.total).toBeGreaterThan(100);
  });

  it('breaks none either where all anchors come later than all leaves: that is what cross-certificates are for', async () => {
    const lag = { styles: [['AnchorsLate', 1]] } as const;
    const tally = await rotate({ wait: 0, lag });
    expect(tally.failures).toEqual([]);
  });

  it('breaks some, when the cross-certificate is missing and the lag is longer than the wait', async () => {
    const lag = { upTo: 2 * MARGIN, styles: [['AnchorsLate', 1]] } as const;
    const tally = await rotate({ wait: MARGIN, lag, edit: withoutCrossCertificate });
    expect(tally.failed).toBeGreaterThan(0);
    expect(tally.failures[0]?.client.states).not.toEqual([]);
  });
});

/** Handshakes before, during and after a rotation. */
async function rotate({ wait, lag, edit }: Change): Promise<Tally> {
  const script = new ScriptedRotation(NAMESPACE);
  await script.begin(IDENTITIES);
  const lab = await startLab({
    watch: (onVersion) => script.watch(onVersion),
    namespace: NAMESPACE,
    identities: IDENTITIES,
    lag: { seed, upTo: MARGIN - ALLOWANCE, ...lag },
    rate: 60,
    shares: EVENLY,
    ...(edit === undefined ? {} : { edit }),
  });
  try {
    await lab.until(({ total }) => total >= 30);
    await script.publish();
    await pause(wait);
    await script.sign();
    await pause(wait + MARGIN);
    script.drop();
    const { total: soFar } = lab.tally;
    await lab.until(({ total }) => total >= soFar + 60);
  } finally {
    await lab.stop();
  }
  console.log(`seed ${seed}: ${lab.tally.format()}`);
  return lab.tally;
}
