// SPDX-License-Identifier: Apache-2.0
/** @module An output of log lines that hands on each of them at once. */
import type { LogOutput } from '../../src/observability/log-output.ts';

export function linesTo(write: (line: string) => void, flush: () => void = () => undefined): LogOutput {
  return { write, later: (run) => run(), flush };
}
