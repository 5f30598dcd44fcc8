// SPDX-License-Identifier: Apache-2.0
/**
 * Loaded before a controller (`node --import`): what it writes names its process as the field manager, so that the store
 * itself says who stored what, also when no answer came and no line was logged.
 * @module
 */
import { Pool } from 'undici';
import { FIELD_MANAGER } from '../../../src/api/well-known.ts';
import { managerOf } from './stored-object.ts';

const USUAL = new RegExp(`([?&]fieldManager=)${FIELD_MANAGER}(?=&|$)`, 'u');

const { dispatch } = Pool.prototype;
Pool.prototype.dispatch = function named(options, handler) {
  const path = options.path.replace(USUAL, `$1${managerOf(process.pid)}`);
  return dispatch.call(this, { ...options, path }, handler);
};
