// SPDX-License-Identifier: Apache-2.0
/**
 * Lines that are told now and written later: each keeps when it was told, and in which trace.
 * @module
 */
import type { Instant } from '../time.ts';
import type { LogOutput } from './log-output.ts';

export interface Telling {
  readonly output: LogOutput;
  readonly now: () => Instant;
  /** Of the trace that the line is told in. */
  readonly traceID?: () => string | undefined;
}

export interface Told {
  readonly at: Instant;
  readonly traceID: string | undefined;
}

/** Has something write its lines when others do, with what held when it was told. `fields`: what it keeps until then. */
type Tell = (fields: object, write: (told: Told) => void) => void;

export function telling({ output, now, traceID }: Telling): Tell {
  return (fields, write) => {
    const told: Told = { at: now(), traceID: traceID?.() };
    output.later(() => write(told), textIn(fields));
  };
}

/** Characters. What others may have made long stands in a field by itself, or is what an error says. */
function textIn(fields: object): number {
  let length = 0;
  for (const value of Object.values(fields)) {
    if (typeof value === 'string') length += value.length;
    else if (value instanceof Error) length += value.message.length;
  }
  return length;
}
