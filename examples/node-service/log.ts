// SPDX-License-Identifier: Apache-2.0
/**
 * One JSON object a line on stdout.
 * @module
 */

export function log(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...fields })}\n`);
}
