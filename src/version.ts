// SPDX-License-Identifier: Apache-2.0
/**
 * The version of this program; a consistency test holds it equal to package.json.
 * @module
 */

export const VERSION = '0.1.0';
