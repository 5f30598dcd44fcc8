// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import type { Count } from '../../../../src/authority/propagation.ts';
import { Counter } from '../../../../src/reconcilers/authority/counter.ts';
import { MINUTE, SECOND } from '../../../../src/time.ts';
import { aDocument, NOW } from '../../../support/builders.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const M = 5 * MINUTE;
const document = aDocument();
let clock: ManualClock;
let stored: Count | undefined;
let counts: number;
let counter: Counter;

function holding(stale: number): Count {
  return { targets: 12, stale, exposed: 0, blockers: [], secrets: 10, dependents: stale };
}

beforeEach(() => {
  clock = new ManualClock(NOW);
  stored = holding(3);
  counts = 0;
  counter = new Counter({
    clock,
    count: () => {
      counts += 1;
      return stored;
    },
  });
});

describe('counting', () => {
  it('happens once a second, and at once for a new document', async () => {
    counter.count('default', document, M);
    await clock.advance(SECOND - 1);
    counter.count('default', document, M);
    expect(counts).toBe(1);
    counter.count('default', { ...document, revision: document.revision + 1 }, M);
    expect(counts).toBe(2);
    await clock.advance(SECOND);
    counter.count('default', { ...document, revision: document.revision + 1 }, M);
    expect(counts).toBe(3);
  });

  it('leaves time for everything else where it takes long', async () => {
    let counted = 0;
    const slow = new Counter({
      clock: { now: clock.now, after: clock.after, monotonic: () => clock.monotonic() + counted * 500 },
      count: () => {
        counted += 1;
        return stored;
      },
    });
    slow.count('default', document, M);
    await clock.advance(9 * SECOND);
    slow.count('default', document, M);
    expect(counted).toBe(1);
    await clock.advance(SECOND);
    slow.count('default', document, M);
    expect(counted).toBe(2);
  });

  it('says nothing while nothing can be said', async () => {
    stored = undefined;
    expect(counter.count('default', document, M)).toBeUndefined();
  });

  it('remembers since when it was incomplete without a break', async () => {
    expect(counter.count('default', document, M)?.incompleteSince).toBe(NOW);
    await clock.advance(4 * SECOND);
    expect(counter.count('default', document, M)?.incompleteSince).toBe(NOW);
    stored = holding(0);
    await clock.advance(SECOND);
    expect(counter.count('default', document, M)).not.toHaveProperty('incompleteSince');
    stored = holding(1);
    await clock.advance(SECOND);
    expect(counter.count('default', document, M)?.incompleteSince).toBe(NOW + 6 * SECOND);
  });

  it('takes everything for unloaded until the margin has passed since the last change', async () => {
    expect(counter.count('default', document, M)).toMatchObject({ changedAt: NOW, breaking: 10 });
    await clock.advance(M - 1);
    expect(counter.count('default', document, M)).toMatchObject({ changedAt: NOW, breaking: 10 });
    await clock.advance(SECOND);
    expect(counter.count('default', document, M)).toMatchObject({ changedAt: NOW, breaking: 3 });
    stored = holding(2);
    await clock.advance(SECOND);
    expect(counter.count('default', document, M)).toMatchObject({ breaking: 10 });
  });
});
