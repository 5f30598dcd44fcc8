// SPDX-License-Identifier: Apache-2.0
/**
 * Notices that a peer has renewed its certificate; a service can do without.
 * @module
 */
import { log } from './log.ts';

export class SerialNumbers {
  readonly #last = new Map<string, string>();

  /** Logs the first certificate that `peer` shows, and every new one. */
  note(peer: string, serialNumber: string): void {
    const [before, now] = [this.#last.get(peer), serialNumber.toLowerCase()];
    if (before === now) return;
    this.#last.set(peer, now);
    log('Peer shows a new certificate', { peer, before, now });
  }
}
