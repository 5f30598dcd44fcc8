// SPDX-License-Identifier: Apache-2.0
/**
 * What cannot be asked of an authority whose keys others make: why, what remains exposed, and what to do instead.
 * @module
 */
import { formatTimestamp } from '../api/timestamp.ts';
import type { RotationAction } from '../api/trust-domain.ts';
import type { Situation } from './observed.ts';
import { trustEnds } from './slots.ts';

/** Whether the authority in use, or the one that is to follow it, was made elsewhere. */
export function comesFromOutside({
  trustDomain,
  intermediate,
}: Pick<Situation, 'trustDomain' | 'intermediate'>): boolean {
  return trustDomain.source.type === 'Imported' || intermediate.imported !== undefined;
}

/** Why an action is refused because the authority comes from outside, or is about to. */
export function requestRefusal(action: RotationAction, situation: Situation): string | undefined {
  if (!comesFromOutside(situation)) return undefined;
  return action === 'Compromise' ? exposure(situation) : rotatesOutside(situation);
}

function rotatesOutside({ trustDomain: { source } }: Situation): string {
  if (source.type === 'Imported') {
    return `an imported authority is rotated outside of Signet; replace the content of Secret ${source.secretName}`;
  }
  return 'the imported authority in use is being replaced by one that Signet makes; ask again when that is complete';
}

function exposure({ trustDomain: { source }, root, intermediate }: Situation): string {
  if (intermediate.imported === undefined) {
    return 'an imported authority is to follow that of Signet, whose root stays trusted until then; to have it replaced at once, set spec.authority.source back to SelfSigned and ask again with another id';
  }
  const end = formatTimestamp(trustEnds(root, intermediate));
  const remains = `whoever has its key can mint identities until its root, ${root.id}, is withdrawn, or until ${end}, when it expires`;
  const remedy =
    source.type === 'Imported'
      ? `store a CA with a new key under a new root in Secret ${source.secretName}: the new root is published, signs when the propagation margin has passed, and the old one is withdrawn when the last SVID under it has expired`
      : 'the root that Signet makes instead is published, signs when the propagation margin has passed, and the old one is withdrawn when the last SVID under it has expired';
  return `Signet cannot replace an authority that comes from outside; ${remains}; ${remedy}`;
}
