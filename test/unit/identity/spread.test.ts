// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { unitInterval } from '../../../src/identity/spread.ts';

it('is a place in [0, 1) that the text alone decides', () => {
  for (const text of ['', 'a', '00000000-0000-0000-0000-000000000000', 'x'.repeat(1000)]) {
    expect(unitInterval(text)).toBeGreaterThanOrEqual(0);
    expect(unitInterval(text)).toBeLessThan(1);
    expect(unitInterval(text)).toBe(unitInterval(text));
  }
});
