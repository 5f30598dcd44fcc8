// SPDX-License-Identifier: Apache-2.0
/**
 * The program as it is, but for its wall clock, which is off by the milliseconds in its last argument.
 * @module
 */
const skew = Number(process.argv.pop());
const honest = Date.now;

Date.now = () => honest() + skew;

await import('../../src/main.ts');
