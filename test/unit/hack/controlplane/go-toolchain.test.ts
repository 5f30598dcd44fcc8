// SPDX-License-Identifier: Apache-2.0
/** @module The environment that Go builds run in. */
import { expect, it } from 'vitest';
import { goEnvironment, isAtLeast } from '../../../../hack/controlplane/go-toolchain.ts';

it.each([
  ['1.26.8', '1.26.0', true],
  ['1.26.0', '1.26.0', true],
  ['1.27', '1.26.8', true],
  ['1.26rc1', '1.27.0', false],
  ['1.9.9', '1.26.0', false],
  ['1.25.12', '1.26.0', false],
])('judges Go %s good enough for %s: %s', (have, want, expected) => {
  expect(isAtLeast(have, want)).toBe(expected);
});

it('binds the committed sums and builds for this machine', () => {
  const given = { PATH: '/bin', GOOS: 'plan9', GOARCH: 'mips', GOFLAGS: '-mod=vendor' };
  const environment = goEnvironment(given, { have: '1.26.8', want: '1.26.0', readonly: true });
  expect(environment).toEqual({
    PATH: '/bin',
    CGO_ENABLED: '0',
    GOFLAGS: '-mod=readonly',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
  });
});

it('lets Go fetch a newer toolchain where the machine has an older one', () => {
  const environment = goEnvironment({}, { have: '1.24.1', want: '1.26.0', readonly: false });
  expect(environment).toMatchObject({ GOTOOLCHAIN: 'auto', GOFLAGS: '-mod=mod' });
});
