// SPDX-License-Identifier: Apache-2.0
/**
 * Asks for the rotations that go on during a fault proof, as an operator does.
 * @module
 */
import type { RotationAction } from '../../../src/api/trust-domain.ts';
import type { Cluster } from '../cluster.ts';

/** A rotation of the root that begins in the last rounds would be waited for when nothing goes wrong any more. */
const LAST_ROUNDS = 4;

/** Of the root where the last one of a root is over; with the number of the round, and how many are still to come. */
export async function askRotation(cluster: Cluster, round: number, toCome: number): Promise<RotationAction> {
  const ref = { kind: 'TrustDomain', name: 'default' } as const;
  const { status } = (await cluster.get(ref)) ?? {};
  const busy = status?.rotation?.state === 'InProgress';
  const roots = status?.authorities?.filter(({ kind }) => kind === 'Root').length ?? 0;
  const ends = round > 1 && toCome < LAST_ROUNDS;
  const action: RotationAction = busy || roots > 1 || ends ? 'RotateIntermediate' : 'RotateRoot';
  await cluster.patch(ref, { spec: { rotation: { id: `round-${round}`, action, reason: 'fault proof' } } });
  return action;
}
