// SPDX-License-Identifier: Apache-2.0
/**
 * The steps of an imported authority as writes. The issuing Secret gets a copy of the key that is to sign, so that the
 * operator may replace the original while another one still signs.
 * @module
 */

import type { ResolvedTrustDomain } from '../../api/resolved.ts';
import { parseTimestamp } from '../../api/timestamp.ts';
import type { AuthorityDocument, AuthoritySlot } from '../../authority/document.ts';
import {
  type ImportedFacts,
  importedIntermediateSlot,
  importedRootSlot,
  longestTTL,
} from '../../authority/imported.ts';
import {
  withActiveImport,
  withImportedIntermediate,
  withPreparedImport,
} from '../../authority/imported-transitions.ts';
import { type Recorded, rebuiltRotation, retiredIntermediates } from '../../authority/rebuild.ts';
import { isPreparedIntermediate } from '../../authority/slots.ts';
import { firstDocument, withCompletedRotation, withoutSlots } from '../../authority/transitions.ts';
import { wipe } from '../../kube/secret-data.ts';
import { assertMaySign } from '../signing-gate.ts';
import { answeredBefore } from './bootstrap.ts';
import { certificateOf } from './certificates.ts';
import { type AuthorityEffects, readRoots } from './effects.ts';
import { withImportedKey } from './imported-source.ts';
import { signerFor } from './load.ts';
import { changedFiles, type Rotating, writeDocument } from './rotate.ts';
import { documentFiles, issuingSecret, issuingSecretName, privateKeyKey, rootSecretName } from './secrets.ts';
import { slotOf } from './signing.ts';

/** Makes the issuing Secret, at first or after it was lost; losing the race for its name to another is success. */
export async function createImported(
  facts: ImportedFacts,
  recorded: Recorded,
  trustDomain: ResolvedTrustDomain,
  effects: AuthorityEffects,
): Promise<void> {
  const { secrets, clock, gate } = effects;
  const retired = await retiredRoots(recorded, trustDomain, effects);
  const now = clock.now();
  const { id } = facts.intermediate;
  const lost = recorded.authorities.filter(({ kind, state }) => kind === 'Root' && state === 'Retired').length;
  // Under a root that is lost nothing can be verified any more: what it stood above is replaced at once.
  const known = lost > retired.length ? [] : retiredIntermediates(recorded.authorities, now);
  const slots = [
    importedRootSlot(facts, 'Active', now),
    ...retired,
    ...known.filter((slot) => slot.id !== id),
    importedIntermediateSlot(facts, 'Active', trustDomain.maxTTL, now),
  ];
  const first = firstDocument(trustDomain.trustDomain, slots, now, recorded.sequence);
  const document = withRotation({ ...first, ...answeredBefore(trustDomain, recorded) }, recorded, now);
  await withImportedKey(facts, trustDomain, effects, async (key) => {
    assertMaySign(gate);
    await secrets.create(issuingSecret(trustDomain.name, document, { id, key }));
  });
}

/** The imported intermediate signs instead of the one before, whose key goes with the same write. */
export async function importIntermediate(
  document: AuthorityDocument,
  facts: ImportedFacts,
  rotating: Rotating,
): Promise<void> {
  const { trustDomain, secrets, clock, gate, version } = rotating;
  const now = clock.now();
  const slot = importedIntermediateSlot(facts, 'Active', longestTTL(document, facts, trustDomain.maxTTL), now);
  const next = withImportedIntermediate(document, slot, now);
  await withImportedKey(facts, trustDomain, rotating, async (key) => {
    assertMaySign(gate);
    await secrets.replace(issuingSecret(trustDomain.name, next, { id: slot.id, key }), version);
  });
}

/** Publishes the imported root; the key that will sign under it waits beside the one that signs. */
export async function prepareImported(
  document: AuthorityDocument,
  facts: ImportedFacts,
  rotating: Rotating,
): Promise<void> {
  const { trustDomain, secrets, clock, gate, version } = rotating;
  const now = clock.now();
  const longest = longestTTL(document, facts, trustDomain.maxTTL);
  const intermediate = importedIntermediateSlot(facts, 'Prepared', longest, now);
  const slots = { root: importedRootSlot(facts, 'Prepared', now), intermediate };
  const next = withPreparedImport(document, slots, 'the imported authority is another one', now);
  const dropped = document.slots.filter(isPreparedIntermediate);
  await withImportedKey(facts, trustDomain, rotating, async (key) => {
    const files = new Map<string, Buffer | null>(documentFiles(next));
    for (const { id } of dropped) files.set(privateKeyKey(id), null);
    files.set(privateKeyKey(intermediate.id), key);
    assertMaySign(gate);
    await secrets.patch(issuingSecretName(trustDomain.name), files, version);
  });
}

/** The imported root and its intermediate take over, if the key is where it was put; otherwise it is fetched again. */
export async function activateImported(
  document: AuthorityDocument,
  root: AuthoritySlot,
  intermediate: AuthoritySlot,
  rotating: Rotating,
): Promise<void> {
  const { trustDomain, secrets, clock, gate, version } = rotating;
  const name = issuingSecretName(trustDomain.name);
  const now = clock.now();
  assertMaySign(gate);
  if (!(await holdsKey(name, intermediate, rotating))) {
    // The root stays published, and what stores the key again begins with it.
    return writeDocument(withoutSlots(document, [intermediate], now), rotating);
  }
  const next = withActiveImport(document, root, intermediate, now);
  assertMaySign(gate);
  await secrets.patch(name, changedFiles(next), version);
}

async function holdsKey(name: string, slot: AuthoritySlot, { secrets }: Rotating): Promise<boolean> {
  const stored = await secrets.get(name);
  if (stored === undefined) return false;
  try {
    return !('problem' in signerFor(stored, slot, certificateOf(slot.certificate)));
  } finally {
    wipe(stored.data);
  }
}

/** Our own roots from before the import, which are still anchors; their certificates are in the root Secret. */
async function retiredRoots(
  { authorities }: Recorded,
  { name }: ResolvedTrustDomain,
  effects: AuthorityEffects,
): Promise<readonly AuthoritySlot[]> {
  const retired = authorities.filter(({ kind, state }) => kind === 'Root' && state === 'Retired');
  if (retired.length === 0 || (await effects.secrets.head(rootSecretName(name))) === undefined) return [];
  const { roots } = await readRoots(name, effects);
  return roots.flatMap(({ id, certificate, signer }): AuthoritySlot[] => {
    const status = retired.find((root) => root.id === id);
    if (status === undefined) return [];
    const leavesUntil = parseTimestamp(status.leavesUntil ?? '') ?? certificate.notAfter;
    const slot = { ...slotOf('Root', 'Retired', certificate, effects.clock), leavesUntil };
    return [signer === undefined ? { ...slot, keyDestroyed: true } : slot];
  });
}

function withRotation(document: AuthorityDocument, { rotation }: Recorded, now: number): AuthorityDocument {
  const record = rebuiltRotation(rotation);
  if (record === undefined) return document;
  const known = { ...document, rotation: record };
  const over = record.state === 'InProgress' && document.slots.filter(({ kind }) => kind === 'Root').length === 1;
  return over ? withCompletedRotation(known, now) : known;
}
