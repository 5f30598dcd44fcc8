// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { LAG_STYLES, lagOf } from '../../support/handshakes/lag-plan.ts';
import { chance, weighted } from '../../support/handshakes/seed.ts';

const VERSIONS = Array.from({ length: 400 }, (_, index) => index + 1);
const plan = { seed: 'a', upTo: 4000 };

describe('a lag plan', () => {
  it('is the same for a seed, whatever was asked before, and another for another seed', () => {
    const lags = (seed: string) => VERSIONS.map((version) => lagOf({ ...plan, seed }, 'pod', version, 'pair'));
    expect(lags('a')).toEqual(
      VERSIONS.toReversed()
        .map((version) => lagOf(plan, 'pod', version, 'pair'))
        .toReversed(),
    );
    expect(lags('a')).not.toEqual(lags('b'));
  });

  it('delays no file for longer than its limit, and both files of one version each by its own', () => {
    const lags = VERSIONS.map((version) => [
      lagOf(plan, 'pod', version, 'pair'),
      lagOf(plan, 'pod', version, 'anchors'),
    ]);
    expect(Math.max(...lags.flat())).toBe(plan.upTo);
    expect(Math.min(...lags.flat())).toBe(0);
    expect(lags.some(([pair, anchors]) => pair === 0 && anchors === plan.upTo)).toBe(true);
    expect(lags.some(([pair, anchors]) => pair === plan.upTo && anchors === 0)).toBe(true);
    expect(new Set(lags.flat()).size).toBeGreaterThan(VERSIONS.length / 2);
  });

  it('gives pods of one Secret delays of their own', () => {
    const [one, other] = ['one', 'other'].map((pod) => VERSIONS.map((version) => lagOf(plan, pod, version, 'anchors')));
    expect(one).not.toEqual(other);
  });

  it.each(LAG_STYLES)('knows only %s when nothing else is asked for', (style) => {
    const lags = VERSIONS.map((version) => ({
      pair: lagOf({ ...plan, styles: [[style, 1]] }, 'pod', version, 'pair'),
      anchors: lagOf({ ...plan, styles: [[style, 1]] }, 'pod', version, 'anchors'),
    }));
    const late = (part: 'pair' | 'anchors') => lags.every((lag) => lag[part] === plan.upTo);
    expect([late('pair'), late('anchors')]).toEqual([style === 'PairLate', style === 'AnchorsLate']);
  });
});

describe('chance', () => {
  it('is even enough, and by weight where weights are given', () => {
    const draws = VERSIONS.map((version) => chance('seed', 'pod', version));
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    const picks = draws.map((draw) =>
      weighted([['rare', 1] as const, ['often', 3] as const, ['never', 0] as const], draw),
    );
    const often = picks.filter((pick) => pick === 'often').length;
    expect(often).toBeGreaterThan(VERSIONS.length * 0.65);
    expect(often).toBeLessThan(VERSIONS.length * 0.85);
    expect(picks).not.toContain('never');
  });

  it('refuses to choose from nothing', () => {
    expect(() => weighted([], 0.5)).toThrow('Nothing to choose from');
  });
});
