// SPDX-License-Identifier: Apache-2.0
/**
 * Whether this process may sign and write now (design rules 14 and 15). Asked again right before every signature and
 * every write, because a process may be stopped between two lines of code.
 * @module
 */
import { SignetError } from '../errors.ts';
import type { Signer } from '../pki/signer.ts';

export interface SigningGate {
  /** Why not; undefined: it may. */
  refusal(): string | undefined;
}

/** Throws ERR_NOT_SIGNING unless the gate is open. */
export function assertMaySign(gate: SigningGate): void {
  const refusal = gate.refusal();
  if (refusal !== undefined) throw new SignetError('ERR_NOT_SIGNING', `nothing is signed or written: ${refusal}`);
}

/** A signer that asks the gate before each signature: making a key takes long enough to lose the Lease meanwhile. */
export function gatedSigner(signer: Signer, gate: SigningGate): Signer {
  return {
    algorithm: signer.algorithm,
    publicKey: signer.publicKey,
    sign: async (tbs) => {
      assertMaySign(gate);
      return signer.sign(tbs);
    },
  };
}
