// SPDX-License-Identifier: Apache-2.0
/**
 * Sees every Buffer that is made while it watches, to find those that still hold key material afterwards.
 * @module
 */
import { vi } from 'vitest';

export interface BufferWatch {
  /** How many Buffers made since the start hold these octets now. */
  holding(octets: Uint8Array): number;
  /** Whether any ever came by; a watch that saw nothing proves nothing. */
  readonly count: number;
  stop(): void;
}

export function watchBuffers(): BufferWatch {
  const spies = [vi.spyOn(Buffer, 'from'), vi.spyOn(Buffer, 'alloc'), vi.spyOn(Buffer, 'concat')] as const;
  const made = (): Buffer[] => spies.flatMap((spy) => spy.mock.results.map(({ value }) => value as Buffer));
  return {
    holding: (octets) => made().filter((buffer) => buffer.includes(octets)).length,
    get count() {
      return made().length;
    },
    stop: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}
