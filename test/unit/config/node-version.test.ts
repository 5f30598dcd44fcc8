// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { nodeRefusal } from '../../../src/config/node-version.ts';

it.each(['26.0.0', '26.10.0', '27.0.0-nightly', '100.1.0'])('starts on Node.js %s', (version) => {
  expect(nodeRefusal(version)).toBeUndefined();
});

it.each(['20.20.2', '25.9.9', '4.0.0', ''])('says on %s which version is wanted', (version) => {
  expect(nodeRefusal(version)).toContain(`Node.js ${version} is too old: start it with version 26 or newer`);
});
