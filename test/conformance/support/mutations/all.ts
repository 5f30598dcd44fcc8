// SPDX-License-Identifier: Apache-2.0
/**
 * Every mutation there is.
 * @module
 */
import { CHAIN_MUTATIONS } from './chains.ts';
import { EXTENSION_MUTATIONS } from './extensions.ts';
import { FIELD_MUTATIONS } from './fields.ts';
import { KEY_MUTATIONS } from './keys.ts';
import type { Mutation } from './mutation.ts';
import { NAME_MUTATIONS } from './names.ts';

export const MUTATIONS: readonly Mutation[] = [
  ...CHAIN_MUTATIONS,
  ...FIELD_MUTATIONS,
  ...KEY_MUTATIONS,
  ...NAME_MUTATIONS,
  ...EXTENSION_MUTATIONS,
];
