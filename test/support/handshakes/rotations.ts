// SPDX-License-Identifier: Apache-2.0
/**
 * Rotations on demand, as an operator asks for them, at the least convenient moment for everybody who lags.
 * @module
 */
import type { RotationAction, RotationStatus, TrustDomain } from '../../../src/api/trust-domain.ts';
import type { World } from '../../integration/stories/world.ts';
import { present } from '../../integration/stories/world.ts';
import { anchorsOf } from './chain-state.ts';
import type { Lab } from './lab.ts';
import { activeAuthority, renewAll, type Workloads } from './workloads.ts';

/** A root leaves only after the last leaf under it, and a busy machine takes its time. */
const PATIENCE_MS = 240_000;

/**
 * Asks for a rotation and waits for its end. As soon as the new authority signs, every identity asks for a leaf of it,
 * so that the new chains appear when the laggards have had M and not a moment more.
 */
export async function rotate(
  world: World,
  workloads: Workloads,
  id: string,
  action: RotationAction,
): Promise<RotationStatus> {
  const { trustDomain } = workloads;
  const ref = { kind: 'TrustDomain', name: trustDomain } as const;
  const kind = action === 'RotateRoot' ? 'Root' : 'Intermediate';
  const before = await activeAuthority(world, trustDomain, kind);
  await world.cluster.patch(ref, { spec: { rotation: { id, action, reason: 'handshake lab' } } });
  const until = async (condition: (status: TrustDomain['status']) => boolean): Promise<TrustDomain> => {
    const reached = (now: TrustDomain | undefined) => refused(now?.status, id) || condition(now?.status);
    return present(await world.cluster.until(ref, reached, PATIENCE_MS), trustDomain);
  };
  await until(
    (status) =>
      status?.authorities?.some((one) => one.state === 'Active' && one.kind === kind && one.id !== before) ?? false,
  );
  await renewAll(world, workloads, id);
  const { status } = await until((now) => now?.rotation?.id === id && now.rotation.state === 'Completed');
  const rotation = present(status?.rotation, 'rotation');
  if (rotation.state !== 'Completed') throw new Error(`The rotation ${id} was refused: ${rotation.message}`);
  return rotation;
}

/** Lets handshakes go on until every pod has taken up the one root that is left, and for `more` after that. */
export async function settle(lab: Lab, more: number): Promise<void> {
  await lab.until(() => lab.files().every((files) => anchorsOf(files).length === 1));
  const { total } = lab.tally;
  await lab.until((tally) => tally.total >= total + more);
}

function refused(status: TrustDomain['status'], id: string): boolean {
  return status?.rotation?.id === id && status.rotation.state === 'Refused';
}
