import { expect, it } from 'vitest';
import { isSignetError, SignetError } from '../../src/errors.ts';

it('recognises its own errors by code', () => {
  const error = new SignetError('ERR_KUBE_CONFLICT', 'changed meanwhile');
  expect(isSignetError(error)).toBe(true);
  expect(isSignetError(error, 'ERR_KUBE_CONFLICT')).toBe(true);
  expect(isSignetError(error, 'ERR_KUBE_GONE')).toBe(false);
  expect(isSignetError(new Error('other'))).toBe(false);
});
