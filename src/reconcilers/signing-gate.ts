// SPDX-License-Identifier: Apache-2.0
/**
 * Whether this process may sign and write now (design rules 14 and 15). Asked again right before every signature and
 * every write, because a process may be stopped between two lines of code.
 * @module
 */
import { SignetError } from '../errors.ts';

export interface SigningGate {
  /** Why not; undefined: it may. */
  refusal(): string | undefined;
}

/** Throws ERR_NOT_SIGNING unless the gate is open. */
export function assertMaySign(gate: SigningGate): void {
  const refusal = gate.refusal();
  if (refusal !== undefined) throw new SignetError('ERR_NOT_SIGNING', `nothing is signed or written: ${refusal}`);
}
