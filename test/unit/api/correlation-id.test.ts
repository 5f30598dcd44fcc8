// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { correlationID } from '../../../src/api/correlation-id.ts';

it('is the same at admission and at issuance, or none', () => {
  expect(correlationID({ uid: 'a', generation: 3 })).toBe('a:3');
  expect(correlationID({ uid: 'a' })).toBeUndefined();
});
