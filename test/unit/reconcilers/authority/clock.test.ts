// SPDX-License-Identifier: Apache-2.0
/**
 * Clocks that jump: that of this machine alone, which the API server's tells us (design rule 15), and that of the whole
 * cluster, which nobody can tell.
 * @module
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { ClockSkew } from '../../../../src/kube/clock-skew.ts';
import type { AuthorityReconcilerDeps } from '../../../../src/reconcilers/authority/reconcile.ts';
import { DAY, type Duration, HOUR, MINUTE, SECOND } from '../../../../src/time.ts';
import { aPropagation } from '../../../support/builders.ts';
import { Rotating } from './rotating.ts';

const M = 5 * MINUTE;

/** An authority whose controller knows the API server's time. */
class Judged extends Rotating {
  readonly skew = new ClockSkew(this.clock);
  /** How far the server's clock is from where it would be without jumps. */
  serverJump: Duration = 0;
  ownJump: Duration = 0;

  override get deps(): AuthorityReconcilerDeps {
    const gate = { refusal: () => this.skew.refusal() };
    return { ...super.deps, gate, leading: () => gate.refusal() === undefined };
  }

  jump(duration: Duration): void {
    this.ownJump += duration;
    this.clock.jump(duration);
  }

  /** The answers of the API server to some calls, and a run. */
  async hear(): Promise<void> {
    for (let n = 0; n < 9; n += 1) {
      const now = this.clock.now();
      this.skew.observe({ date: now - this.ownJump + this.serverJump, sentAt: now, receivedAt: now });
    }
    await this.run();
  }
}

let harness: Judged;
let writes: number;

beforeEach(async () => {
  harness = new Judged();
  await harness.hear();
  await harness.clock.advance(HOUR);
  harness.ask({ id: 'drill', action: 'RotateRoot' });
  harness.propagation = aPropagation({ stale: 1 });
  await harness.hear();
  harness.propagation = aPropagation();
  await harness.pass(SECOND);
  expect(harness.rotation?.step).toBe('WaitingForMargin');
  writes = harness.store.calls.length + harness.statuses.length;
});

function written(): number {
  return harness.store.calls.length + harness.statuses.length - writes;
}

describe.each([HOUR, -HOUR])('a jump of %i ms', (jump) => {
  it('of this machine alone takes no step and writes nothing, and the rotation goes on when it is set right', async () => {
    harness.jump(jump);
    await harness.hear();
    await harness.clock.advance(2 * M);
    await harness.hear();
    expect(harness.roots).toEqual(['Active', 'Prepared']);
    expect(written()).toBe(0);
    harness.jump(-jump);
    await harness.hear();
    expect(harness.roots).toEqual(['Retired', 'Active']);
    expect(harness.ready).toBe('True AuthorityReady');
  });

  it('of the whole cluster loses nothing, makes nothing anew, and ends as it would have', async () => {
    const known = [harness.rootID(0), harness.rootID(1)];
    const signs = harness.loaded.issuer.id;
    const { sequence } = harness.document ?? {};
    harness.jump(jump);
    harness.serverJump = jump;
    await harness.hear();
    expect(harness.loaded.knownIDs).toContain(signs);
    for (let passed = 0; passed < HOUR + 2 * M; passed += MINUTE) {
      await harness.clock.advance(MINUTE);
      await harness.hear();
    }
    expect([harness.rootID(0), harness.rootID(1)]).toEqual(known);
    expect(harness.roots).toEqual(['Retired', 'Active']);
    expect(harness.document?.sequence).toBe(sequence);
    for (let days = 0; days < 10; days += 1) {
      await harness.clock.advance(DAY);
      await harness.hear();
    }
    expect(harness.roots).toEqual(['Active']);
    expect(harness.document?.sequence).toBeGreaterThan(sequence ?? 0);
    expect(harness.steps.filter((step) => step === 'PrepareRoot')).toHaveLength(1);
    expect(harness.ready).toBe('True AuthorityReady');
  });
});

it('a margin that began before the clock was put back is not shorter for it', async () => {
  harness.jump(-HOUR);
  harness.serverJump = -HOUR;
  await harness.clock.advance(HOUR);
  await harness.hear();
  expect(harness.roots).toEqual(['Active', 'Prepared']);
  await harness.clock.advance(M);
  await harness.hear();
  expect(harness.roots).toEqual(['Retired', 'Active']);
});
